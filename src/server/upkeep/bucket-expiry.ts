/** Ends what the lifecycle rules of one bucket say is over. */
import { limits } from '../../model/limits.ts'
import { expiryOf, expiryOfUpload, prefixesToWalk } from '../../objects/lifecycle/expiry.ts'
import { isObjectRefusal } from '../../objects/object-refusal.ts'
import type { SurveyedObject, Upload } from '../../objects/object-store.ts'
import { ExpiryWork, type ExpiryWorkOptions } from './expiry-work.ts'
import { VersionExpiry } from './version-expiry.ts'

export class BucketExpiry {
  readonly #options: ExpiryWorkOptions
  readonly #work: ExpiryWork

  constructor(options: ExpiryWorkOptions) {
    this.#options = options
    this.#work = new ExpiryWork(options)
  }

  /** Resolves with whether it came to its end. It stops where the rules are changed meanwhile. */
  async run(): Promise<boolean> {
    const versions = new VersionExpiry(this.#options, this.#work)
    return (await this.#endObjects()) && (await versions.run()) && (await this.#endUploads())
  }

  async #endObjects(): Promise<boolean> {
    const { store, bucket } = this.#options
    const rules = this.#work.rulesWith(({ expiration }) => expiration !== undefined && expiration.kind !== 'markers')
    const withTags = rules.some(({ filter }) => filter.tags !== undefined)
    for (const prefix of prefixesToWalk(rules))
      for await (const piece of store.survey(bucket, { prefix, withTags })) {
        if (!this.#work.isWanted) return false
        const isOver = (object: SurveyedObject) => this.#work.isOver(expiryOf(rules, object))
        await this.#work.end(piece, isOver, (object) => this.#endObject(object))
      }
    return this.#work.isWanted
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
    const rules = this.#work.rulesWith(({ abortUploadDays }) => abortUploadDays !== undefined)
    for (const prefix of prefixesToWalk(rules)) {
      let after: Pick<Upload, 'key' | 'uploadId'> | undefined = { key: '', uploadId: '' }
      while (after) {
        const { key: afterKey, uploadId: afterUploadId }: Pick<Upload, 'key' | 'uploadId'> = after
        const query = { prefix, delimiter: '', afterKey, afterUploadId, limit: limits.objectsPerPage }
        const page = await store.listUploads(bucket, query)
        if (isObjectRefusal(page) || !this.#work.isWanted) return false
        const isOver = (upload: Upload) => this.#work.isOver(expiryOfUpload(rules, upload))
        await this.#work.end(page.uploads, isOver, (upload) => this.#endUpload(upload))
        after = page.more ? page.uploads.at(-1) : undefined
      }
    }
    return this.#work.isWanted
  }

  async #endUpload(upload: Upload): Promise<void> {
    const { store, ended } = this.#options
    // A refusal says that somebody completed or aborted it.
    if (!isObjectRefusal(await store.abortUpload(upload))) ended('upload')
  }
}
