/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html */
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { defineS3Operation } from './s3-operation.ts'

export const headBucket = defineS3Operation('HeadBucket', {
  match: { on: 'bucket', method: 'HEAD' },
  authorisedAs: 'ListBucket',
  async handle({ bucket }, { backend }) {
    if (!backend.objects.bucket(bucket)) return noSuchBucket(bucket)
    return { headers: { 'x-amz-bucket-region': backend.region, 'x-amz-access-point-alias': 'false' } }
  },
})
