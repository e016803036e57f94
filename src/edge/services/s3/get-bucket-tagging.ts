/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html */
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { answerXml } from './document.ts'
import { notSet } from './s3-errors.ts'
import { defineS3Operation } from './s3-operation.ts'
import { tagSetOf } from './tag-set.ts'

export const getBucketTagging = defineS3Operation('GetBucketTagging', {
  match: { on: 'bucket', method: 'GET', query: ['tagging'] },
  async handle({ bucket }, { backend: { objects } }) {
    if (!objects.bucket(bucket)) return noSuchBucket(bucket)
    const { tags } = objects.settings(bucket)
    if (!tags) throw notSet('NoSuchTagSet', 'The TagSet does not exist', bucket)
    return answerXml('Tagging', tagSetOf(tags))
  },
})
