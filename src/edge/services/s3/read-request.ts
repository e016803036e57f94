/** Reads which bucket and object a request is for, from its path, and its parameters. */
import { limits } from '../../../model/limits.ts'
import type { RequestContext } from '../../context.ts'
import { s3Failure } from '../../errors.ts'
import type { Incoming } from '../../service.ts'
import { claimOf } from '../../signature-claims.ts'
import { readName } from './read-name.ts'
import { invalidArgument } from './s3-errors.ts'
import type { S3Request } from './s3-operation.ts'

/** Throws for a path or a query that is not properly encoded. */
export function readRequest({ request, stream }: Incoming, { backend }: RequestContext): S3Request {
  if (!stream) throw new Error('a request to S3 without a stream')
  const { originalUrl: url, raw } = request
  const name = readName(request, backend.objectDomains)
  if (name === undefined || (name.bucket === '' && name.key !== ''))
    throw s3Failure('InvalidURI', 400, "Couldn't parse the specified URI.")
  const { bucket, key } = name
  if (Buffer.byteLength(key) > limits.objectKeyBytes) throw s3Failure('KeyTooLongError', 400, 'Your key is too long')
  const query = new Map(
    Object.entries(claimOf(raw, url).target?.query ?? {}).map(([name, value]) => [name, [value].flat()[0]!]),
  )
  const headers = withPresigned(request.headers as S3Request['headers'], query)
  checkOwner(headers, [backend.account, backend.objects.bucket(bucket)?.owner])
  const versionId = key === '' ? undefined : query.get('versionId')
  return { bucket, key, ...(versionId !== undefined && { versionId }), query, headers, body: stream }
}

/** Signers of URLs put headers of S3 into the query. The checksums there are of no content. */
function withPresigned(headers: S3Request['headers'], query: S3Request['query']): S3Request['headers'] {
  if (!query.has('X-Amz-Algorithm')) return headers
  const hoisted = [...query].filter(
    ([name]) =>
      name.startsWith('x-amz-') &&
      !/^x-amz-(checksum|sdk-checksum|content-sha256)/.test(name) &&
      !Object.hasOwn(headers, name),
  )
  return hoisted.length === 0 ? headers : { ...headers, ...Object.fromEntries(hoisted) }
}

/** The account, or the owner that is shown for the bucket. */
function checkOwner(headers: S3Request['headers'], owners: readonly (string | undefined)[]): void {
  const expected = headers['x-amz-expected-bucket-owner']
  if (expected !== undefined && !owners.includes(expected)) throw s3Failure('AccessDenied', 403, 'Access Denied')
}

/** Reads a whole number from 0 to `most`, which larger ones become. */
export function numberIn({ query }: S3Request, name: string, most: number): number {
  const text = query.get(name)
  if (text === undefined || text === '') return most
  if (!/^[0-9]{1,10}$/.test(text) || Number(text) > 2 ** 31 - 1)
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text)
  return Math.min(Number(text), most)
}
