/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { headerOf, readDigests } from './checksums.ts'
import { defineS3Operation } from './s3-operation.ts'
import { contentOf } from './upload-body.ts'
import { partNumberOf, uploadOf } from './upload-name.ts'

export const uploadPart = defineS3Operation('UploadPart', {
  match: { on: 'object', method: 'PUT', query: ['partNumber', 'uploadId'] },
  authorisedAs: 'PutObject',
  isOfObjects: true,
  async handle(request, { backend }) {
    const digests = readDigests(request)
    const part = await backend.objects.putPart(uploadOf(request), partNumberOf(request), contentOf(request), digests)
    if (isObjectRefusal(part)) return part
    const { etag, checksum } = part
    const stated = digests.checksum && checksum ? { [headerOf(digests.checksum)]: checksum } : {}
    return { headers: { etag: `"${etag}"`, ...stated } }
  },
})
