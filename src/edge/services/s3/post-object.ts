/**
 * Uploads by the forms of browsers: the fields of a form say what the headers of PutObject say.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */

import { readXml } from '../../../ground/xml-reader.ts'
import { limits } from '../../../model/limits.ts'
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import type { ObjectFacts } from '../../../objects/object-store.ts'
import type { RequestContext } from '../../context.ts'
import { s3Failure } from '../../errors.ts'
import type { Form } from '../../multipart-form.ts'
import { answerXml } from './document.ts'
import { locationOf } from './location.ts'
import { type AllowedSize, allowedByPolicy, readPostPolicy } from './post-policy.ts'
import { storeObject } from './put-object.ts'
import { invalidArgument, malformedXml, missingField } from './s3-errors.ts'
import { defineS3Operation, type S3Answer, type S3Request } from './s3-operation.ts'
import { readTagSet } from './tag-set.ts'
import { versionHeader } from './versions.ts'

export const postObject = defineS3Operation('PostObject', {
  match: { on: 'bucket', method: 'POST' },
  authorisedAs: 'PutObject',
  alsoAsks: ['s3:PutObjectTagging'],
  isOfObjects: true,
  conditionValues: () => ({ 's3:authType': ['POST'] }),
  async handle(request, context) {
    if (!request.fields) {
      const text = 'Bucket POST must be of the enclosure-type multipart/form-data'
      throw s3Failure('PreconditionFailed', 412, text, { Condition: text })
    }
    const stored = await storeObject(request, context)
    return isObjectRefusal(stored) ? stored : answerTo(request, request.fields, stored.facts, context)
  },
})

/** The form as a request to put an object. Throws unless the policy of the form allows it. */
export function requestOfForm(
  bucket: string,
  { fields, file }: Form,
  { host, now }: { readonly host: string | undefined; readonly now: number },
): S3Request {
  const key = keyOf(fields, file.name)
  const policy = readPostPolicy(fields.get('policy') ?? '')
  const allowed = 'fault' in policy ? policy : allowedByPolicy(policy, { bucket, key, fields }, now)
  if ('fault' in allowed) {
    const { fault, message } = allowed
    throw fault === 'document'
      ? s3Failure('InvalidPolicyDocument', 400, message)
      : s3Failure('AccessDenied', 403, message)
  }
  return {
    ...{ bucket, key, fields, query: new Map(), headers: { ...headersOf(fields), host } },
    body: {
      ...{ size: undefined, trailers: new Map(), hasTrailers: false },
      read: () => limited(file.read(), allowed),
      whole: () => Promise.reject(new Error('the file of a form is never held whole')),
    },
  }
}

function keyOf(fields: Form['fields'], filename: string): string {
  const field = fields.get('key')
  if (!field) throw missingField('key')
  // Some browsers send the path of the file.
  const name = filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1)
  const key = field.replaceAll(/\$\{filename\}/g, () => name)
  if (key === '') throw missingField('key')
  if (Buffer.byteLength(key) > limits.objectKeyBytes) throw s3Failure('KeyTooLongError', 400, 'Your key is too long')
  return key
}

const contentHeaders: ReadonlySet<string> = new Set([
  ...['content-type', 'cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires'],
  'content-md5',
])
/** Fields of the form itself. */
const ofForm = /^x-amz-(?:signature|credential|algorithm|date|security-token)$/

/** As they would be in a request: bytes in UTF-8, of which each is a character. */
function headersOf(fields: Form['fields']): Record<string, string> {
  const headers: Record<string, string> = { 'transfer-encoding': 'chunked' }
  for (const [name, value] of fields) {
    const header = name === 'acl' ? 'x-amz-acl' : name
    if (!contentHeaders.has(header) && !(header.startsWith('x-amz-') && !ofForm.test(header))) continue
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end the header
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value) || !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(header))
      throw invalidArgument('The value of a field cannot be a header.', name, value.slice(0, 100))
    headers[header] = Buffer.from(value).toString('latin1')
  }
  const tagging = fields.get('tagging')
  if (tagging === undefined) return headers
  const document = readXml(tagging)
  if (document?.name !== 'Tagging') throw malformedXml()
  return { ...headers, 'x-amz-tagging': new URLSearchParams(readTagSet(document)).toString() }
}

/** Throws where the file has more or less bytes than the policy, or S3, allows. */
async function* limited(pieces: AsyncIterable<Uint8Array>, { least, most }: AllowedSize): AsyncGenerator<Uint8Array> {
  const atMost = Math.min(most, limits.objectPutBytes)
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > atMost) {
      const details = { ProposedSize: String(bytes), MaxSizeAllowed: String(atMost) }
      throw s3Failure('EntityTooLarge', 400, 'Your proposed upload exceeds the maximum allowed size', details)
    }
    yield piece
  }
  if (bytes >= least) return
  const details = { ProposedSize: String(bytes), MinSizeAllowed: String(least) }
  throw s3Failure('EntityTooSmall', 400, 'Your proposed upload is smaller than the minimum allowed size', details)
}

function answerTo(request: S3Request, fields: Form['fields'], facts: ObjectFacts, context: RequestContext): S3Answer {
  const etag = `"${facts.etag}"`
  const { bucket, key } = request
  const Location = locationOf(request, context)
  const headers = { etag, location: Location, ...versionHeader(facts) }
  const redirect = redirectOf(fields.get('success_action_redirect') ?? fields.get('redirect'))
  if (redirect) {
    const query = new URLSearchParams({ bucket, key, etag }).toString()
    redirect.search = redirect.search === '' ? query : `${redirect.search}&${query}`
    return { httpStatus: 303, headers: { ...headers, location: redirect.href } }
  }
  const status = fields.get('success_action_status')
  if (status === '200') return { httpStatus: 200, headers }
  if (status !== '201') return { httpStatus: 204, headers }
  const answer = answerXml('PostResponse', { Location, Bucket: bucket, Key: key, ETag: etag }, headers)
  return { ...answer, httpStatus: 201 }
}

/** S3 ignores what is no such address. */
function redirectOf(text: string | undefined): URL | undefined {
  const url = text === undefined ? null : URL.parse(text)
  return url && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined
}
