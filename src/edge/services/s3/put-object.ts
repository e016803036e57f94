/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
import { isObjectRefusal, type ObjectRefusal } from '../../../objects/object-refusal.ts'
import type { StoredObject } from '../../../objects/object-store.ts'
import type { RequestContext } from '../../context.ts'
import { mustBeAllowed } from './asking.ts'
import { checksumHeaders, readDigests } from './checksums.ts'
import { readWriteConditions } from './conditions.ts'
import { readDescription } from './description.ts'
import { expirationHeader } from './lifecycle-headers.ts'
import { valuesOfRequest } from './request-values.ts'
import { objectArn } from './resource.ts'
import { defineS3Operation, type S3Request } from './s3-operation.ts'
import { contentOf } from './upload-body.ts'
import { versionHeader } from './versions.ts'

export const putObject = defineS3Operation('PutObject', {
  match: { on: 'object', method: 'PUT' },
  alsoAsks: ['s3:PutObjectTagging'],
  isOfObjects: true,
  async handle(request, context) {
    const stored = await storeObject(request, context)
    if (isObjectRefusal(stored)) return stored
    const { etag, checksum } = stored.facts
    const expiration = expirationHeader(context.backend.objects, request, stored.facts)
    return {
      headers: { etag: `"${etag}"`, ...checksumHeaders(checksum), ...versionHeader(stored.facts), ...expiration },
    }
  },
})

/** Stores the body as the headers say. */
export async function storeObject(request: S3Request, context: RequestContext): Promise<StoredObject | ObjectRefusal> {
  const { headers } = request
  const description = readDescription(headers)
  if (headers['x-amz-tagging'] !== undefined)
    mustBeAllowed(context, 's3:PutObjectTagging', objectArn(request), valuesOfRequest(request))
  const conditions = readWriteConditions(headers)
  const digests = readDigests(request)
  const wanted = { ...description, ...digests, ...(conditions && { conditions }) }
  return context.backend.objects.put(request, contentOf(request), wanted)
}
