/**
 * Decides a request by policies, and says which statement decided.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
import type { Matcher, PolicyDocument, PrincipalKind, Principals, Statement } from './policy-document.ts'
import { type ConditionValues, matches } from './text-pattern.ts'

export interface NamedPolicy {
  /** Its name in explanations: an ARN, or the name and the owner of an inline policy. */
  readonly name: string
  readonly document: PolicyDocument
}

export interface Request {
  /** `batch:SubmitJob`. */
  readonly action: string
  /** An ARN, or `*` for an action that has no resource. */
  readonly resource: string
  readonly context: ConditionValues
  /** Every name that a policy may use for the caller. Needed for policies that name principals. */
  readonly principal?: ReadonlyMap<PrincipalKind, readonly string[]>
}

/** The statement that decided. */
export interface DecidedBy {
  readonly policy: string
  /** The statement's Sid, or its place from 1. */
  readonly statement: string
}

export type AccessDecision =
  | { readonly kind: 'allowed'; readonly by: DecidedBy }
  | { readonly kind: 'denied'; readonly by: DecidedBy }
  /** No statement allows it. `nearly` names those that allow the action on other terms or resources. */
  | { readonly kind: 'notAllowed'; readonly nearly: readonly NearlyAllowed[] }

export type NearlyAllowed = DecidedBy &
  (
    | { readonly missed: 'resource' }
    /** Operator and key of the first condition that does not hold, as the document writes them. */
    | { readonly missed: 'condition'; readonly condition: string }
  )

/** An explanation names at most this many. */
const mostNearly = 10

/** A Deny that applies wins over every Allow. The order of policies and statements does not matter. */
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

/** Returns why a statement about the action does not apply, or undefined if it does. */
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
