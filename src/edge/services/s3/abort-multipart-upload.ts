/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
import { defineS3Operation } from './s3-operation.ts'
import { uploadOf } from './upload-name.ts'

export const abortMultipartUpload = defineS3Operation('AbortMultipartUpload', {
  match: { on: 'object', method: 'DELETE', query: ['uploadId'] },
  isOfObjects: true,
  handle: async (request, { backend }) => (await backend.objects.abortUpload(uploadOf(request))) ?? { httpStatus: 204 },
})
