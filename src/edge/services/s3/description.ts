/** What a client says about an object, in the headers of requests and answers. */

import { headerText } from '../../../access/canonical-request.ts'
import type { ContentHeaders, ObjectDescription, ObjectFacts } from '../../../objects/object-store.ts'
import type { Tags } from '../../../objects/tags.ts'
import { s3Failure } from '../../errors.ts'
import { invalidArgument, notImplemented } from './s3-errors.ts'
import type { S3Request } from './s3-operation.ts'

type Headers = S3Request['headers']

/** Members by their header. */
const contentHeaders = {
  contentType: 'content-type',
  cacheControl: 'cache-control',
  contentDisposition: 'content-disposition',
  contentEncoding: 'content-encoding',
  contentLanguage: 'content-language',
  expires: 'expires',
} as const satisfies Record<keyof ContentHeaders, string>

const metadataPrefix = 'x-amz-meta-'
const defaultType = 'binary/octet-stream'

/** Throws for what openbatch does not offer. */
export function readDescription(headers: Headers): ObjectDescription {
  refuseUnsupported(headers)
  return { headers: readContentHeaders(headers), metadata: readMetadata(headers), tags: readTags(headers) }
}

function readContentHeaders(headers: Headers): ContentHeaders {
  const given: Partial<Record<keyof ContentHeaders, string>> = {}
  for (const [member, name] of Object.entries(contentHeaders) as [keyof ContentHeaders, string][]) {
    const value = name === 'content-encoding' ? withoutFraming(headers[name]) : headers[name]
    if (value !== undefined) given[member] = value
  }
  return given
}

/** `aws-chunked` is the form of the body on its way, and no property of the object. */
function withoutFraming(encoding: string | undefined): string | undefined {
  const codings = encoding?.split(',').map((coding) => coding.trim())
  const kept = codings?.filter((coding) => coding.toLowerCase() !== 'aws-chunked').join(', ')
  return kept === '' ? undefined : kept
}

function readMetadata(headers: Headers): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(metadataPrefix) && value !== undefined
        ? [[name.slice(metadataPrefix.length), headerText(value)]]
        : [],
    ),
  )
}

function readTags({ 'x-amz-tagging': header }: Headers): Tags {
  if (header === undefined) return {}
  const pairs = [...new URLSearchParams(header)]
  const tags = Object.fromEntries(pairs)
  if (pairs.length === Object.keys(tags).length) return tags
  throw s3Failure('InvalidTag', 400, 'Cannot provide multiple Tags with the same key')
}

/** Refused by name: an object that was kept without them would not be what its client believes. */
const unsupported: Readonly<Record<string, string>> = {
  'x-amz-server-side-encryption': 'encryption on the server',
  'x-amz-server-side-encryption-customer-algorithm': 'encryption with keys of customers',
  'x-amz-copy-source-server-side-encryption-customer-algorithm': 'encryption with keys of customers',
  'x-amz-object-lock-mode': 'object lock',
  'x-amz-object-lock-retain-until-date': 'object lock',
  'x-amz-object-lock-legal-hold': 'object lock',
  'x-amz-website-redirect-location': 'website redirects',
  'x-amz-write-offset-bytes': 'appending',
}

/** What a bucket without access control lists takes. */
const acls = new Set(['private', 'bucket-owner-full-control'])

function refuseUnsupported(headers: Headers): void {
  for (const [name, what] of Object.entries(unsupported)) if (headers[name] !== undefined) throw notImplemented(what)
  const storageClass = headers['x-amz-storage-class']
  if (storageClass !== undefined && storageClass !== 'STANDARD')
    throw s3Failure('InvalidStorageClass', 400, 'The storage class you specified is not valid')
  refuseAcl(headers)
}

export function refuseAcl(headers: Headers): void {
  const acl = headers['x-amz-acl']
  if (Object.keys(headers).some((name) => name.startsWith('x-amz-grant-')) || (acl !== undefined && !acls.has(acl)))
    throw s3Failure('AccessControlListNotSupported', 400, 'The bucket does not allow ACLs')
}

/** The headers of an answer with the object, apart from its length and range. */
export function headersOf({ etag, lastModifiedMs, headers, metadata, tags }: ObjectFacts): Record<string, string> {
  const written: Record<string, string> = {
    etag: `"${etag}"`,
    'last-modified': new Date(lastModifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    'content-type': headers.contentType ?? defaultType,
  }
  for (const member in headers) {
    const value = headers[member as keyof ContentHeaders]
    if (value !== undefined) written[contentHeaders[member as keyof ContentHeaders]] = value
  }
  for (const name in metadata) written[metadataPrefix + name] = inHeader(metadata[name]!)
  const count = Object.keys(tags).length
  if (count > 0) written['x-amz-tagging-count'] = String(count)
  return written
}

/** Clients read headers as Latin-1. What that cannot hold goes as UTF-8. */
function inHeader(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all that is not Latin-1
  return /[^\x00-\xff]/.test(text) ? Buffer.from(text).toString('latin1') : text
}

/** `response-content-type` and the like replace what the object has. */
export function overridesIn(query: S3Request['query']): Record<string, string> {
  const overrides: Record<string, string> = {}
  for (const name of Object.values(contentHeaders)) {
    const value = query.get(`response-${name}`)
    if (value === undefined) continue
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end the header
    if (/[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/.test(value))
      throw invalidArgument('Header value cannot be represented using ISO-8859-1.', `response-${name}`, value)
    overrides[name] = value
  }
  return overrides
}
