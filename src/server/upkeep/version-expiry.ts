/** Ends the versions of a bucket that are no longer current, and delete markers that stand alone. */
import { limits } from '../../model/limits.ts'
import { expiryOfLoneMarker, expiryOfNoncurrent, prefixesToWalk } from '../../objects/lifecycle/expiry.ts'
import type { LifecycleRule } from '../../objects/lifecycle/lifecycle-rule.ts'
import { type AgingVersion, VersionAges } from '../../objects/lifecycle/version-ages.ts'
import { isObjectRefusal } from '../../objects/object-refusal.ts'
import type { VersionsPage } from '../../objects/object-store.ts'
import type { Tags } from '../../objects/tags.ts'
import type { ExpiryWork, ExpiryWorkOptions } from './expiry-work.ts'

export class VersionExpiry {
  readonly #options: ExpiryWorkOptions
  readonly #work: ExpiryWork
  readonly #rules: readonly LifecycleRule[]

  constructor(options: ExpiryWorkOptions, work: ExpiryWork) {
    this.#options = options
    this.#work = work
    this.#rules = work.rulesWith(({ expiration, noncurrentExpiration }) => !!(expiration || noncurrentExpiration))
  }

  /** Resolves with whether it came to its end. */
  async run(): Promise<boolean> {
    const { store, bucket } = this.#options
    // A bucket that never had versioning has no other versions.
    if (store.settings(bucket).versioning === undefined) return this.#work.isWanted
    for (const prefix of prefixesToWalk(this.#rules)) if (!(await this.#endBelow(prefix))) return false
    return this.#work.isWanted
  }

  async #endBelow(prefix: string): Promise<boolean> {
    const { store, bucket } = this.#options
    const ages = new VersionAges()
    for (let next: VersionsPage['next'] = { key: '' }; next; ) {
      const { key: afterKey, versionId: afterVersionId = '' }: NonNullable<VersionsPage['next']> = next
      const query = { prefix, delimiter: '', afterKey, afterVersionId, limit: limits.objectsPerPage }
      const page = await store.listVersions(bucket, query)
      if (isObjectRefusal(page) || !this.#work.isWanted) return false
      next = page.next
      const aging = [...ages.take(page.versions), ...(next ? [] : ages.end())]
      await this.#work.end(
        aging,
        (one) => this.#mayBeOver(one),
        (one) => this.#end(one),
      )
    }
    return true
  }

  /** With whatever tags the version has. */
  #mayBeOver(aging: AgingVersion): boolean {
    return this.#isOver(aging, this.#rules.map(withoutTags), {})
  }

  #isOver(aging: AgingVersion, rules: readonly LifecycleRule[], tags: Tags): boolean {
    const { version } = aging
    if (aging.kind === 'lone marker') return this.#work.isOver(expiryOfLoneMarker(this.#rules, version))
    const { key, noncurrentSinceMs } = version
    if (noncurrentSinceMs === undefined) return false
    const size = version.isDeleteMarker ? undefined : version.size
    const noncurrent = { key, size, tags, noncurrentSinceMs, newerNoncurrent: aging.newerNoncurrent }
    return this.#work.isOver(expiryOfNoncurrent(rules, noncurrent))
  }

  async #end(aging: AgingVersion): Promise<void> {
    const { store, bucket, ended } = this.#options
    const { key, versionId, isDeleteMarker, noncurrentSinceMs } = aging.version
    const name = { bucket, key, versionId }
    if (!isDeleteMarker && this.#rules.some(({ filter }) => filter.tags)) {
      const facts = await store.head(name)
      if (isObjectRefusal(facts) || !this.#isOver(aging, this.#rules, facts.tags)) return
    }
    // It may have become the current one, because newer ones were deleted.
    const deleted = await store.delete(
      name,
      noncurrentSinceMs === undefined ? {} : { ifNoncurrentSinceMs: noncurrentSinceMs },
    )
    if (isObjectRefusal(deleted)) {
      if (deleted.code !== 'NoSuchBucket') throw new Error(`${deleted.code}: ${deleted.message}`)
    } else if (deleted.existed) ended(isDeleteMarker ? 'marker' : 'version')
  }
}

function withoutTags({ filter: { tags: _, ...filter }, ...rule }: LifecycleRule): LifecycleRule {
  return { ...rule, filter }
}
