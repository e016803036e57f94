/**
 * Decides a request by policies, and says which statement decided.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
import type { Matcher, PolicyDocument, PrincipalKind, Principals, Statement } from './policy-document.ts'
import { type ConditionValues, hasVariables, matches } from './text-pattern.ts'

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
  const { about, here } = foundFor(policies, request)
  let allowedBy: DecidedBy | undefined
  for (const { statement, by } of here) {
    // What one statement allows no other needs to allow.
    if (allowedBy && statement.effect === 'Allow') continue
    if (whatMisses(statement, request) !== undefined) continue
    if (statement.effect === 'Deny') return { kind: 'denied', by }
    allowedBy = by
  }
  return allowedBy ? { kind: 'allowed', by: allowedBy } : { kind: 'notAllowed', nearly: nearlyAllowing(about, request) }
}

function nearlyAllowing(about: readonly About[], request: Request): NearlyAllowed[] {
  const nearly: NearlyAllowed[] = []
  for (const { statement, by } of about) {
    if (statement.effect === 'Deny' || nearly.length === mostNearly) continue
    const missed = whatMisses(statement, request)
    if (missed !== undefined && missed !== 'principal') nearly.push({ ...by, ...missed })
  }
  return nearly
}

interface About {
  readonly statement: Statement
  readonly by: DecidedBy
}

/** What a list of policies says about one action on one resource. */
interface Found {
  /** The statements about the action. */
  readonly about: readonly About[]
  /** Those of them that may apply to the resource: a variable in a pattern is not decided yet. */
  readonly here: readonly About[]
}

/** A client asks for a few actions on a few resources, again and again. */
const findsKept = 128
const kept = new WeakMap<readonly NamedPolicy[], Map<string, Found>>()
const noValues: ConditionValues = new Map()

/** Found once for each list of policies, which must not change. */
function foundFor(policies: readonly NamedPolicy[], { action, resource }: Request): Found {
  const finds = kept.get(policies) ?? new Map<string, Found>()
  const key = `${action} ${resource}`
  const known = finds.get(key)
  if (known) return known
  const about = statementsAbout(policies, action.toLowerCase())
  const here = about.filter(({ statement: { resources } }) => !resources || mayDescribe(resources, resource))
  if (finds.size >= findsKept) finds.clear()
  finds.set(key, { about, here })
  kept.set(policies, finds)
  return { about, here }
}

/** Actions are described without variables. */
function statementsAbout(policies: readonly NamedPolicy[], action: string): readonly About[] {
  return policies.flatMap(({ name, document }) =>
    document.statements.flatMap((statement, index): About[] => {
      if (!describes(statement.actions, action, noValues)) return []
      return [{ statement, by: { policy: name, statement: statement.sid || String(index + 1) } }]
    }),
  )
}

/** Whether the resource is described, or a variable may still decide so. */
function mayDescribe(resources: Matcher, resource: string): boolean {
  return resources.patterns.some(hasVariables) || describes(resources, resource, noValues)
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
