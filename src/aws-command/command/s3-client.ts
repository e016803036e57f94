/** The operations of S3 that the command uses, one method each. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { HttpRequest } from './http-caller.ts'
import type { Call, ServiceClient } from './service-client.ts'
import { encoded } from './service-client.ts'
import type { Settings } from './settings.ts'
import { elementsOf, escaped, textOf, without } from './xml.ts'

type Headers = Readonly<Record<string, string>>

export interface Place {
  readonly bucket: string
  readonly key: string
}

export interface Listed {
  readonly key: string
  readonly size: number
  readonly modifiedAt: Date
  readonly etag: string
  readonly storageClass: string | undefined
  readonly checksumAlgorithms: readonly string[]
  readonly checksumType: string | undefined
}

export interface ListPage {
  readonly objects: readonly Listed[]
  readonly prefixes: readonly string[]
  readonly next: string | undefined
}

export interface Bucket {
  readonly name: string
  readonly createdAt: Date
}

/** What is sent, and what S3 checks it against. */
export interface Content {
  readonly body: HttpRequest['body']
  readonly bytes: number
  /** Hexadecimal; or `UNSIGNED-PAYLOAD`. */
  readonly sha256: string
  /** Base64. */
  readonly crc32: string | undefined
}

export interface Part {
  readonly number: number
  readonly etag: string
  readonly crc32: string | undefined
}

export interface ListOptions {
  readonly delimiter?: string
  readonly pageSize?: number
  readonly startAfter?: string
  readonly token?: string | undefined
}

const emptySha256 = createHash('sha256').digest('hex')
/** A page of 1000 keys, each of 1024 bytes that are percent-encoded, and what stands around them. */
const mostPageBytes = 8 * 1_048_576

export class S3Client {
  readonly #client: ServiceClient
  readonly #endpoint: { readonly url: URL; readonly given: boolean }
  readonly #virtual: boolean

  constructor(client: ServiceClient, settings: Settings) {
    this.#client = client
    this.#endpoint = settings.endpoint('s3')
    const style = settings.ofS3('addressing_style') ?? 'auto'
    // As botocore does: whoever sets an address gets paths.
    this.#virtual = style === 'virtual' || (style !== 'path' && !this.#endpoint.given)
  }

  /** Over TLS the connection itself protects the content. */
  get signsContent(): boolean {
    return this.#endpoint.url.protocol === 'http:'
  }

  async head(place: Place, headers: Headers = {}, query: Headers = {}): Promise<IncomingMessage> {
    const answer = await this.#send('HeadObject', 'HEAD', place, { headers, query })
    answer.resume()
    return answer
  }

  async headBucket(bucket: string): Promise<void> {
    ;(await this.#send('HeadBucket', 'HEAD', { bucket, key: '' }, {})).resume()
  }

  get(place: Place, headers: Headers = {}, query: Headers = {}): Promise<IncomingMessage> {
    return this.#send('GetObject', 'GET', place, { headers, query })
  }

  async put(place: Place, content: Content, headers: Headers): Promise<IncomingMessage> {
    const answer = await this.#sendContent('PutObject', place, content, headers, {})
    answer.resume()
    return answer
  }

  async createUpload(place: Place, headers: Headers): Promise<string> {
    const text = await this.#text('CreateMultipartUpload', 'POST', place, { headers, query: { uploads: '' } })
    return textOf(text, 'UploadId') ?? ''
  }

  async uploadPart(place: Place, uploadId: string, number: number, content: Content): Promise<Part> {
    const query = { partNumber: String(number), uploadId }
    const answer = await this.#sendContent('UploadPart', place, content, {}, query)
    answer.resume()
    return { number, etag: answer.headers.etag ?? '', crc32: content.crc32 }
  }

  async copyPart(from: Place, to: Place, uploadId: string, number: number, headers: Headers): Promise<Part> {
    const query = { partNumber: String(number), uploadId }
    const text = await this.#text('UploadPartCopy', 'PUT', to, {
      headers: { ...headers, 'x-amz-copy-source': copySource(from) },
      query,
    })
    return { number, etag: textOf(text, 'ETag') ?? '', crc32: undefined }
  }

  async completeUpload(place: Place, uploadId: string, parts: readonly Part[]): Promise<void> {
    const list = parts.map(({ number, etag, crc32 }) => {
      const checksum = crc32 === undefined ? '' : `<ChecksumCRC32>${crc32}</ChecksumCRC32>`
      return `<Part><PartNumber>${number}</PartNumber><ETag>${escaped(etag)}</ETag>${checksum}</Part>`
    })
    const body = Buffer.from(
      `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${list.join('')}</CompleteMultipartUpload>`,
    )
    await this.#text('CompleteMultipartUpload', 'POST', place, { query: { uploadId }, body })
  }

  async abortUpload(place: Place, uploadId: string): Promise<void> {
    ;(await this.#send('AbortMultipartUpload', 'DELETE', place, { query: { uploadId } })).resume()
  }

  async copy(from: Place, to: Place, headers: Headers): Promise<void> {
    await this.#text('CopyObject', 'PUT', to, { headers: { ...headers, 'x-amz-copy-source': copySource(from) } })
  }

  async delete(place: Place, query: Headers = {}): Promise<IncomingMessage> {
    const answer = await this.#send('DeleteObject', 'DELETE', place, { query })
    answer.resume()
    return answer
  }

  async list(bucket: string, prefix: string, options: ListOptions): Promise<ListPage> {
    const query = {
      'list-type': '2',
      prefix,
      ...(options.delimiter !== undefined && { delimiter: options.delimiter }),
      ...(options.pageSize !== undefined && { 'max-keys': String(options.pageSize) }),
      ...(options.startAfter !== undefined && { 'start-after': options.startAfter }),
      ...(options.token !== undefined && { 'continuation-token': options.token }),
      'encoding-type': 'url',
    }
    const xml = await this.#text('ListObjectsV2', 'GET', { bucket, key: '' }, { query })
    const decoded = (text: string | undefined) => decodeURIComponent((text ?? '').replaceAll('+', ' '))
    return {
      objects: elementsOf(xml, 'Contents').map((one) => ({
        key: decoded(textOf(one, 'Key')),
        size: Number(textOf(one, 'Size')),
        modifiedAt: new Date(textOf(one, 'LastModified') ?? 0),
        etag: textOf(one, 'ETag') ?? '',
        storageClass: textOf(one, 'StorageClass'),
        checksumAlgorithms: elementsOf(one, 'ChecksumAlgorithm'),
        checksumType: textOf(one, 'ChecksumType'),
      })),
      prefixes: elementsOf(xml, 'CommonPrefixes').map((one) => decoded(textOf(one, 'Prefix'))),
      next:
        textOf(xml, 'IsTruncated') === 'true'
          ? textOf(without(xml, 'Contents', 'CommonPrefixes'), 'NextContinuationToken')
          : undefined,
    }
  }

  /** All pages, one after the other. */
  async *pages(bucket: string, prefix: string, options: ListOptions): AsyncGenerator<ListPage> {
    let token: string | undefined
    do {
      const page = await this.list(bucket, prefix, { ...options, token })
      yield page
      token = page.next
    } while (token !== undefined)
  }

  async buckets(): Promise<Bucket[]> {
    const xml = await this.#text('ListBuckets', 'GET', { bucket: '', key: '' }, {})
    return elementsOf(xml, 'Bucket').map((one) => ({
      name: textOf(one, 'Name') ?? '',
      createdAt: new Date(textOf(one, 'CreationDate') ?? 0),
    }))
  }

  #sendContent(operation: string, place: Place, content: Content, headers: Headers, query: Headers) {
    return this.#send(operation, 'PUT', place, {
      headers: {
        ...headers,
        'content-length': String(content.bytes),
        'x-amz-content-sha256': content.sha256,
        ...(content.crc32 !== undefined && {
          'x-amz-sdk-checksum-algorithm': 'CRC32',
          'x-amz-checksum-crc32': content.crc32,
        }),
      },
      query,
      body: content.body,
    })
  }

  async #text(operation: string, method: string, place: Place, more: Partial<Call>): Promise<string> {
    return this.#client.text(this.#call(operation, method, place, more), mostPageBytes)
  }

  #send(operation: string, method: string, place: Place, more: Partial<Call>): Promise<IncomingMessage> {
    return this.#client.send(this.#call(operation, method, place, more))
  }

  #call(operation: string, method: string, { bucket, key }: Place, more: Partial<Call>): Call {
    const { url: base } = this.#endpoint
    const virtual = this.#virtual && bucket !== ''
    const url = new URL(base)
    if (virtual) url.hostname = `${bucket}.${base.hostname}`
    const before = base.pathname.replace(/\/$/, '')
    const inBucket = `/${key.split('/').map(encoded).join('/')}`
    const path =
      virtual || bucket === '' ? `${before}${inBucket}` : `${before}/${encoded(bucket)}${key === '' ? '' : inBucket}`
    const sha256 = Buffer.isBuffer(more.body) ? createHash('sha256').update(more.body).digest('hex') : emptySha256
    const length = Buffer.isBuffer(more.body) ? { 'content-length': String(more.body.length) } : {}
    const headers = {
      'x-amz-content-sha256': sha256,
      ...length,
      ...(method === 'POST' && more.body === undefined && { 'content-length': '0' }),
      ...more.headers,
    }
    return { operation, method, url, path, ...more, headers }
  }
}

function copySource({ bucket, key }: Place): string {
  return `${bucket}/${key.split('/').map(encoded).join('/')}`
}
