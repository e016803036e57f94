/** Ends what the lifecycle rules of one bucket say is over. */
import { type Pace, SteadyPace } from '../../ground/pace.ts'
import { delay } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'
import type { TimeMs } from '../../model/time.ts'
import { expiryOf, expiryOfUpload, prefixesToWalk } from '../../objects/lifecycle/expiry.ts'
import type { LifecycleRule } from '../../objects/lifecycle/lifecycle-rule.ts'
import { isObjectRefusal } from '../../objects/object-refusal.ts'
import type { ObjectStore, SurveyedObject, Upload } from '../../objects/object-store.ts'

export type ExpiringStore = Pick<
  ObjectStore,
  'buckets' | 'settings' | 'survey' | 'delete' | 'listUploads' | 'abortUpload'
>

export const expiredKinds = ['object', 'upload'] as const
export type ExpiredKind = (typeof expiredKinds)[number]

export interface BucketExpiryOptions {
  readonly store: ExpiringStore
  readonly bucket: string
  readonly rules: readonly LifecycleRule[]
  readonly nowMs: TimeMs
  readonly signal: AbortSignal
  /** Called for everything that was ended. */
  readonly ended: (kind: ExpiredKind) => void
  /** Called for everything that could not be. */
  readonly failed: (why: unknown) => void
  /** Real time unless a test says otherwise. */
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined
}

/** What is deleted at the same time. */
const atOnce = 64

export class BucketExpiry {
  readonly #options: BucketExpiryOptions
  readonly #pace: Pace = new SteadyPace()
  #sinceMs = performance.now()

  constructor(options: BucketExpiryOptions) {
    this.#options = options
  }

  /** Resolves with whether it came to its end. It stops where the rules are changed meanwhile. */
  async run(): Promise<boolean> {
    return (await this.#endObjects()) && (await this.#endUploads())
  }

  get #isWanted(): boolean {
    const { store, bucket, rules, signal } = this.#options
    return !signal.aborted && store.settings(bucket).lifecycle === rules
  }

  async #endObjects(): Promise<boolean> {
    const { store, bucket } = this.#options
    const rules = this.#rulesWith(({ expiration }) => expiration !== undefined && expiration.kind !== 'markers')
    const withTags = rules.some(({ filter }) => filter.tags !== undefined)
    for (const prefix of prefixesToWalk(rules))
      for await (const piece of store.survey(bucket, { prefix, withTags })) {
        if (!this.#isWanted) return false
        await this.#each(await this.#over(piece, (object) => expiryOf(rules, object)?.atMs), (object) =>
          this.#endObject(object),
        )
        await this.#rest()
      }
    return this.#isWanted
  }

  /** Only if nobody has written it since it was seen. */
  async #endObject({ key, mark }: SurveyedObject): Promise<void> {
    const { store, bucket, ended } = this.#options
    const deleted = await store.delete({ bucket, key }, { ifMark: mark })
    if (!isObjectRefusal(deleted)) {
      if (deleted.existed) ended('object')
    } else if (deleted.code !== 'PreconditionFailed' && deleted.code !== 'NoSuchBucket')
      throw new Error(`${deleted.code}: ${deleted.message}`)
  }

  async #endUploads(): Promise<boolean> {
    const { store, bucket } = this.#options
    const rules = this.#rulesWith(({ abortUploadDays }) => abortUploadDays !== undefined)
    for (const prefix of prefixesToWalk(rules)) {
      let after: Pick<Upload, 'key' | 'uploadId'> | undefined = { key: '', uploadId: '' }
      while (after) {
        const { key: afterKey, uploadId: afterUploadId }: Pick<Upload, 'key' | 'uploadId'> = after
        const query = { prefix, delimiter: '', afterKey, afterUploadId, limit: limits.objectsPerPage }
        const page = await store.listUploads(bucket, query)
        if (isObjectRefusal(page) || !this.#isWanted) return false
        await this.#each(await this.#over(page.uploads, (upload) => expiryOfUpload(rules, upload)?.atMs), (upload) =>
          this.#endUpload(upload),
        )
        await this.#rest()
        after = page.more ? page.uploads.at(-1) : undefined
      }
    }
    return this.#isWanted
  }

  async #endUpload(upload: Upload): Promise<void> {
    const { store, ended } = this.#options
    // A refusal says that somebody completed or aborted it.
    if (!isObjectRefusal(await store.abortUpload(upload))) ended('upload')
  }

  #rulesWith(isWanted: (rule: LifecycleRule) => boolean): readonly LifecycleRule[] {
    return this.#options.rules.filter((rule) => rule.isEnabled && isWanted(rule))
  }

  /** Those whose time is over. */
  async #over<T>(all: readonly T[], timeOf: (one: T) => TimeMs | undefined): Promise<readonly T[]> {
    const over: T[] = []
    for (const one of all) {
      if ((timeOf(one) ?? Number.POSITIVE_INFINITY) <= this.#options.nowMs) over.push(one)
      await this.#pace.breathe()
    }
    return over
  }

  async #each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
    for (let at = 0; at < all.length && this.#isWanted; at += atOnce)
      await Promise.all(all.slice(at, at + atOnce).map((one) => work(one).catch(this.#options.failed)))
  }

  /** As long as the last piece took: others may use the disk for half of the time. */
  async #rest(): Promise<void> {
    const { signal, wait = (ms, ending) => delay(ms, ending, { isIdle: true }) } = this.#options
    await wait(performance.now() - this.#sinceMs, signal)
    this.#sinceMs = performance.now()
  }
}
