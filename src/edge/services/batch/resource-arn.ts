/** The ARN of a resource given by name or by ARN, for authorisation. */
import { type Account, arn, parseArn, type ResourceKind } from '../../../model/arn.ts'

export function resourceArn(account: Account, kind: ResourceKind, nameOrArn: string): string {
  return parseArn(nameOrArn) ? nameOrArn : arn(account, kind, nameOrArn)
}

/** Of each; of nothing named, everything of the kind. */
export function resourceArns(account: Account, kind: ResourceKind, namesOrArns: readonly string[]): readonly string[] {
  return (namesOrArns.length > 0 ? [...new Set(namesOrArns)] : ['*']).map((it) => resourceArn(account, kind, it))
}
