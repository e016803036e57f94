/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html */
import { isPublicPolicy } from '../../../access/bucket-policy/is-public.ts'
import { keptBucketPolicy } from '../../../access/bucket-policy/read-bucket-policy.ts'
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { answerXml } from './document.ts'
import { defineS3Operation } from './s3-operation.ts'

export const getBucketPolicyStatus = defineS3Operation('GetBucketPolicyStatus', {
  match: { on: 'bucket', method: 'GET', query: ['policyStatus'] },
  async handle({ bucket }, { backend: { objects } }) {
    if (!objects.bucket(bucket)) return noSuchBucket(bucket)
    const { policy } = objects.settings(bucket)
    // A bucket without a policy is not public, as public compatibility tests of S3 have it.
    const document = policy === undefined ? undefined : keptBucketPolicy(policy)
    return answerXml('PolicyStatus', { IsPublic: document !== undefined && isPublicPolicy(document) })
  },
})
