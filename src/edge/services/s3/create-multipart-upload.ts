/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
import type { Checksum } from '../../../objects/checksum.ts'
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { mustBeAllowed } from './asking.ts'
import { readChecksumKind } from './checksums.ts'
import { readDescription } from './description.ts'
import { answerXml } from './document.ts'
import { abortHeaders } from './lifecycle-headers.ts'
import { valuesOfRequest } from './request-values.ts'
import { objectArn } from './resource.ts'
import { invalidRequest } from './s3-errors.ts'
import { defineS3Operation, type S3Request } from './s3-operation.ts'

export const createMultipartUpload = defineS3Operation('CreateMultipartUpload', {
  match: { on: 'object', method: 'POST', query: ['uploads'] },
  authorisedAs: 'PutObject',
  alsoAsks: ['s3:PutObjectTagging'],
  isOfObjects: true,
  async handle(request, context) {
    const { headers } = request
    const description = readDescription(headers)
    if (headers['x-amz-tagging'] !== undefined)
      mustBeAllowed(context, 's3:PutObjectTagging', objectArn(request), valuesOfRequest(request))
    const checksum = readChecksumKind(headers['x-amz-checksum-algorithm'])
    const checksumType = readChecksumType(headers)
    if (checksumType && !checksum)
      throw invalidRequest('The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.')
    const upload = await context.backend.objects.createUpload(request, {
      ...{ ...description, owner: context.principal.name },
      ...(checksum && { checksum }),
      ...(checksumType && { checksumType }),
    })
    if (isObjectRefusal(upload)) return upload
    const { bucket: Bucket, key: Key, uploadId: UploadId } = upload
    const headersOfUpload = { ...checksumHeadersOf(upload), ...abortHeaders(context.backend.objects, upload) }
    return answerXml('InitiateMultipartUploadResult', { Bucket, Key, UploadId }, headersOfUpload)
  },
})

export function readChecksumType(headers: S3Request['headers']): Checksum['type'] | undefined {
  const type = headers['x-amz-checksum-type']?.toUpperCase()
  if (type === undefined || type === 'COMPOSITE' || type === 'FULL_OBJECT') return type
  throw invalidRequest('Value for x-amz-checksum-type header is invalid.')
}

function checksumHeadersOf({ checksum, checksumType }: { readonly checksum?: string; readonly checksumType?: string }) {
  return {
    ...(checksum && { 'x-amz-checksum-algorithm': checksum }),
    ...(checksumType && { 'x-amz-checksum-type': checksumType }),
  }
}
