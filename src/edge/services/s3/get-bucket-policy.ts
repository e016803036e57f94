/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html */
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { notSet } from './s3-errors.ts'
import { defineS3Operation } from './s3-operation.ts'

export const getBucketPolicy = defineS3Operation('GetBucketPolicy', {
  match: { on: 'bucket', method: 'GET', query: ['policy'] },
  async handle({ bucket }, { backend: { objects } }) {
    if (!objects.bucket(bucket)) return noSuchBucket(bucket)
    const { policy } = objects.settings(bucket)
    if (policy === undefined) throw notSet('NoSuchBucketPolicy', 'The bucket policy does not exist', bucket)
    return { contentType: 'application/json', body: policy }
  },
})
