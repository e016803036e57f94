/**
 * Ids and ARNs of the policies that openbatch ships. They stand where AWS's own managed policies
 * stand: they belong to no account, and nobody can change them.
 */
import { type ShippedPolicyName, shippedPolicyNames } from '../policy/shipped.ts'
import { idOf, stableRandomPart } from './arn.ts'

export function shippedPolicyId(name: ShippedPolicyName): string {
  return idOf('policy', stableRandomPart(`shipped policy ${name}`))
}

export function shippedPolicyArn(name: ShippedPolicyName): string {
  return `arn:aws:iam::aws:policy/${name}`
}

const namesById: ReadonlyMap<string, ShippedPolicyName> = new Map(
  shippedPolicyNames.map((name) => [shippedPolicyId(name), name]),
)
const idsByArn: ReadonlyMap<string, string> = new Map(
  shippedPolicyNames.map((name) => [shippedPolicyArn(name), shippedPolicyId(name)]),
)

export function shippedPolicyOfId(id: string): ShippedPolicyName | undefined {
  return namesById.get(id)
}

export function shippedPolicyIdOfArn(arn: string): string | undefined {
  return idsByArn.get(arn)
}
