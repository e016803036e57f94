/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { mustBeAllowed } from './asking.ts'
import { checksumHeaders, readDigests } from './checksums.ts'
import { readWriteConditions } from './conditions.ts'
import { readDescription } from './description.ts'
import { expirationHeader } from './lifecycle-headers.ts'
import { valuesOfRequest } from './request-values.ts'
import { objectArn } from './resource.ts'
import { defineS3Operation } from './s3-operation.ts'
import { contentOf } from './upload-body.ts'

export const putObject = defineS3Operation('PutObject', {
  match: { on: 'object', method: 'PUT' },
  alsoAsks: ['s3:PutObjectTagging'],
  isOfObjects: true,
  async handle(request, context) {
    const { headers } = request
    const description = readDescription(headers)
    if (headers['x-amz-tagging'] !== undefined)
      mustBeAllowed(context, 's3:PutObjectTagging', objectArn(request), valuesOfRequest(request))
    const conditions = readWriteConditions(headers)
    const digests = readDigests(request)
    const wanted = { ...description, ...digests, ...(conditions && { conditions }) }
    const stored = await context.backend.objects.put(request, contentOf(request), wanted)
    if (isObjectRefusal(stored)) return stored
    const { etag, checksum } = stored.facts
    const expiration = expirationHeader(context.backend.objects, request.bucket, stored.facts)
    return { headers: { etag: `"${etag}"`, ...checksumHeaders(checksum), ...expiration } }
  },
})
