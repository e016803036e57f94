/**
 * Serves the directories that `openbatch bucket add` made buckets. The command changes their list,
 * and then asks the server to read it again.
 */
import type { TakenDirectory, WantedDirectory } from './files/place-of-bucket.ts'
import type { ObjectRefusal } from './object-refusal.ts'
import type { Bucket } from './object-store.ts'
import type { ServedBucket } from './served-buckets.ts'

export interface AddedBucketsOptions {
  /** Throws `BucketProblem` for a list that is damaged. */
  readonly list: () => readonly ServedBucket[]
  /** Those that are served already: the store was opened with them. */
  readonly serving: readonly ServedBucket[]
  readonly store: {
    bucket(name: string): Bucket | undefined
    serve(bucket: ServedBucket & { readonly owner: string }): Promise<ObjectRefusal | undefined>
    stopServing(name: string): ObjectRefusal | undefined
  }
  /** Directories that are none of these and may not become one. */
  readonly taken: readonly TakenDirectory[]
  readonly problemOf: (wanted: WantedDirectory, taken: readonly TakenDirectory[]) => Promise<string | undefined>
  readonly log: { warn(fields: object, message: string): void; info(fields: object, message: string): void }
}

export interface Reread {
  /** The names of those that are served now. */
  readonly served: readonly string[]
  readonly refused: readonly RefusedBucket[]
}

interface RefusedBucket {
  readonly name: string
  /** A sentence for the operator, without its end. */
  readonly why: string
}

export class AddedBuckets {
  readonly #options: AddedBucketsOptions
  readonly #serving: Map<string, ServedBucket>
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: AddedBucketsOptions) {
    this.#options = options
    this.#serving = new Map(options.serving.map((bucket) => [bucket.name, bucket]))
  }

  /** Serves what the list has, and nothing that it no longer has. Calls take turns. */
  reread(): Promise<Reread> {
    const read = this.#last.then(() => this.#reread())
    this.#last = read.catch(() => {})
    return read
  }

  async #reread(): Promise<Reread> {
    const { list, log, store } = this.#options
    const wanted = new Map(list().map((bucket) => [bucket.name, bucket]))
    for (const [name, bucket] of this.#serving) {
      if (isSame(bucket, wanted.get(name))) continue
      store.stopServing(name)
      this.#serving.delete(name)
      log.info({ bucket: name }, 'a directory is no longer served as a bucket')
    }
    const refused: RefusedBucket[] = []
    for (const bucket of wanted.values()) {
      const { name, directory } = bucket
      if (this.#serving.has(name)) continue
      const why = await this.#serve(bucket)
      if (why === undefined) {
        this.#serving.set(name, bucket)
        log.info({ bucket: name, directory }, 'a directory is served as a bucket')
      } else {
        refused.push({ name, why })
        log.warn({ bucket: name, directory, why }, 'a directory cannot be served as a bucket')
      }
    }
    return { served: [...this.#serving.keys()], refused }
  }

  /** Resolves with why it is not served. */
  async #serve(bucket: ServedBucket): Promise<string | undefined> {
    const { problemOf, store, taken } = this.#options
    const { name, directory } = bucket
    if (store.bucket(name)) return thereIsOne(name)
    const others = [...this.#serving.values()].map(asTaken)
    const problem = await problemOf(bucket, [...taken, ...others])
    if (problem !== undefined) return `${directory} ${problem}`
    try {
      // It belongs to nobody: rights are in policies.
      const refusal = await store.serve({ ...bucket, owner: '' })
      return refusal && (refusal.code.startsWith('BucketAlready') ? thereIsOne(name) : refusal.message)
    } catch (error) {
      return `${directory} cannot be served: ${(error as Error).message}`
    }
  }
}

export function asTaken({ name, directory }: ServedBucket): TakenDirectory {
  return { directory, what: `the bucket ${name}` }
}

function thereIsOne(name: string): string {
  return `there is a bucket ${name} already, which is in the configuration or was made by a user`
}

function isSame(one: ServedBucket, other: ServedBucket | undefined): boolean {
  return one.directory === other?.directory && one.readOnly === other.readOnly
}
