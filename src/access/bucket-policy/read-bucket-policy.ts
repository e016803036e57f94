/**
 * Reads the policy of a bucket, or says in S3's words what is wrong with it. It is pure: who exists
 * is asked by a function. The evaluator reads the same document (`../policy/policy-document.ts`).
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
 */
import { limits } from '../../model/limits.ts'
import { isMalformed, type PolicyDocument, parsePolicyDocument } from '../policy/policy-document.ts'
import { matches, parseTextPattern } from '../policy/text-pattern.ts'
import { bucketActions, objectActions } from './s3-actions.ts'
import { actionsWith } from './s3-condition-keys.ts'

export interface MalformedBucketPolicy {
  readonly malformed: string
  /** The part of the policy that is meant. */
  readonly detail?: string
}

export interface BucketPolicyWorld {
  readonly bucket: string
  /** Whether a user, role or account of that name is there: an ARN, an id, or the number of an account. */
  readonly isPrincipal: (name: string) => boolean
}

export function readBucketPolicy(text: string, world: BucketPolicyWorld): PolicyDocument | MalformedBucketPolicy {
  try {
    new Reader(world).document(parsed(text))
  } catch (error) {
    if (error instanceof Flaw) return { malformed: error.message, ...(error.detail && { detail: error.detail }) }
    throw error
  }
  return parsePolicyDocument(text, 'resource')
}

/** Reads a policy that was checked before. Undefined if somebody changed it by hand so that it cannot be read. */
export function keptBucketPolicy(text: string): PolicyDocument | undefined {
  const document = parsePolicyDocument(text, 'resource')
  return isMalformed(document) ? undefined : document
}

/** Thrown and caught in this file only. */
class Flaw extends Error {
  readonly detail: string | undefined
  constructor(message: string, detail?: unknown) {
    super(message)
    this.detail = detail === undefined ? undefined : (JSON.stringify(detail) ?? '').slice(0, longestDetail)
  }
}

const longestDetail = 1024

function parsed(text: string): Record<string, unknown> {
  const { bucketPolicyBytes, bucketPolicySentBytes } = limits
  const tooLarge = `Normalized policy document exceeds the maximum allowed size of ${bucketPolicyBytes} bytes`
  if (Buffer.byteLength(text) > bucketPolicySentBytes) throw new Flaw(tooLarge)
  if (!text.startsWith('{')) throw new Flaw("Policies must be valid JSON and the first byte must be '{'")
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Flaw('This policy contains invalid Json')
  }
  if (Buffer.byteLength(JSON.stringify(value)) > bucketPolicyBytes) throw new Flaw(tooLarge)
  return value as Record<string, unknown>
}

const documentMembers: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement'])
const statementMembers: ReadonlySet<string> = new Set([
  ...['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
])

type Members = Record<string, unknown>
type Level = 'bucket' | 'object'
const levelOfAction: ReadonlyMap<string, Level> = new Map([
  ...bucketActions.map((name) => [name, 'bucket'] as const),
  ...objectActions.map((name) => [name, 'object'] as const),
])

class Reader {
  readonly #world: BucketPolicyWorld
  /** The actions that each pattern describes: a long policy has few patterns that differ. */
  readonly #meant = new Map<string, readonly string[]>()

  constructor(world: BucketPolicyWorld) {
    this.#world = world
  }

  document(members: Members): void {
    refuseUnknown(members, documentMembers)
    const { Version: version = '2008-10-17', Statement: statement } = members
    if (version !== '2012-10-17' && version !== '2008-10-17')
      throw new Flaw('The policy must contain a valid version string')
    if (statement === undefined) throw new Flaw('Missing required field Statement')
    const statements = Array.isArray(statement) ? statement : [statement]
    if (statements.length === 0) throw new Flaw('Could not parse the policy: Statement is empty!')
    for (const each of statements) this.#statement(membersOf(each))
  }

  #statement(members: Members): void {
    refuseUnknown(members, statementMembers)
    const { Effect: effect } = members
    if (effect === undefined) throw new Flaw('Missing required field Effect')
    if (effect !== 'Allow' && effect !== 'Deny') throw new Flaw(`Invalid effect: ${String(effect).slice(0, 100)}`)
    this.#principals(members)
    const actions = textsOf(oneOf(members, 'Action', 'NotAction'), 'Policy has invalid action')
    for (const action of actions)
      if (this.#meantBy(action).length === 0) throw new Flaw('Policy has invalid action', action)
    const resources = textsOf(oneOf(members, 'Resource', 'NotResource'), 'Policy has invalid resource')
    const levels = new Set(resources.map((resource) => this.#levelOf(resource)))
    // What NotAction and NotResource leave is never empty.
    const applies = (action: string) => this.#meantBy(action).some((name) => levels.has(levelOfAction.get(name)!))
    if (members.Action !== undefined && members.Resource !== undefined && !actions.every(applies))
      throw new Flaw('Action does not apply to any resource(s) in statement')
    this.#conditions(members.Condition, members.Action === undefined ? ['s3:*'] : actions)
    refuseUnknownVariables(JSON.stringify([resources, members.Condition]))
  }

  #principals(members: Members): void {
    const given = oneOf(members, 'Principal', 'NotPrincipal')
    const invalid = (detail: unknown) => new Flaw('Invalid principal in policy', detail)
    if (members.NotPrincipal !== undefined && members.Effect === 'Allow')
      throw new Flaw('Allow with NotPrincipal is not allowed.')
    if (given === '*') return
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid(given)
    const kinds = Object.keys(given)
    // Services, identity providers and accounts by their canonical ids send no requests here.
    if (kinds.length === 0 || kinds.some((kind) => kind !== 'AWS')) throw invalid(given)
    const names = textsOf((given as Members).AWS, 'Invalid principal in policy')
    const unknown = names.find((name) => name !== '*' && !this.#world.isPrincipal(name))
    if (unknown !== undefined) throw invalid({ AWS: unknown })
  }

  /** Whether the resource is the bucket or objects in it. Throws for one of another bucket. */
  #levelOf(resource: string): Level {
    const { bucket } = this.#world
    const [, name = '', key] = /^arn:aws[a-z-]*:s3:::([^/]+)(\/[\s\S]*)?$/.exec(resource) ?? []
    const pattern = parseTextPattern(name, { wildcards: true, variables: true })
    if (pattern === undefined || !matches(pattern, bucket, new Map()))
      throw new Flaw('Policy has invalid resource', resource)
    // A `*` in place of the bucket may reach into its objects, but S3 reads it as the bucket.
    return key === undefined ? 'bucket' : 'object'
  }

  #conditions(given: unknown, actions: readonly string[]): void {
    if (given === undefined) return
    const texts = new Set(Object.values(membersOf(given)).flatMap((keys) => Object.keys(membersOf(keys))))
    const checked = new Set<'every' | readonly string[]>(['every'])
    for (const key of texts) {
      const having = actionsWith(key)
      if (having === undefined)
        throw /^aws:/i.test(key)
          ? new Flaw(`The condition key ${key.slice(0, 100)} is not supported by openbatch.`, key)
          : new Flaw('Policy has an invalid condition key', key)
      if (checked.has(having)) continue
      if (!actions.every((action) => this.#meantBy(action).some((name) => having.includes(name))))
        throw new Flaw('Conditions do not apply to combination of actions and resources in statement', key)
      checked.add(having)
    }
  }

  /** Without their prefix. */
  #meantBy(action: string): readonly string[] {
    const known = this.#meant.get(action)
    if (known) return known
    const pattern = parseTextPattern(action.trim().toLowerCase(), { wildcards: true, variables: false })
    const meant = pattern
      ? [...levelOfAction.keys()].filter((name) => matches(pattern, `s3:${name}`.toLowerCase(), new Map()))
      : []
    this.#meant.set(action, meant)
    return meant
  }
}

/** A variable that no request has a value for would match nothing. */
function refuseUnknownVariables(text: string): void {
  for (const [whole, key = ''] of text.matchAll(/\$\{\s*([A-Za-z0-9-]+:[\w.+=@:/-]+)[^}]*\}/g))
    if (actionsWith(key) === undefined)
      throw new Flaw(`The policy variable ${whole.slice(0, 100)} is not supported by openbatch.`, whole)
}

function refuseUnknown(members: Members, known: ReadonlySet<string>): void {
  const unknown = Object.keys(members).find((name) => !known.has(name))
  if (unknown !== undefined) throw new Flaw(`Unknown field ${unknown.slice(0, 100)}`)
}

/** The one of two members that is there. */
function oneOf(members: Members, name: string, negated: string): unknown {
  if (members[name] === undefined && members[negated] === undefined) throw new Flaw(`Missing required field ${name}`)
  if (members[name] !== undefined && members[negated] !== undefined)
    throw new Flaw(`Policy statement must not have both ${name} and ${negated}`)
  return members[name] ?? members[negated]
}

function membersOf(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Flaw('This policy contains invalid Json')
  return value as Members
}

function textsOf(value: unknown, message: string): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0 || list.some((each) => typeof each !== 'string')) throw new Flaw(message, value)
  return list as string[]
}
