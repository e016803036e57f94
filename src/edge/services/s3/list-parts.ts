/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
import { limits } from '../../../model/limits.ts'
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { answerXml, isoDate } from './document.ts'
import { abortHeaders } from './lifecycle-headers.ts'
import { numberIn } from './read-request.ts'
import { defineS3Operation } from './s3-operation.ts'
import { uploadOf } from './upload-name.ts'

export const listParts = defineS3Operation('ListParts', {
  match: { on: 'object', method: 'GET', query: ['uploadId'] },
  authorisedAs: 'ListMultipartUploadParts',
  isOfObjects: true,
  async handle(request, { backend }) {
    const most = numberIn(request, 'max-parts', limits.objectsPerPage)
    const after = request.query.has('part-number-marker') ? numberIn(request, 'part-number-marker', 2 ** 31) : 0
    const page = await backend.objects.listParts(uploadOf(request), after, most)
    if (isObjectRefusal(page)) return page
    const { upload, parts, more } = page
    const [owner, { bucket: Bucket, key: Key, uploadId: UploadId }] = [upload.owner, upload]
    const somebody = { ID: owner, DisplayName: owner }
    const result = {
      ...{ Bucket, Key, UploadId, PartNumberMarker: after, NextPartNumberMarker: parts.at(-1)?.number ?? 0 },
      ...{ MaxParts: most, IsTruncated: more, ChecksumAlgorithm: upload.checksum, ChecksumType: upload.checksumType },
      Part: parts.map(({ number, lastModifiedMs, etag, size, checksum }) => ({
        ...{ PartNumber: number, LastModified: isoDate(lastModifiedMs), ETag: `"${etag}"`, Size: size },
        ...(upload.checksum && { [`Checksum${upload.checksum}`]: checksum }),
      })),
      ...{ Initiator: somebody, Owner: somebody, StorageClass: 'STANDARD' },
    }
    return answerXml('ListPartsResult', result, abortHeaders(backend.objects, upload))
  },
})
