/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketLifecycle.html */
import { defineS3Operation } from './s3-operation.ts'

export const deleteBucketLifecycle = defineS3Operation('DeleteBucketLifecycle', {
  match: { on: 'bucket', method: 'DELETE', query: ['lifecycle'] },
  authorisedAs: 'PutLifecycleConfiguration',
  handle: async ({ bucket }, { backend }) =>
    (await backend.objects.changeSettings(bucket, { lifecycle: undefined })) ?? { httpStatus: 204 },
})
