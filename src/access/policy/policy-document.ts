/**
 * Policy documents: read whole, or refused whole with AWS's MalformedPolicyDocument.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { parseDocument } from 'yaml'
import { type Condition, parseCondition } from './condition.ts'
import { parseTextPattern, type TextPattern } from './text-pattern.ts'

/**
 * The kinds of documents, by what they are attached to. Only the policy of a resource and the trust
 * policy of a role name principals.
 */
export type DocumentKind = 'identity' | 'resource' | 'trust'

export interface PolicyDocument {
  readonly statements: readonly Statement[]
}

export interface Statement {
  /** As the document writes it. */
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  readonly actions: Matcher
  /** Absent in a trust policy, which is about its role. */
  readonly resources?: Matcher
  /** Absent in the policy of an identity, which is about that identity. */
  readonly principals?: Principals
  readonly conditions: readonly Condition[]
}

/** Matches any of the patterns, or none of them for NotAction and NotResource. */
export interface Matcher {
  readonly patterns: readonly TextPattern[]
  readonly negated: boolean
}

export interface Principals {
  readonly negated: boolean
  /** `*`: anybody. */
  readonly everybody: boolean
  /** ARNs, account ids, names of services, by the kind of principal. */
  readonly named: ReadonlyMap<PrincipalKind, readonly string[]>
}

export type PrincipalKind = 'AWS' | 'Service' | 'Federated' | 'CanonicalUser'

export interface Malformed {
  /** A sentence in AWS's style. */
  readonly malformed: string
}

export function parsePolicyDocument(text: string, kind: DocumentKind): PolicyDocument | Malformed {
  try {
    return new Reader(kind).document(parseJson(text))
  } catch (error) {
    if (error instanceof Flaw) return { malformed: error.message }
    throw error
  }
}

export function isMalformed(result: PolicyDocument | Malformed): result is Malformed {
  return 'malformed' in result
}

/** Thrown and caught in this file only. */
class Flaw extends Error {}

const syntaxError = 'Syntax errors in policy.'

function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text)
    // JSON.parse keeps the last of two members with one name. That would drop a condition or a Deny.
    if (parseDocument(text, { schema: 'json', uniqueKeys: true }).errors.length > 0) throw new Flaw(syntaxError)
    return parsed
  } catch {
    throw new Flaw(syntaxError)
  }
}

/** The longest key of a condition: the key of a tag has at most 128 characters. */
const longestKey = 256

const statementMembers: ReadonlySet<string> = new Set([
  ...['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
])
const principalKinds: ReadonlySet<string> = new Set<PrincipalKind>(['AWS', 'Service', 'Federated', 'CanonicalUser'])

class Reader {
  readonly #kind: DocumentKind
  /** The older version of the language has no variables, so `${` is plain text in it. */
  #variables = false

  constructor(kind: DocumentKind) {
    this.#kind = kind
  }

  document(value: unknown): PolicyDocument {
    const { Version: version = '2008-10-17', Id: id, Statement: statement, ...more } = objectOf(value)
    if (Object.keys(more).length > 0) throw new Flaw(syntaxError)
    if (id !== undefined && typeof id !== 'string') throw new Flaw(syntaxError)
    if (version !== '2012-10-17' && version !== '2008-10-17') throw new Flaw(syntaxError)
    if (this.#kind === 'identity' && version !== '2012-10-17')
      throw new Flaw('Policy document must be version 2012-10-17 or greater.')
    this.#variables = version === '2012-10-17'
    const statements = listOf(statement)
    if (statements.length === 0) throw new Flaw('Policy document must contain at least one statement.')
    const read = statements.map((each) => this.#statement(objectOf(each)))
    const sids = read.flatMap(({ sid }) => (sid ? [sid] : []))
    if (new Set(sids).size < sids.length) throw new Flaw('Statement IDs (SID) in a single policy must be unique.')
    return { statements: read }
  }

  #statement(members: Record<string, unknown>): Statement {
    if (Object.keys(members).some((name) => !statementMembers.has(name))) throw new Flaw(syntaxError)
    const { Sid: sid, Effect: effect } = members
    if (effect !== 'Allow' && effect !== 'Deny') throw new Flaw(syntaxError)
    if (sid !== undefined && typeof sid !== 'string') throw new Flaw(syntaxError)
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
    if (this.#kind !== 'resource' && sid !== undefined && !/^[A-Za-z0-9]*$/.test(sid))
      throw new Flaw(
        `Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*`,
      )
    const resources = this.#resources(members)
    const principals = this.#principals(members)
    return {
      ...(sid !== undefined && { sid }),
      effect,
      actions: this.#actions(members),
      ...(resources && { resources }),
      ...(principals && { principals }),
      conditions: this.#conditions(members.Condition),
    }
  }

  #actions({ Action: actions, NotAction: notActions }: Record<string, unknown>): Matcher {
    if ((actions === undefined) === (notActions === undefined)) throw new Flaw('Policy statement must contain actions.')
    // AWS accepts blanks around an action. Some of its own policies have them.
    const texts = textsOf(actions ?? notActions).map((text) => text.trim())
    if (texts.length === 0) throw new Flaw('Policy statement must contain actions.')
    for (const text of texts) {
      if (text === '*') continue
      const [vendor = '', name, ...more] = text.split(':')
      if (name === undefined || more.length > 0)
        throw new Flaw('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
      if (!/^[A-Za-z0-9-]+$/.test(vendor)) throw new Flaw(`Vendor ${vendor} is not valid`)
      if (!/^ ?[A-Za-z0-9*?_-]+$/.test(name)) throw new Flaw(`Action ${text} is not valid`)
    }
    const patterns = texts.map((text) => this.#pattern(text.toLowerCase(), false))
    return { patterns, negated: actions === undefined }
  }

  #resources({ Resource: resources, NotResource: notResources }: Record<string, unknown>): Matcher | undefined {
    const given = resources ?? notResources
    if (this.#kind === 'trust') {
      if (given !== undefined) throw new Flaw('Has prohibited field Resource')
      return undefined
    }
    if ((resources === undefined) === (notResources === undefined))
      throw new Flaw('Policy statement must contain resources.')
    const texts = textsOf(given)
    if (texts.length === 0) throw new Flaw('Policy statement must contain resources.')
    for (const text of texts) {
      if (text === '*' || text.startsWith('arn:') || text.startsWith('*:')) {
        if (text !== '*' && text.split(':').length < 6 && !text.includes('*'))
          throw new Flaw('The policy failed legacy parsing')
        continue
      }
      throw new Flaw(`Resource ${text} must be in ARN format or "*".`)
    }
    return { patterns: texts.map((text) => this.#pattern(text, true)), negated: resources === undefined }
  }

  #principals({ Principal: principal, NotPrincipal: notPrincipal }: Record<string, unknown>): Principals | undefined {
    const given = principal ?? notPrincipal
    if (this.#kind === 'identity') {
      if (given !== undefined) throw new Flaw('Policy document should not specify a principal.')
      return undefined
    }
    if ((principal === undefined) === (notPrincipal === undefined))
      throw new Flaw('Policy statement must contain principals.')
    const negated = principal === undefined
    if (given === '*') return { negated, everybody: true, named: new Map() }
    const named = Object.entries(objectOf(given)).map(([kind, names]): [PrincipalKind, string[]] => {
      if (!principalKinds.has(kind)) throw new Flaw(`Invalid principal in policy: ${JSON.stringify(kind)}`)
      const texts = textsOf(names)
      // A principal is a full name. The only wildcard is `*` by itself.
      for (const text of texts)
        if (text === '' || (text !== '*' && /[*?]/.test(text)))
          throw new Flaw(`Invalid principal in policy: ${JSON.stringify(kind)}:${JSON.stringify(text)}`)
      return [kind as PrincipalKind, texts]
    })
    if (named.every(([, names]) => names.length === 0)) throw new Flaw('Policy statement must contain principals.')
    const everybody = named.some(([kind, names]) => kind === 'AWS' && names.includes('*'))
    return { negated, everybody, named: new Map(named) }
  }

  #conditions(value: unknown): Condition[] {
    if (value === undefined) return []
    return Object.entries(objectOf(value)).flatMap(([operator, keys]) =>
      Object.entries(objectOf(keys)).map(([key, values]) => {
        if (key.length > longestKey || !/^[A-Za-z0-9-]+:\S/.test(key))
          throw new Flaw('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
        const condition = parseCondition(operator, key, conditionValues(values), this.#variables)
        if (typeof condition === 'string') throw new Flaw(condition)
        return condition
      }),
    )
  }

  #pattern(text: string, variables: boolean): TextPattern {
    const pattern = parseTextPattern(text, { wildcards: true, variables: variables && this.#variables })
    if (pattern === undefined) throw new Flaw(syntaxError)
    return pattern
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Flaw(syntaxError)
  return value as Record<string, unknown>
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

function textsOf(value: unknown): string[] {
  const list = listOf(value)
  if (list.some((each) => typeof each !== 'string')) throw new Flaw(syntaxError)
  return list as string[]
}

/** Numbers and truth values may stand without quotes. */
function conditionValues(value: unknown): string[] {
  return listOf(value).map((each) => {
    if (typeof each !== 'string' && typeof each !== 'number' && typeof each !== 'boolean') throw new Flaw(syntaxError)
    return String(each)
  })
}
