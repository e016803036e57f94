/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html */
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { answerXml } from './document.ts'
import { defineS3Operation } from './s3-operation.ts'

export const getBucketVersioning = defineS3Operation('GetBucketVersioning', {
  match: { on: 'bucket', method: 'GET', query: ['versioning'] },
  async handle({ bucket }, { backend: { objects } }) {
    if (!objects.bucket(bucket)) return noSuchBucket(bucket)
    return answerXml('VersioningConfiguration', { Status: objects.settings(bucket).versioning })
  },
})
