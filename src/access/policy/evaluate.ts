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
    /** It allows the action to the whole account, which leaves it to the policies of its identities. */
    | { readonly missed: 'account' }
  )

/** An explanation names at most this many. */
const mostNearly = 10

/** A Deny that applies wins over every Allow. The order of policies and statements does not matter. */
export function evaluate(policies: readonly NamedPolicy[], request: Request): AccessDecision {
  const { about, here } = foundFor(policies, request)
  let allowedBy: DecidedBy | undefined
  for (const { statement, by, isOnResource } of here) {
    // What one statement allows no other needs to allow.
    if (allowedBy && statement.effect === 'Allow') continue
    if (whatMisses(statement, request, isOnResource) !== undefined) continue
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

interface Here extends About {
  /** Whether the statement is on the resource whatever the values of variables. */
  readonly isOnResource: boolean
}

/** What a list of policies says about one action on one resource. */
interface Found {
  /** The statements about the action. */
  readonly about: readonly About[]
  /** Those of them that may apply to the resource: a variable in a pattern is not decided yet. */
  readonly here: readonly Here[]
}

/** A client asks for a few actions on a few resources, again and again. */
const findsKept = 128
const kept = new WeakMap<readonly NamedPolicy[], Finds>()
const noValues: ConditionValues = new Map()

/** What was found, by action and by resource: one text of both would be made and hashed each time. */
class Finds {
  readonly #byAction = new Map<string, Map<string, Found>>()
  #size = 0

  get(action: string, resource: string): Found | undefined {
    return this.#byAction.get(action)?.get(resource)
  }

  keep(action: string, resource: string, found: Found): void {
    if (this.#size >= findsKept) {
      this.#byAction.clear()
      this.#size = 0
    }
    const byResource = this.#byAction.get(action) ?? new Map<string, Found>()
    this.#byAction.set(action, byResource.set(resource, found))
    this.#size++
  }
}

/** Found once for each list of policies, which must not change. */
function foundFor(policies: readonly NamedPolicy[], { action, resource }: Request): Found {
  let finds = kept.get(policies)
  if (!finds) {
    finds = new Finds()
    kept.set(policies, finds)
  }
  const known = finds.get(action, resource)
  if (known) return known
  const about = statementsAbout(policies, action.toLowerCase())
  const found = { about, here: withoutRepeats(about.flatMap((each) => hereOf(each, resource))) }
  finds.keep(action, resource, found)
  return found
}

function hereOf(about: About, resource: string): Here[] {
  const { resources } = about.statement
  if (!resources) return [{ ...about, isOnResource: true }]
  if (resources.patterns.some(hasVariables)) return [{ ...about, isOnResource: false }]
  return describes(resources, resource, noValues) ? [{ ...about, isOnResource: true }] : []
}

/**
 * Leaves out statements that decide as an earlier one does. A site repeats some in each of its
 * policies: a Deny from outside its network, or without TLS.
 */
function withoutRepeats(here: readonly Here[]): readonly Here[] {
  const met = new Set<string>()
  return here.filter(({ statement: { effect, principals, conditions }, isOnResource }) => {
    const values = conditions.flatMap((condition) => condition.values)
    if (!isOnResource || principals || values.some((value) => value.includes('${'))) return true
    const decides = JSON.stringify([effect, conditions.map((condition) => [condition.text, condition.values])])
    return !met.has(decides) && met.add(decides)
  })
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

type Missed = { readonly missed: 'resource' } | { readonly missed: 'condition'; readonly condition: string }

/** Returns why a statement about the action does not apply, or undefined if it does. */
function whatMisses(
  { resources, principals, conditions }: Statement,
  request: Request,
  isOnResource = false,
): Missed | 'principal' | undefined {
  if (principals !== undefined && !isPrincipal(principals, request.principal ?? new Map())) return 'principal'
  if (!isOnResource && resources !== undefined && !describes(resources, request.resource, request.context))
    return { missed: 'resource' }
  const failing = conditions.find((condition) => !condition.holds(request.context))
  return failing && { missed: 'condition', condition: failing.text }
}

function describes({ patterns, negated }: Matcher, text: string, context: ConditionValues): boolean {
  return patterns.some((pattern) => matches(pattern, text, context)) !== negated
}

function isPrincipal({ everybody, named, negated }: Principals, asking: NonNullable<Request['principal']>): boolean {
  // A NotPrincipal spares those it names. AWS wants their account beside them, which spares nobody else.
  const counts = (name: string) => !negated || !isWholeAccount(name)
  const isNamed =
    everybody ||
    [...named].some(([kind, names]) =>
      asking.get(kind)?.some((name) => (counts(name) && names.includes(name)) || names.includes('*')),
    )
  return isNamed !== negated
}

/** The name of an account, for everybody in it: its number, or the ARN of its root. */
function isWholeAccount(name: string): boolean {
  return /^(?:\d{12}|arn:aws[a-z-]*:iam::\d{12}:root)$/.test(name)
}
