/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { readConditions } from './conditions.ts'
import { readCopySource } from './copy-source.ts'
import { answerXml, isoDate } from './document.ts'
import { readSourceRange } from './range.ts'
import { invalidArgument } from './s3-errors.ts'
import { defineS3Operation } from './s3-operation.ts'
import { partNumberOf, uploadOf } from './upload-name.ts'
import { sourceVersionHeader } from './versions.ts'

export const uploadPartCopy = defineS3Operation('UploadPartCopy', {
  match: { on: 'object', method: 'PUT', query: ['partNumber', 'uploadId'], header: 'x-amz-copy-source' },
  authorisedAs: 'PutObject',
  alsoAsks: ['s3:GetObject', 's3:GetObjectVersion'],
  isOfObjects: true,
  async handle(request, context) {
    const source = await readCopySource(request, context)
    const header = request.headers['x-amz-copy-source-range']
    const range = header === undefined ? undefined : readSourceRange(header)
    if (header !== undefined && !range)
      throw invalidArgument(
        'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
        'x-amz-copy-source-range',
        header,
      )
    const conditions = readConditions(request.headers, 'x-amz-copy-source-')
    const { objects } = context.backend
    const part = await objects.copyPart(uploadOf(request), partNumberOf(request), source, range, conditions)
    if (isObjectRefusal(part)) return part
    const result = { LastModified: isoDate(part.lastModifiedMs), ETag: `"${part.etag}"` }
    return answerXml('CopyPartResult', result, sourceVersionHeader(source.versionId))
  },
})
