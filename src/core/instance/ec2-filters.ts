/**
 * EC2's filters: all of them must hold, and of each one of its values. `*` stands for any characters
 * and `?` for one, unless a backslash is before them.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
import type { Filter, Instance, InstanceTypeInfo } from '../../model/generated/ec2.ts'
import { limits } from '../../model/limits.ts'
import type { Refusal } from '../../model/refusal.ts'

const shownCharacters = 255

/** What a thing has for a filter: no values where it has none, undefined where there is no such filter. */
type Facts<Thing> = (thing: Thing, filter: string) => readonly (string | undefined)[] | undefined

export const instanceFacts: Facts<Instance> = (instance, filter) => {
  const { Tags = [], State, Placement } = instance
  if (filter.startsWith('tag:')) return Tags.filter(({ Key }) => Key === filter.slice(4)).map(({ Value }) => Value)
  switch (filter) {
    case 'instance-id':
      return [instance.InstanceId]
    case 'instance-type':
      return [instance.InstanceType]
    case 'instance-state-name':
      return [State?.Name]
    case 'instance-state-code':
      return [String(State?.Code)]
    case 'availability-zone':
      return [Placement?.AvailabilityZone]
    case 'private-dns-name':
      return [instance.PrivateDnsName]
    case 'private-ip-address':
      return [instance.PrivateIpAddress]
    case 'tag-key':
      return Tags.map(({ Key }) => Key)
    default:
      return undefined
  }
}

export const typeFacts: Facts<InstanceTypeInfo> = (type, filter) => {
  switch (filter) {
    case 'instance-type':
      return [type.InstanceType]
    case 'current-generation':
    case 'bare-metal':
      return ['true']
    case 'vcpu-info.default-vcpus':
      return [String(type.VCpuInfo?.DefaultVCpus)]
    case 'memory-info.size-in-mib':
      return [String(type.MemoryInfo?.SizeInMiB)]
    default:
      return undefined
  }
}

/** Returns those of the things that meet all filters, or what is wrong with a filter. */
export function filtered<Thing>(
  things: readonly Thing[],
  filters: readonly Filter[],
  factsOf: Facts<Thing>,
): Thing[] | Refusal {
  const none = {} as Thing
  const number = filters.reduce((sum, { Values = [] }) => sum + Values.length, filters.length)
  if (number > limits.ec2FilterValues) {
    const text = `The maximum number of filter values specified on a single call is ${limits.ec2FilterValues}`
    return { kind: 'refusal', code: 'FilterLimitExceeded', message: text }
  }
  for (const { Name = '', Values = [] } of filters) {
    const shown = Name.slice(0, shownCharacters)
    if (factsOf(none, Name) === undefined) return wrongFilter(`The filter '${shown}' is invalid`)
    if (Values.length === 0) return wrongFilter(`The filter '${shown}' has no values`)
  }
  const wanted = filters.map(({ Name = '', Values = [] }) => ({ Name, matches: Values.map(matcher) }))
  return things.filter((thing) =>
    wanted.every(({ Name, matches }) =>
      factsOf(thing, Name)!.some((fact) => fact !== undefined && matches.some((match) => match(fact))),
    ),
  )
}

/** In linear time: a filter comes from anybody. */
function matcher(value: string): (fact: string) => boolean {
  const parts = [...value.matchAll(/\\[*?\\]|[\s\S]/gu)].map(([part]) => part)
  return (fact) => {
    const letters = [...fact]
    let at = 0
    let star = -1
    let afterStar = 0
    let next = 0
    while (next < letters.length) {
      if (at < parts.length && parts[at] === '*') {
        star = at++
        afterStar = next
      } else if (at < parts.length && (parts[at] === '?' || literal(parts[at]!) === letters[next])) {
        at++
        next++
      } else if (star >= 0) {
        at = star + 1
        next = ++afterStar
      } else return false
    }
    while (parts[at] === '*') at++
    return at === parts.length
  }
}

function literal(part: string): string {
  return part.length === 2 && part.startsWith('\\') ? part.slice(1) : part
}

function wrongFilter(message: string): Refusal {
  return { kind: 'refusal', code: 'InvalidParameterValue', message }
}
