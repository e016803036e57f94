/**
 * Decides which rule ends what at which time. Pure: times come in.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
 */
import type { TimeMs } from '../../model/time.ts'
import type { Tags } from '../tags.ts'
import type { LifecycleFilter, LifecycleRule } from './lifecycle-rule.ts'

/** What filters look at. */
export interface Filtered {
  readonly key: string
  /** Bytes. A delete marker has none. */
  readonly size: number | undefined
  readonly tags: Tags
}

export interface AgingObject extends Filtered {
  readonly lastModifiedMs: TimeMs
}

export interface NoncurrentVersion extends Filtered {
  /** When the next version took its place. */
  readonly noncurrentSinceMs: TimeMs
  /** Versions of the same key that are newer than this one, and noncurrent too. */
  readonly newerNoncurrent: number
}

export interface Expiry {
  readonly ruleId: string
  /** A midnight UTC. */
  readonly atMs: TimeMs
}

const dayMs = 86_400_000

/** The midnight UTC that follows after so many days. */
export function midnightAfter(ms: TimeMs, days: number): TimeMs {
  return (Math.floor(ms / dayMs) + days + 1) * dayMs
}

/** When the current version of an object expires: by the rule that ends it first. */
export function expiryOf(rules: readonly LifecycleRule[], object: AgingObject): Expiry | undefined {
  return firstOf(rules, ({ expiration, filter }) => {
    if (!expiration || expiration.kind === 'markers' || !matches(filter, object)) return undefined
    return expiration.kind === 'days' ? midnightAfter(object.lastModifiedMs, expiration.days) : expiration.atMs
  })
}

/** When a version that is no longer the current one expires. */
export function expiryOfNoncurrent(rules: readonly LifecycleRule[], version: NoncurrentVersion): Expiry | undefined {
  return firstOf(rules, ({ noncurrentExpiration: expiration, filter }) =>
    expiration && version.newerNoncurrent >= (expiration.newerVersions ?? 0) && matches(filter, version)
      ? midnightAfter(version.noncurrentSinceMs, expiration.days)
      : undefined,
  )
}

/**
 * When a delete marker goes behind which no version is left. A marker ages as an object does, and a
 * rule for markers ends it at once.
 */
export function expiryOfLoneMarker(
  rules: readonly LifecycleRule[],
  { key, lastModifiedMs }: Pick<AgingObject, 'key' | 'lastModifiedMs'>,
): Expiry | undefined {
  return firstOf(rules, ({ expiration, filter: { prefix = '', ...others } }) => {
    // A marker has neither tags nor a size.
    if (!expiration || !key.startsWith(prefix) || Object.keys(others).length > 0) return undefined
    if (expiration.kind === 'markers') return lastModifiedMs
    return expiration.kind === 'days' ? midnightAfter(lastModifiedMs, expiration.days) : expiration.atMs
  })
}

/** When an upload in parts is given up that nobody completes. */
export function expiryOfUpload(
  rules: readonly LifecycleRule[],
  { key, startedAtMs }: { readonly key: string; readonly startedAtMs: TimeMs },
): Expiry | undefined {
  return firstOf(rules, ({ abortUploadDays: days, filter: { prefix = '' } }) =>
    days !== undefined && key.startsWith(prefix) ? midnightAfter(startedAtMs, days) : undefined,
  )
}

function firstOf(
  rules: readonly LifecycleRule[],
  timeOf: (rule: LifecycleRule) => TimeMs | undefined,
): Expiry | undefined {
  let first: Expiry | undefined
  for (const rule of rules) {
    const atMs = rule.isEnabled ? timeOf(rule) : undefined
    if (atMs !== undefined && (first === undefined || atMs < first.atMs)) first = { ruleId: rule.id, atMs }
  }
  return first
}

function matches(filter: LifecycleFilter, { key, size, tags }: Filtered): boolean {
  const { prefix = '', tags: wanted = {}, sizeGreaterThan, sizeLessThan } = filter
  return (
    key.startsWith(prefix) &&
    (sizeGreaterThan === undefined || (size !== undefined && size > sizeGreaterThan)) &&
    (sizeLessThan === undefined || (size !== undefined && size < sizeLessThan)) &&
    Object.entries(wanted).every(([name, value]) => Object.hasOwn(tags, name) && tags[name] === value)
  )
}

/** The shortest list of prefixes that covers those of the rules. */
export function prefixesToWalk(rules: readonly LifecycleRule[]): string[] {
  const prefixes = rules.map(({ filter }) => filter.prefix ?? '').sort()
  const walked: string[] = []
  // A prefix comes right before those that begin with it.
  for (const prefix of prefixes) if (walked.length === 0 || !prefix.startsWith(walked.at(-1)!)) walked.push(prefix)
  return walked
}
