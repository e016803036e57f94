/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html */
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { s3Failure } from '../../errors.ts'
import { defineS3Operation } from './s3-operation.ts'

export const getBucketPolicy = defineS3Operation('GetBucketPolicy', {
  match: { on: 'bucket', method: 'GET', query: ['policy'] },
  async handle({ bucket }, { backend: { objects } }) {
    if (!objects.bucket(bucket)) return noSuchBucket(bucket)
    return { contentType: 'application/json', body: objects.settings(bucket).policy ?? noSuchPolicy(bucket) }
  },
})

/** Throws the answer for a bucket without a policy. */
export function noSuchPolicy(bucket: string): never {
  throw s3Failure('NoSuchBucketPolicy', 404, 'The bucket policy does not exist', { BucketName: bucket })
}
