/** What the listings of objects have in common. */
import { limits } from '../../../model/limits.ts'
import type { ListPage } from '../../../objects/object-store.ts'
import type { OwnConditionValues } from '../../operation.ts'
import { isoDate } from './document.ts'
import { numberIn } from './read-request.ts'
import { invalidArgument } from './s3-errors.ts'
import type { S3Request } from './s3-operation.ts'

export interface Listing {
  readonly prefix: string
  readonly delimiter: string
  readonly limit: number
  /** Writes keys and prefixes as the client wants them. */
  readonly encode: (text: string) => string
  /** Elements that repeat the request. */
  readonly echoed: Readonly<Record<string, string | number | undefined>>
}

export function readListing(request: S3Request, most = 'max-keys'): Listing {
  const { query } = request
  const encoding = query.get('encoding-type')
  if (encoding !== undefined && encoding !== 'url')
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encoding)
  const encode = encoding === undefined ? (text: string) => text : urlEncoded
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? '']
  return {
    ...{ prefix, delimiter, encode, limit: numberIn(request, most, limits.objectsPerPage) },
    echoed: {
      Prefix: encode(prefix),
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      EncodingType: encoding,
    },
  }
}

/** Every client decodes `%20`, and not every one `+`. */
function urlEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%2F', '/')
    .replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Values of S3's own condition keys. */
export function listingValues({ query }: S3Request): OwnConditionValues {
  const values: Record<string, readonly string[]> = {}
  for (const name of ['prefix', 'delimiter', 'max-keys']) {
    const value = query.get(name)
    if (value !== undefined) values[`s3:${name}`] = [value]
  }
  return values
}

export function objectElement(
  { key, lastModifiedMs, etag, size, checksum }: ListPage['objects'][number],
  encode: Listing['encode'],
) {
  return {
    Key: encode(key),
    LastModified: isoDate(lastModifiedMs),
    ETag: `"${etag}"`,
    ChecksumAlgorithm: checksum?.kind,
    ChecksumType: checksum?.type,
    Size: size,
    StorageClass: 'STANDARD',
  }
}

export function prefixElements(prefixes: readonly string[], encode: Listing['encode']) {
  return prefixes.map((prefix) => ({ Prefix: encode(prefix) }))
}
