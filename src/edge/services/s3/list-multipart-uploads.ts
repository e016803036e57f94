/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { answerXml, isoDate } from './document.ts'
import { prefixElements, readListing } from './listing.ts'
import { defineS3Operation } from './s3-operation.ts'

export const listMultipartUploads = defineS3Operation('ListMultipartUploads', {
  match: { on: 'bucket', method: 'GET', query: ['uploads'] },
  authorisedAs: 'ListBucketMultipartUploads',
  isOfObjects: true,
  async handle(request, { backend }) {
    const { bucket, query } = request
    const { prefix, delimiter, limit, encode, echoed } = readListing(request, 'max-uploads')
    const afterKey = query.get('key-marker') ?? ''
    const afterUploadId = query.get('upload-id-marker') ?? ''
    const page = await backend.objects.listUploads(bucket, { prefix, delimiter, limit, afterKey, afterUploadId })
    if (isObjectRefusal(page)) return page
    const { uploads, commonPrefixes, more } = page
    const lastUpload = uploads.at(-1)
    const lastPrefix = commonPrefixes.at(-1)
    const endsWithPrefix = lastPrefix !== undefined && (!lastUpload || isBefore(lastUpload.key, lastPrefix))
    const next = endsWithPrefix ? { key: lastPrefix, uploadId: '' } : lastUpload
    return answerXml('ListMultipartUploadsResult', {
      ...{ Bucket: bucket, KeyMarker: encode(afterKey), UploadIdMarker: afterUploadId, ...echoed, MaxUploads: limit },
      NextKeyMarker: more && next ? encode(next.key) : undefined,
      NextUploadIdMarker: more && next ? next.uploadId : undefined,
      IsTruncated: more,
      Upload: uploads.map(({ key, uploadId, owner, startedAtMs, checksum, checksumType }) => ({
        ...{ Key: encode(key), UploadId: uploadId },
        Initiator: { ID: owner, DisplayName: owner },
        Owner: { ID: owner, DisplayName: owner },
        ...{ StorageClass: 'STANDARD', Initiated: isoDate(startedAtMs) },
        ...{ ChecksumAlgorithm: checksum, ChecksumType: checksumType },
      })),
      CommonPrefixes: prefixElements(commonPrefixes, encode),
    })
  },
})

/** In the order of UTF-8. */
function isBefore(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0
}
