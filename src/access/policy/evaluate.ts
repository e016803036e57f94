/**
 * Decides a request by policies, and says which statement decided.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
import type { Matcher, PolicyDocument, PrincipalKind, Principals, Statement } from './policy-document.ts'
import { matches, type RequestContext } from './text-pattern.ts'

export interface NamedPolicy {
  /** An ARN, or the name of an inline policy with whose it is: what an explanation calls it. */
  readonly name: string
  readonly document: PolicyDocument
}

export interface Request {
  /** `batch:SubmitJob`. */
  readonly action: string
  /** An ARN, or `*` for an action that has no resource. */
  readonly resource: string
  readonly context: RequestContext
  /** Who asks, by every name a policy may have for them; needed where a policy names principals. */
  readonly principal?: ReadonlyMap<PrincipalKind, readonly string[]>
}

/** Where in the policies a decision was made. */
export interface DecidedBy {
  readonly policy: string
  /** The statement's Sid, or its place from 1. */
  readonly statement: string
}

export type AccessDecision =
  | { readonly kind: 'allowed'; readonly by: DecidedBy }
  | { readonly kind: 'denied'; readonly by: DecidedBy }
  /** No statement allows it. `nearly` names those that would, but for a condition. */
  | { readonly kind: 'notAllowed'; readonly nearly: readonly NearlyAllowed[] }

export interface NearlyAllowed extends DecidedBy {
  /** Operator and key of the first condition that does not hold. */
  readonly condition: string
}

/** What an explanation names at most. */
const mostNearly = 10

/** A statement that denies decides, whatever allows; the order of policies and statements is of no account. */
export function evaluate(policies: readonly NamedPolicy[], request: Request): AccessDecision {
  const action = request.action.toLowerCase()
  const nearly: NearlyAllowed[] = []
  let allowedBy: DecidedBy | undefined
  for (const { name, document } of policies) {
    for (const [index, statement] of document.statements.entries()) {
      if (!concerns(statement, action, request)) continue
      const by = () => ({ policy: name, statement: statement.sid || String(index + 1) })
      const failing = statement.conditions.find((condition) => !condition.holds(request.context))
      if (failing !== undefined) {
        if (statement.effect === 'Allow' && nearly.length < mostNearly)
          nearly.push({ ...by(), condition: failing.text })
      } else if (statement.effect === 'Deny') return { kind: 'denied', by: by() }
      else allowedBy ??= by()
    }
  }
  return allowedBy ? { kind: 'allowed', by: allowedBy } : { kind: 'notAllowed', nearly }
}

function concerns({ actions, resources, principals }: Statement, action: string, request: Request): boolean {
  return (
    describes(actions, action, request.context) &&
    (resources === undefined || describes(resources, request.resource, request.context)) &&
    (principals === undefined || isPrincipal(principals, request.principal ?? new Map()))
  )
}

function describes({ patterns, negated }: Matcher, text: string, context: RequestContext): boolean {
  return patterns.some((pattern) => matches(pattern, text, context)) !== negated
}

function isPrincipal({ everybody, named, negated }: Principals, asking: NonNullable<Request['principal']>): boolean {
  const isNamed =
    everybody ||
    [...named].some(([kind, names]) => asking.get(kind)?.some((name) => names.includes(name) || names.includes('*')))
  return isNamed !== negated
}
