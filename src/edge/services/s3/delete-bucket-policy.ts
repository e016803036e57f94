/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html */
import { defineS3Operation } from './s3-operation.ts'

export const deleteBucketPolicy = defineS3Operation('DeleteBucketPolicy', {
  match: { on: 'bucket', method: 'DELETE', query: ['policy'] },
  handle: async ({ bucket }, { backend }) =>
    (await backend.objects.changeSettings(bucket, { policy: undefined })) ?? { httpStatus: 204 },
})
