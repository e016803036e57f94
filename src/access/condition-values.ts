/**
 * The values that the conditions of policies compare. The owner and the tags of a resource are looked
 * up only if a policy asks for them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
import type { TimeMs } from '../model/time.ts'
import type { ConditionValues } from './policy/text-pattern.ts'
import { isPlainJob, type Principal, principalArn, principalUserId } from './principal.ts'

/** Facts about a resource that policies may ask for. */
export interface ResourceFacts {
  /** The name of the user who made it; absent where it is nobody's. */
  readonly owner?: string
  /** The names of the groups that the owner is in. */
  readonly ownerGroups?: () => readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

type OwnValues = Readonly<Record<string, readonly string[]>>

export interface Circumstances {
  readonly principal: Principal
  readonly account: string
  readonly now: TimeMs
  /** The client's address. */
  readonly sourceIp: string
  readonly secureTransport: boolean
  /** The tags that the request gives. */
  readonly requestTags: Readonly<Record<string, string>>
  /** The keys of tags that the request gives or takes away. */
  readonly tagKeys: readonly string[]
  /** Values of the operation's own keys, as AWS writes the keys: `batch:ShareIdentifier`. A function is called once, if a policy asks. */
  readonly own: OwnValues | (() => OwnValues)
  /** Undefined for a resource that does not exist. */
  readonly resource: () => ResourceFacts | undefined
}

const requestTag = 'aws:requesttag/'
const resourceTags = ['aws:resourcetag/', 'iam:resourcetag/']
const principalTag = 'aws:principaltag/'

export class RequestValues implements ConditionValues {
  readonly #of: Circumstances
  #own: ReadonlyMap<string, readonly string[]> | undefined
  #resource: { readonly facts: ResourceFacts | undefined } | undefined

  constructor(of: Circumstances) {
    this.#of = of
  }

  get(key: string): readonly string[] | undefined {
    const { principal, account, now, sourceIp, secureTransport, requestTags, tagKeys } = this.#of
    switch (key) {
      case 'aws:username':
        // A job without a role is not its owner.
        return isPlainJob(principal) ? undefined : [principal.name]
      case 'aws:userid':
        return [principalUserId(principal)]
      case 'aws:principalarn':
        return [principalArn(account, principal)]
      case 'aws:principalaccount':
      case 'aws:resourceaccount':
      case 's3:resourceaccount':
        return [account]
      // Services of AWS send no requests here.
      case 'aws:principalisawsservice':
      case 'aws:viaawsservice':
        return ['false']
      case 'aws:principaltype':
        return [principal.session?.assumedRole ? 'AssumedRole' : isPlainJob(principal) ? 'FederatedUser' : 'User']
      case 'aws:sourceip':
        return [sourceIp]
      case 'aws:currenttime':
        return [new Date(now).toISOString()]
      case 'aws:epochtime':
        return [String(Math.floor(now / 1000))]
      case 'aws:securetransport':
        return [String(secureTransport)]
      case 'aws:tagkeys':
        return tagKeys
      case 'openbatch:owner':
        return listOf(this.#facts()?.owner)
      case 'openbatch:ownergroup':
        return this.#facts()?.ownerGroups?.()
    }
    if (key.startsWith(requestTag)) return listOf(tagOf(requestTags, key.slice(requestTag.length)))
    if (key.startsWith(principalTag)) return listOf(tagOf(principal.tags ?? {}, key.slice(principalTag.length)))
    const resourceTag = resourceTags.find((prefix) => key.startsWith(prefix))
    if (resourceTag) return listOf(tagOf(this.#facts()?.tags ?? {}, key.slice(resourceTag.length)))
    this.#own ??= byLowerKey(this.#of.own)
    return this.#own.get(key)
  }

  #facts(): ResourceFacts | undefined {
    this.#resource ??= { facts: this.#of.resource() }
    return this.#resource.facts
  }
}

/** Policies compare keys of tags without case, although a resource may have both spellings. */
function tagOf(tags: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.entries(tags).find(([name]) => name.toLowerCase() === key)?.[1]
}

function listOf(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value]
}

function byLowerKey(own: Circumstances['own']): ReadonlyMap<string, readonly string[]> {
  const values = typeof own === 'function' ? own() : own
  return new Map(Object.entries(values).map(([key, list]) => [key.toLowerCase(), list]))
}
