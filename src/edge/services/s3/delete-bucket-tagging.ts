/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html */
import { defineS3Operation } from './s3-operation.ts'

export const deleteBucketTagging = defineS3Operation('DeleteBucketTagging', {
  match: { on: 'bucket', method: 'DELETE', query: ['tagging'] },
  authorisedAs: 'PutBucketTagging',
  handle: async ({ bucket }, { backend }) =>
    (await backend.objects.changeSettings(bucket, { tags: undefined })) ?? { httpStatus: 204 },
})
