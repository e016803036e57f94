/** The options of `aws s3` that describe the object to be written, as headers. Pure. */
import type { Options, OptionTable } from './arguments.ts'
import { contentTypeOf } from './content-types.ts'
import { wrongUsage } from './failure.ts'

export const objectOptions: OptionTable = {
  acl: [
    ...['private', 'public-read', 'public-read-write', 'authenticated-read', 'aws-exec-read', 'bucket-owner-read'],
    ...['bucket-owner-full-control', 'log-delivery-write'],
  ],
  'storage-class': [
    ...['STANDARD', 'REDUCED_REDUNDANCY', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER'],
    ...['DEEP_ARCHIVE', 'GLACIER_IR'],
  ],
  sse: 'optional',
  'sse-kms-key-id': 'value',
  'website-redirect': 'value',
  'content-type': 'value',
  'cache-control': 'value',
  'content-disposition': 'value',
  'content-encoding': 'value',
  'content-language': 'value',
  expires: 'value',
  metadata: 'value',
  'metadata-directive': ['COPY', 'REPLACE'],
  'no-guess-mime-type': 'flag',
  'request-payer': 'optional',
}

const headerOf = {
  acl: 'x-amz-acl',
  'storage-class': 'x-amz-storage-class',
  'sse-kms-key-id': 'x-amz-server-side-encryption-aws-kms-key-id',
  'website-redirect': 'x-amz-website-redirect-location',
  'content-type': 'content-type',
  'cache-control': 'cache-control',
  'content-disposition': 'content-disposition',
  'content-encoding': 'content-encoding',
  'content-language': 'content-language',
} as const

/** Headers of the object itself, for an upload. `name` is the file's, for its media type. */
export function objectHeaders(options: Options, name: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [option, header] of Object.entries(headerOf)) {
    const value = options.value(option)
    if (value !== undefined) headers[header] = value
  }
  const guessed = name !== undefined && !options.has('no-guess-mime-type') ? contentTypeOf(name) : undefined
  if (guessed !== undefined) headers['content-type'] ??= guessed
  if (options.has('sse')) headers['x-amz-server-side-encryption'] = options.value('sse') ?? 'AES256'
  if (options.has('request-payer')) headers['x-amz-request-payer'] = 'requester'
  const expires = options.value('expires')
  if (expires !== undefined) headers.expires = dateHeader(expires)
  for (const [key, value] of Object.entries(metadataOf(options.value('metadata')))) headers[`x-amz-meta-${key}`] = value
  return headers
}

const replacing = [
  'content-type',
  'content-language',
  'content-encoding',
  'content-disposition',
  'cache-control',
  'expires',
]

/** Headers of a copy, which keeps what the source says of itself unless an option says other. */
export function copyHeaders(options: Options): Record<string, string> {
  const replaces = options.has('metadata') || replacing.some((name) => options.has(name))
  const directive = options.value('metadata-directive') ?? (replaces ? 'REPLACE' : undefined)
  return { ...objectHeaders(options, undefined), ...(directive && { 'x-amz-metadata-directive': directive }) }
}

function dateHeader(text: string): string {
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw wrongUsage(`argument --expires: invalid date '${text}'`)
  return date.toUTCString()
}

/** `name=value,name=value`, or an object in JSON. */
function metadataOf(text: string | undefined): Record<string, string> {
  if (text === undefined) return {}
  if (text.trimStart().startsWith('{')) {
    try {
      return Object.fromEntries(Object.entries(JSON.parse(text)).map(([name, value]) => [name, String(value)]))
    } catch {
      throw wrongUsage(`Error parsing parameter '--metadata': Invalid JSON`)
    }
  }
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw wrongUsage(`Error parsing parameter '--metadata': Expected: '=', received: '${pair}'`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
