/** Finds what a transfer is about, at either end, in the order of S3's listings. */
import { exitCodes, Failure, ServiceError } from './failure.ts'
import { fileAt, filesBelow } from './file-tree.ts'
import { type End, placeOf } from './places.ts'
import type { Results } from './result-output.ts'
import type { S3Client } from './s3-client.ts'

export interface Found {
  /** `bucket/key`, or an absolute path. */
  readonly path: string
  readonly size: number
  readonly modifiedAt: Date
  readonly etag: string
}

export interface FindOptions {
  readonly everything: boolean
  readonly followsLinks: boolean
  /** Objects that stand for directories are listed too, to be deleted. */
  readonly markers: boolean
  readonly pageSize: number | undefined
}

export class Sources {
  readonly #s3: S3Client
  readonly #results: Results
  readonly #options: FindOptions

  constructor(s3: S3Client, results: Results, options: FindOptions) {
    this.#s3 = s3
    this.#results = results
    this.#options = options
  }

  find(end: End): AsyncGenerator<Found> {
    if (end.kind === 'local') return this.#local(end)
    return this.#options.everything ? this.#listed(end) : this.#one(end)
  }

  async *#local({ path }: End): AsyncGenerator<Found> {
    const { everything, followsLinks } = this.#options
    const warn = (message: string) => this.#results.warn(message)
    const file = await fileAt(path, followsLinks, warn)
    if (!file) return
    if (!everything) yield { ...file, etag: '' }
    else for await (const found of filesBelow(path, followsLinks, warn)) yield { ...found, etag: '' }
  }

  async *#listed({ path }: End): AsyncGenerator<Found> {
    const { bucket, key: prefix } = placeOf(path)
    const { pageSize, markers } = this.#options
    for await (const { objects } of this.#s3.pages(bucket, prefix, pageSize === undefined ? {} : { pageSize }))
      for (const { key, size, modifiedAt, etag } of objects)
        if (markers || size > 0 || !key.endsWith('/')) yield { path: `${bucket}/${key}`, size, modifiedAt, etag }
  }

  async *#one({ path }: End): AsyncGenerator<Found> {
    if (placeOf(path).key !== '') yield await headOf(this.#s3, path)
  }
}

/** Asks for one object. Rejects with the CLI's words if there is none. */
async function headOf(s3: S3Client, path: string): Promise<Found> {
  const place = placeOf(path)
  const headers = await s3.head(place).catch((error: unknown) => {
    if (error instanceof ServiceError && error.status === 404)
      throw new ServiceError('404', 'HeadObject', `Key "${place.key}" does not exist`, 404)
    throw error
  })
  return {
    path,
    size: Number(headers['content-length'] ?? 0),
    modifiedAt: new Date(headers['last-modified'] ?? 0),
    etag: headers.etag ?? '',
  }
}

export function missingPath(path: string): Failure {
  return new Failure(`\nThe user-provided path ${path} does not exist.`, exitCodes.general)
}
