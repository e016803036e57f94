/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html */
import { defineS3Operation } from './s3-operation.ts'

export const deleteBucket = defineS3Operation('DeleteBucket', {
  match: { on: 'bucket', method: 'DELETE' },
  handle: async ({ bucket }, { backend }) => (await backend.objects.deleteBucket(bucket)) ?? { httpStatus: 204 },
})
