/**
 * Decides a request by policies, and says which statement decided.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
import type { Matcher, PolicyDocument, PrincipalKind, Principals, Statement } from './policy-document.ts'
import { type ConditionValues, matches } from './text-pattern.ts'

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
  readonly context: ConditionValues
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
  /** No statement allows it. `nearly` names those that allow the action, but not so or not there. */
  | { readonly kind: 'notAllowed'; readonly nearly: readonly NearlyAllowed[] }

export type NearlyAllowed = DecidedBy &
  (
    | { readonly missed: 'resource' }
    /** Operator and key of the first condition that does not hold, as the document has them. */
    | { readonly missed: 'condition'; readonly condition: string }
  )

/** What an explanation names at most. */
const mostNearly = 10

/** A statement that denies decides, whatever allows. The order of policies and statements is of no account. */
export function evaluate(policies: readonly NamedPolicy[], request: Request): AccessDecision {
  const action = request.action.toLowerCase()
  const nearly: NearlyAllowed[] = []
  let allowedBy: DecidedBy | undefined
  for (const { name, document } of policies) {
    for (const [index, statement] of document.statements.entries()) {
      if (!describes(statement.actions, action, request.context)) continue
      const missed = whatMisses(statement, request)
      const by = { policy: name, statement: statement.sid || String(index + 1) }
      if (missed === undefined && statement.effect === 'Deny') return { kind: 'denied', by }
      if (statement.effect === 'Deny') continue
      if (missed === undefined) allowedBy ??= by
      else if (missed !== 'principal' && nearly.length < mostNearly) nearly.push({ ...by, ...missed })
    }
  }
  return allowedBy ? { kind: 'allowed', by: allowedBy } : { kind: 'notAllowed', nearly }
}

type Missed = { readonly missed: 'resource' } | { readonly missed: 'condition'; readonly condition: string }

/** What keeps a statement about the action from applying; undefined if it applies. */
function whatMisses(
  { resources, principals, conditions }: Statement,
  request: Request,
): Missed | 'principal' | undefined {
  if (principals !== undefined && !isPrincipal(principals, request.principal ?? new Map())) return 'principal'
  if (resources !== undefined && !describes(resources, request.resource, request.context)) return { missed: 'resource' }
  const failing = conditions.find((condition) => !condition.holds(request.context))
  return failing && { missed: 'condition', condition: failing.text }
}

function describes({ patterns, negated }: Matcher, text: string, context: ConditionValues): boolean {
  return patterns.some((pattern) => matches(pattern, text, context)) !== negated
}

function isPrincipal({ everybody, named, negated }: Principals, asking: NonNullable<Request['principal']>): boolean {
  const isNamed =
    everybody ||
    [...named].some(([kind, names]) => asking.get(kind)?.some((name) => names.includes(name) || names.includes('*')))
  return isNamed !== negated
}
