/** The directories that `openbatch bucket add` made buckets. A file in the data directory lists them. */
import { isAbsolute } from 'node:path'
import { ListFile } from '../ground/list-file.ts'
import { isObjectRefusal } from './object-refusal.ts'
import { refusalOfBucketName } from './object-rules.ts'

export interface ServedBucket {
  readonly name: string
  /** Absolute. */
  readonly directory: string
  readonly readOnly: boolean
}

/** The message says what is wrong, for the operator. */
export class BucketProblem extends Error {
  override readonly name = 'BucketProblem'
}

export class ServedBuckets {
  readonly #file: ListFile<ServedBucket>

  constructor(path: string) {
    this.#file = new ListFile({
      path,
      noun: 'buckets',
      check: checkBuckets,
      problem: (message) => new BucketProblem(message),
    })
  }

  list(): readonly ServedBucket[] {
    return this.#file.read().sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  add(bucket: ServedBucket): void {
    check(bucket)
    this.#file.change((buckets) => {
      if (buckets.some(({ name }) => name === bucket.name))
        throw new BucketProblem(`there is a bucket ${bucket.name} already`)
      return { items: [...buckets, bucket], result: undefined }
    })
  }

  /** The directory and what is in it stay. */
  remove(name: string): void {
    this.#file.change((buckets) => {
      const items = buckets.filter((bucket) => bucket.name !== name)
      if (items.length === buckets.length) throw new BucketProblem(`no directory is served as the bucket ${name}`)
      return { items, result: undefined }
    })
  }
}

function checkBuckets(buckets: readonly unknown[]): ServedBucket[] {
  for (const bucket of buckets) check(bucket as Partial<ServedBucket>)
  return buckets as ServedBucket[]
}

function check({ name, directory, readOnly }: Partial<ServedBucket>): void {
  if (typeof name !== 'string' || isObjectRefusal(refusalOfBucketName(name)))
    throw new BucketProblem(`${JSON.stringify(name)} cannot be the name of a bucket: ${nameRule}`)
  if (typeof directory !== 'string' || !isAbsolute(directory))
    throw new BucketProblem(`the bucket ${name} has no absolute path`)
  if (typeof readOnly !== 'boolean')
    throw new BucketProblem(`the bucket ${name} does not say whether it can only be read`)
}

const nameRule = '3 to 63 small letters, digits, hyphens and dots, with a letter or digit at both ends'
