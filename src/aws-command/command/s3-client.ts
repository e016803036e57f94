/** The operations of S3 that the command uses, one method each. */
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { xmlDocument } from '../../ground/xml.ts'
import { childOf, textOf, type XmlElement } from '../../ground/xml-reader.ts'
import { exitCodes, Failure } from './failure.ts'
import type { RequestBody } from './request-body.ts'
import type { Call, ServiceClient } from './service-client.ts'
import { encoded } from './service-client.ts'
import type { Settings } from './settings.ts'

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
  readonly body: RequestBody
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

  head(place: Place, headers: Headers = {}, query: Headers = {}): Promise<IncomingHttpHeaders> {
    return this.#client.headers(this.#ofObject('HeadObject', 'HEAD', place, { headers, query }))
  }

  async headBucket(bucket: string, headers: Headers = {}): Promise<IncomingHttpHeaders> {
    return this.#client.headers(this.#ofBucket('HeadBucket', 'HEAD', bucket, { headers }))
  }

  get(place: Place, headers: Headers = {}, query: Headers = {}): Promise<IncomingMessage> {
    return this.#client.stream(this.#ofObject('GetObject', 'GET', place, { headers, query }))
  }

  put(place: Place, content: Content, headers: Headers): Promise<IncomingHttpHeaders> {
    return this.#sendContent('PutObject', place, content, headers, {})
  }

  async createUpload(place: Place, headers: Headers): Promise<string> {
    const call = this.#ofObject('CreateMultipartUpload', 'POST', place, { headers, query: { uploads: '' } })
    const uploadId = textOf(await this.#client.document(call, 'InitiateMultipartUploadResult'), 'UploadId')
    if (!uploadId) throw new Failure('the answer to CreateMultipartUpload holds no UploadId')
    return uploadId
  }

  async uploadPart(place: Place, uploadId: string, number: number, content: Content): Promise<Part> {
    const query = { partNumber: String(number), uploadId }
    const { etag = '' } = await this.#sendContent('UploadPart', place, content, {}, query)
    return { number, etag, crc32: content.crc32 }
  }

  async copyPart(from: Place, to: Place, uploadId: string, number: number, headers: Headers): Promise<Part> {
    const call = this.#ofObject('UploadPartCopy', 'PUT', to, {
      headers: { ...headers, 'x-amz-copy-source': copySource(from) },
      query: { partNumber: String(number), uploadId },
    })
    const answer = await this.#client.document(call, 'CopyPartResult')
    return { number, etag: textOf(answer, 'ETag') ?? '', crc32: undefined }
  }

  async completeUpload(place: Place, uploadId: string, parts: readonly Part[]): Promise<void> {
    const list = parts.map(({ number, etag, crc32 }) => ({ PartNumber: number, ETag: etag, ChecksumCRC32: crc32 }))
    const body = Buffer.from(xmlDocument('CompleteMultipartUpload', { Part: list }, namespace))
    const call = this.#ofObject('CompleteMultipartUpload', 'POST', place, { query: { uploadId }, body })
    await this.#client.document(call, 'CompleteMultipartUploadResult')
  }

  async abortUpload(place: Place, uploadId: string): Promise<void> {
    const more = { query: { uploadId }, cleansUp: true }
    await this.#client.headers(this.#ofObject('AbortMultipartUpload', 'DELETE', place, more))
  }

  async copy(from: Place, to: Place, headers: Headers): Promise<void> {
    const more = { headers: { ...headers, 'x-amz-copy-source': copySource(from) } }
    await this.#client.document(this.#ofObject('CopyObject', 'PUT', to, more), 'CopyObjectResult')
  }

  delete(place: Place, query: Headers = {}, headers: Headers = {}): Promise<IncomingHttpHeaders> {
    return this.#client.headers(this.#ofObject('DeleteObject', 'DELETE', place, { query, headers }))
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
    const call = this.#ofBucket('ListObjectsV2', 'GET', bucket, { query })
    const answer = await this.#client.document(call, 'ListBucketResult', mostPageBytes)
    // A store that does not know `encoding-type` answers with the keys themselves.
    const encodes = textOf(answer, 'EncodingType') === 'url'
    const keyOf = (element: XmlElement, name: string) => {
      const text = childOf(element, name)?.text ?? ''
      return encodes ? decodeURIComponent(text.replaceAll('+', ' ')) : text
    }
    return {
      objects: childrenOf(answer, 'Contents').map((one) => ({ key: keyOf(one, 'Key'), ...listed(one) })),
      prefixes: childrenOf(answer, 'CommonPrefixes').map((one) => keyOf(one, 'Prefix')),
      next: textOf(answer, 'IsTruncated') === 'true' ? textOf(answer, 'NextContinuationToken') : undefined,
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
    const answer = await this.#client.document(
      this.#call('ListBuckets', 'GET', { bucket: '', key: '' }, {}),
      'ListAllMyBucketsResult',
      mostPageBytes,
    )
    return childrenOf(childOf(answer, 'Buckets'), 'Bucket').map((one) => ({
      name: textOf(one, 'Name') ?? '',
      createdAt: new Date(textOf(one, 'CreationDate') ?? 0),
    }))
  }

  #sendContent(operation: string, place: Place, content: Content, headers: Headers, query: Headers) {
    const call = this.#ofObject(operation, 'PUT', place, {
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
    return this.#client.headers(call)
  }

  /** Without a key the request would be one of the bucket: HEAD, DELETE and PUT do something there. */
  #ofObject(operation: string, method: string, place: Place, more: Partial<Call>): Call {
    checkBucket(place.bucket)
    if (place.key === '')
      throw new Failure(`${invalid}\nInvalid length for parameter Key, value: 0, valid min length: 1`, exitCodes.usage)
    return this.#call(operation, method, place, more)
  }

  /** Without a bucket the path would name the key as a bucket. */
  #ofBucket(operation: string, method: string, bucket: string, more: Partial<Call>): Call {
    checkBucket(bucket)
    return this.#call(operation, method, { bucket, key: '' }, more)
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

const invalid = 'Parameter validation failed:'
const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** As botocore, which takes more than S3 does: names of old buckets. */
function checkBucket(bucket: string): void {
  if (!/^[a-zA-Z0-9.\-_]{1,255}$/.test(bucket))
    throw new Failure(
      `${invalid}\nInvalid bucket name "${bucket}": Bucket name must match the regex "^[a-zA-Z0-9.\\-_]{1,255}$" or be an ARN`,
      exitCodes.usage,
    )
}

function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return (element?.children ?? []).filter((child) => child.name === name)
}

function listed(one: XmlElement): Omit<Listed, 'key'> {
  return {
    size: Number(textOf(one, 'Size')),
    modifiedAt: new Date(textOf(one, 'LastModified') ?? 0),
    etag: textOf(one, 'ETag') ?? '',
    storageClass: textOf(one, 'StorageClass'),
    checksumAlgorithms: childrenOf(one, 'ChecksumAlgorithm').map(({ text }) => text),
    checksumType: textOf(one, 'ChecksumType'),
  }
}

function copySource({ bucket, key }: Place): string {
  return `${bucket}/${key.split('/').map(encoded).join('/')}`
}
