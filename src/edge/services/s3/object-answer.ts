/** What answers to GetObject and HeadObject have in common. */
import type { Refusal } from '../../../model/refusal.ts'
import { isObjectRefusal, type ObjectRefusal } from '../../../objects/object-refusal.ts'
import type { ByteRange, ObjectFacts } from '../../../objects/object-store.ts'
import type { RequestContext } from '../../context.ts'
import { ApiFailure, failureOf, s3Failure } from '../../errors.ts'
import { refusalTo } from './asking.ts'
import { checksumHeaders } from './checksums.ts'
import { plainEtag } from './conditions.ts'
import { headersOf, overridesIn } from './description.ts'
import { readRange } from './range.ts'
import { bucketArn } from './resource.ts'
import { invalidArgument, invalidRequest } from './s3-errors.ts'
import type { S3Answer, S3Request } from './s3-operation.ts'
import { versionHeader } from './versions.ts'

export interface Wanted {
  /** Undefined: the whole object. */
  readonly range: ByteRange | undefined
  readonly httpStatus: 200 | 206
  readonly headers: Readonly<Record<string, string>>
}

/** Throws for a range or a part that is not there. */
export function wantedOf(request: S3Request, facts: ObjectFacts): Wanted {
  const { headers, query } = request
  const part = partOf(request, facts)
  const range = part?.range ?? (isSame(headers['if-range'], facts) ? readRange(headers.range, facts.size) : undefined)
  const { first, last } = range ?? { first: 0, last: facts.size - 1 }
  const showsChecksum = headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED' && range === undefined
  return {
    range,
    httpStatus: range || part ? 206 : 200,
    headers: {
      ...headersOf(facts),
      ...versionHeader(facts),
      ...(showsChecksum ? checksumHeaders(facts.checksum) : {}),
      ...(part?.checksum && facts.checksum ? checksumHeaders({ ...facts.checksum, value: part.checksum }) : {}),
      ...(part?.count === undefined ? {} : { 'x-amz-mp-parts-count': String(part.count) }),
      ...overridesIn(query),
      ...(range ? { 'content-range': `bytes ${first}-${last}/${facts.size}` } : {}),
      'content-length': String(last - first + 1),
    },
  }
}

/** `partNumber` of an object that was uploaded in parts. An object without parts is part 1. */
function partOf(
  { query, headers }: S3Request,
  { parts, size }: ObjectFacts,
): { range: ByteRange | undefined; count: number | undefined; checksum?: string | undefined } | undefined {
  const text = query.get('partNumber')
  if (text === undefined) return undefined
  if (headers.range !== undefined)
    throw invalidRequest('Cannot specify both Range header and partNumber query parameter')
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 10_000)
    throw invalidArgument('Part number must be an integer between 1 and 10000, inclusive', 'partNumber', text)
  const number = Number(text)
  const count = parts?.length
  if (number > (count ?? 1)) throw s3Failure('InvalidPartNumber', 416, 'The requested partnumber is not satisfiable')
  if (!parts) return { range: size === 0 ? undefined : { first: 0, last: size - 1 }, count }
  const first = parts.slice(0, number - 1).reduce((sum, part) => sum + part.size, 0)
  const part = parts[number - 1]!
  return { range: { first, last: first + part.size - 1 }, count, checksum: part.checksum }
}

/** Whether a range holds for the object that is there (RFC 9110 §13.1.5). */
function isSame(ifRange: string | undefined, { etag, lastModifiedMs }: ObjectFacts): boolean {
  if (ifRange === undefined || plainEtag(ifRange) === etag) return true
  return Date.parse(ifRange) === Math.floor(lastModifiedMs / 1000) * 1000
}

/**
 * The answer for an object that is not given. Who may not list the bucket does not learn what is in
 * it, as in S3.
 */
export function withheld(
  refusal: ObjectRefusal,
  { bucket, key }: S3Request,
  context: RequestContext,
): S3Answer | ObjectRefusal {
  if (refusal.code === 'NotModified')
    return { httpStatus: 304, headers: refusal.details?.ETag ? { etag: `"${refusal.details.ETag}"` } : {} }
  if (refusal.code !== 'NoSuchKey' && refusal.code !== 'NoSuchVersion') return refusal
  const unseen = mayNotList({ bucket, key }, context)
  if (unseen) throw new ApiFailure(failureOf(unseen))
  return refusal
}

/**
 * Who may list an object's key, but not read the object, learns that there is none, as in S3: a listing
 * would say the same.
 */
export async function missingToListers(
  request: S3Request,
  context: RequestContext,
): Promise<ObjectRefusal | undefined> {
  if (request.versionId !== undefined || mayNotList(request, context)) return undefined
  const found = await context.backend.objects.head({ bucket: request.bucket, key: request.key })
  return isObjectRefusal(found) && found.code === 'NoSuchKey' ? found : undefined
}

function mayNotList({ bucket, key }: Pick<S3Request, 'bucket' | 'key'>, context: RequestContext): Refusal | undefined {
  return refusalTo(context, 's3:ListBucket', bucketArn(bucket), { 's3:prefix': [key] })
}
