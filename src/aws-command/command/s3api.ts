/** `aws s3api head-object`, `get-object`, `put-object`, `list-objects-v2`, `delete-object` and `head-bucket`. */
import { stat } from 'node:fs/promises'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { OptionTable } from './arguments.ts'
import { Contents } from './content.ts'
import { wholeFile } from './downloads.ts'
import { notSupplied, wrongUsage } from './failure.ts'
import { checkSums, checksumOf, RunningSum } from './object-checksum.ts'
import { objectHeaders, objectOptions } from './object-headers.ts'
import type { Listed, S3Client } from './s3-client.ts'
import type { Services } from './services.ts'
import { print } from './structured-output.ts'

const reading: OptionTable = {
  bucket: 'value',
  key: 'value',
  'version-id': 'value',
  range: 'value',
  'if-match': 'value',
  'if-none-match': 'value',
  'if-modified-since': 'value',
  'if-unmodified-since': 'value',
  'part-number': 'value',
  'checksum-mode': ['ENABLED'],
  'request-payer': 'value',
  'expected-bucket-owner': 'value',
}
const {
  sse: _,
  'no-guess-mime-type': __,
  'metadata-directive': ___,
  'website-redirect': ____,
  ...described
} = objectOptions

export const apiOptions: Readonly<Record<string, OptionTable>> = {
  'head-object': reading,
  'get-object': reading,
  'put-object': {
    ...described,
    bucket: 'value',
    key: 'value',
    body: 'value',
    'if-match': 'value',
    'if-none-match': 'value',
    'server-side-encryption': 'value',
    'expected-bucket-owner': 'value',
  },
  'list-objects-v2': {
    bucket: 'value',
    prefix: 'value',
    delimiter: 'value',
    'start-after': 'value',
    'max-items': 'value',
    'page-size': 'value',
    'expected-bucket-owner': 'value',
  },
  'delete-object': { bucket: 'value', key: 'value', 'version-id': 'value', 'expected-bucket-owner': 'value' },
  'head-bucket': { bucket: 'value', 'expected-bucket-owner': 'value' },
}

export async function runApi(operation: string, words: readonly string[], services: Services): Promise<number> {
  const s3 = services.s3()
  if (operation !== 'get-object' && words.length > 0) throw wrongUsage(`Unknown options: ${words.join(', ')}`)
  if (operation === 'head-object')
    print(objectAnswer(await s3.head(place(services), conditions(services), version(services))), services)
  else if (operation === 'get-object') await getObject(s3, words, services)
  else if (operation === 'put-object') await putObject(s3, services)
  else if (operation === 'list-objects-v2') await listObjects(s3, services)
  else if (operation === 'delete-object') {
    const headers = await s3.delete(place(services), version(services))
    const answer = { DeleteMarker: flag(headers, 'x-amz-delete-marker'), VersionId: text(headers, 'x-amz-version-id') }
    if (Object.values(answer).some((value) => value !== undefined)) print(answer, services)
  } else if (operation === 'head-bucket') await s3.headBucket(required(services, 'bucket'))
  else throw notSupplied(`s3api ${operation}`)
  return 0
}

async function getObject(s3: S3Client, words: readonly string[], services: Services): Promise<void> {
  const [path] = words
  if (path === undefined) throw wrongUsage('the following arguments are required: outfile')
  const answer = await s3.get(place(services), conditions(services), version(services))
  await save(answer, path)
  print(objectAnswer(answer.headers), services)
}

/** The whole object or a range of it: the store says a checksum for what it covers. */
async function save(answer: IncomingMessage, path: string): Promise<void> {
  const told = checksumOf(answer.headers)
  const sum = told && new RunningSum(told.kind)
  const along = async (take: (chunk: Buffer) => Promise<void>) => {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      sum?.update(chunk)
      await take(chunk)
    }
    if (told && sum) checkSums(told, [sum])
  }
  await wholeFile(path, { into: (file) => along((chunk) => file.writeFile(chunk)), along })
}

async function putObject(s3: S3Client, services: Services): Promise<void> {
  const { options } = services
  const contents = new Contents(s3, services.settings)
  const body = options.value('body')
  const content =
    body === undefined ? contents.ofBuffer(Buffer.alloc(0)) : await contents.ofFile(body, 0, (await stat(body)).size)
  const encryption = options.value('server-side-encryption')
  const headers = await s3.put(place(services), content, {
    ...objectHeaders(options, undefined),
    ...conditions(services),
    ...(encryption !== undefined && { 'x-amz-server-side-encryption': encryption }),
  })
  const answer = {
    ETag: text(headers, 'etag'),
    ChecksumCRC32: text(headers, 'x-amz-checksum-crc32'),
    ChecksumType: text(headers, 'x-amz-checksum-type'),
    ServerSideEncryption: text(headers, 'x-amz-server-side-encryption'),
    VersionId: text(headers, 'x-amz-version-id'),
  }
  print(answer, services)
}

/** All pages, as the CLI puts them together, unless `--max-items` or `--no-paginate` stops it. */
async function listObjects(s3: S3Client, services: Services): Promise<void> {
  const { options } = services
  const delimiter = options.value('delimiter')
  const startAfter = options.value('start-after')
  const pageSize = options.number('page-size')
  const most = options.number('max-items') ?? Number.POSITIVE_INFINITY
  const objects: object[] = []
  const prefixes: object[] = []
  let more = false
  const listing = {
    ...(delimiter !== undefined && { delimiter }),
    ...(startAfter !== undefined && { startAfter }),
    ...(pageSize !== undefined && { pageSize }),
  }
  for await (const page of s3.pages(required(services, 'bucket'), options.value('prefix') ?? '', listing)) {
    objects.push(...page.objects.map(listedObject))
    prefixes.push(...page.prefixes.map((Prefix) => ({ Prefix })))
    more = page.next !== undefined
    if (options.has('no-paginate') || objects.length > most) break
  }
  if (objects.length > most) more = true
  const answer = {
    ...(options.has('no-paginate') && { IsTruncated: more }),
    ...(objects.length > 0 && { Contents: objects.slice(0, most) }),
    ...(prefixes.length > 0 && { CommonPrefixes: prefixes }),
    RequestCharged: null,
    Prefix: options.value('prefix') ?? '',
  }
  print(answer, services)
}

function listedObject({ key, modifiedAt, etag, size, storageClass, checksumAlgorithms, checksumType }: Listed) {
  return {
    Key: key,
    LastModified: isoTime(modifiedAt),
    ETag: etag,
    ...(checksumAlgorithms.length > 0 && { ChecksumAlgorithm: checksumAlgorithms }),
    ChecksumType: checksumType,
    Size: size,
    StorageClass: storageClass,
  }
}

function required({ options }: Services, name: string): string {
  const value = options.value(name)
  if (value === undefined) throw wrongUsage(`the following arguments are required: --${name}`)
  return value
}

function place(services: Services) {
  return { bucket: required(services, 'bucket'), key: required(services, 'key') }
}

function version({ options }: Services): Record<string, string> {
  const id = options.value('version-id')
  const part = options.value('part-number')
  return { ...(id !== undefined && { versionId: id }), ...(part !== undefined && { partNumber: part }) }
}

const conditionNames = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']

function conditions({ options }: Services): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of conditionNames) {
    const value = options.value(name)
    if (value !== undefined) headers[name] = value
  }
  const owner = options.value('expected-bucket-owner')
  if (owner !== undefined) headers['x-amz-expected-bucket-owner'] = owner
  if (options.has('checksum-mode')) headers['x-amz-checksum-mode'] = 'ENABLED'
  return headers
}

/** `2026-11-27T17:05:09+00:00`. */
function isoTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, '+00:00')
}

function text(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

function flag(headers: IncomingHttpHeaders, name: string): boolean | undefined {
  return headers[name] === undefined ? undefined : headers[name] === 'true'
}

/** The members of HeadObject's and GetObject's answers that S3 sent, in the order of the service's model. */
function objectAnswer(headers: IncomingHttpHeaders) {
  const of = (name: string) => text(headers, name)
  const number = (name: string) => (of(name) === undefined ? undefined : Number(of(name)))
  const metadata = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'))
  return {
    DeleteMarker: flag(headers, 'x-amz-delete-marker'),
    AcceptRanges: of('accept-ranges'),
    LastModified: isoTime(new Date(of('last-modified') ?? 0)),
    ContentLength: number('content-length'),
    ChecksumCRC32: of('x-amz-checksum-crc32'),
    ChecksumType: of('x-amz-checksum-type'),
    ETag: of('etag'),
    VersionId: of('x-amz-version-id'),
    CacheControl: of('cache-control'),
    ContentDisposition: of('content-disposition'),
    ContentEncoding: of('content-encoding'),
    ContentLanguage: of('content-language'),
    ContentRange: of('content-range'),
    ContentType: of('content-type'),
    Expires: of('expires'),
    ServerSideEncryption: of('x-amz-server-side-encryption'),
    Metadata: Object.fromEntries(metadata.map(([name, value]) => [name.slice('x-amz-meta-'.length), String(value)])),
    StorageClass: of('x-amz-storage-class'),
    PartsCount: number('x-amz-mp-parts-count'),
    TagCount: number('x-amz-tagging-count'),
  }
}
