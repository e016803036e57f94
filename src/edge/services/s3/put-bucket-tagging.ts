/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html */
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { refusalOfBucketTags } from '../../../objects/object-rules.ts'
import { readDocument } from './document.ts'
import { defineS3Operation } from './s3-operation.ts'
import { readTagSet } from './tag-set.ts'

export const putBucketTagging = defineS3Operation('PutBucketTagging', {
  match: { on: 'bucket', method: 'PUT', query: ['tagging'] },
  async handle(request, { backend: { objects } }) {
    const { bucket } = request
    if (!objects.bucket(bucket)) return noSuchBucket(bucket)
    const tags = readTagSet(await readDocument(request, 'Tagging'))
    const change = { tags: Object.keys(tags).length === 0 ? undefined : tags }
    return refusalOfBucketTags(tags) ?? (await objects.changeSettings(bucket, change)) ?? { httpStatus: 204 }
  },
})
