/**
 * Who may do what. Each operation states its rule. Every resource of every request is checked once.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
 */
import type { Refusal } from '../model/refusal.ts'
import { type Principal, type Role, userArn } from './principal.ts'

export interface Rule {
  /** The least role that may do it. */
  readonly role: Role
  /** The kinds of resource that users may act on. Administrators may act on all. */
  readonly onlyOn?: readonly string[]
}

export const administrators: Rule = { role: 'admin' }
export const users: Rule = { role: 'user' }
/**
 * The tags of a compute environment choose its driver, so only administrators may change the tags
 * of what administrators make.
 */
export const usersOnTheirOwn: Rule = { role: 'user', onlyOn: ['job', 'job-definition', 'service-job'] }

/** What a request asks to be allowed. */
export interface Wish {
  /** The action's name in policies: `batch:SubmitJob`. */
  readonly action: string
  readonly rule: Rule
  /** An ARN, or `*`. */
  readonly resource: string
}

export type Authorisation = { readonly kind: 'allowed' } | Refusal

const allowed: Authorisation = { kind: 'allowed' }

/** Refuses with AWS's AccessDeniedException, 403. */
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

/** Returns the kind: `job-queue` for `arn:aws:batch:us-west-2:123456789012:job-queue/default`. */
function kindOf(resourceArn: string): string {
  return resourceArn.split(':').slice(5).join(':').split('/')[0] ?? ''
}
