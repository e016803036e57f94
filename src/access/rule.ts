/**
 * Who may do what. Each operation says so by its rule; the question is asked once for every resource of every request.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
 */
import type { Refusal } from '../model/refusal.ts'
import { type Principal, type Role, userArn } from './principal.ts'

export interface Rule {
  /** The least role. */
  readonly role: Role
  /** Users may act on these kinds of resource only, administrators on all. */
  readonly onlyOn?: readonly string[]
}

export const administrators: Rule = { role: 'admin' }
export const users: Rule = { role: 'user' }
/** The tags of a compute environment choose its driver, so the tags of what administrators make are theirs alone. */
export const usersOnTheirOwn: Rule = { role: 'user', onlyOn: ['job', 'job-definition', 'service-job'] }

/** What a request asks to be allowed. */
export interface Wish {
  /** As policies name it: `batch:SubmitJob`. */
  readonly action: string
  readonly rule: Rule
  /** An ARN, or `*`. */
  readonly resource: string
}

export type Authorisation = { readonly kind: 'allowed' } | Refusal

const allowed: Authorisation = { kind: 'allowed' }

/** The refusal is AWS's AccessDeniedException, 403. */
export function authorise(principal: Principal, { action, rule, resource }: Wish, account: string): Authorisation {
  if (mayUse(principal.role, rule, resource)) return allowed
  const message = `User: ${userArn(account, principal.name)} is not authorized to perform: ${action} on resource: ${resource}`
  return { kind: 'refusal', code: 'AccessDeniedException', message, httpStatus: 403 }
}

function mayUse(role: Role, rule: Rule, resourceArn: string): boolean {
  if (role === 'admin') return true
  if (rule.role === 'admin') return false
  return rule.onlyOn === undefined || rule.onlyOn.includes(kindOf(resourceArn))
}

/** `job-queue` of `arn:aws:batch:us-west-2:123456789012:job-queue/default`. */
function kindOf(resourceArn: string): string {
  return resourceArn.split(':').slice(5).join(':').split('/')[0] ?? ''
}
