/**
 * Decides whether a principal may act on a resource, and refuses in AWS's words.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
import type { Refusal } from '../model/refusal.ts'
import type { NamedPolicy } from './policy/evaluate.ts'
import { evaluateTogether } from './policy/evaluate-together.ts'
import type { ConditionValues } from './policy/text-pattern.ts'
import { type Principal, principalArn, principalNames } from './principal.ts'

export interface Wish {
  /** As policies name it: `batch:SubmitJob`. */
  readonly action: string
  /** An ARN, or `*`. */
  readonly resource: string
  readonly values: ConditionValues
  /** The policy of the resource. Absent where it has none. */
  readonly resourcePolicies?: readonly NamedPolicy[] | undefined
}

const none: readonly NamedPolicy[] = []

/** Returns AWS's AccessDeniedException (403), or undefined if the principal may act. */
export function authorise(principal: Principal, wish: Wish, account: string): Refusal | undefined {
  const { action, resource, values, resourcePolicies: ofResource = none } = wish
  const decision = evaluateTogether(
    { ofIdentity: principal.policies, ofResource },
    { action, resource, context: values },
    () => principalNames(account, principal),
  )
  if (decision.kind === 'allowed') return undefined
  const because =
    decision.kind === 'denied'
      ? `with an explicit deny in ${decision.basedOn === 'identity' ? 'an identity-based' : 'a resource-based'} policy`
      : `because no identity-based policy allows the ${action} action`
  const message = `User: ${principalArn(account, principal)} is not authorized to perform: ${action} on resource: ${resource} ${because}`
  return { kind: 'refusal', code: 'AccessDeniedException', message, httpStatus: 403 }
}
