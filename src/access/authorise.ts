/**
 * Whether a principal may act on a resource, in AWS's words where it may not.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
import type { Refusal } from '../model/refusal.ts'
import { evaluate } from './policy/evaluate.ts'
import type { ConditionValues } from './policy/text-pattern.ts'
import { type Principal, principalArn } from './principal.ts'

export interface Wish {
  /** As policies name it: `batch:SubmitJob`. */
  readonly action: string
  /** An ARN, or `*`. */
  readonly resource: string
  readonly values: ConditionValues
}

/** The refusal is AWS's AccessDeniedException, 403. Undefined: the principal may. */
export function authorise(principal: Principal, wish: Wish, account: string): Refusal | undefined {
  const { action, resource, values } = wish
  const decision = evaluate(principal.policies, { action, resource, context: values })
  if (decision.kind === 'allowed') return undefined
  const because =
    decision.kind === 'denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`
  const message = `User: ${principalArn(account, principal)} is not authorized to perform: ${action} on resource: ${resource} ${because}`
  return { kind: 'refusal', code: 'AccessDeniedException', message, httpStatus: 403 }
}
