/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html */
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { answerXml } from './document.ts'
import { rulesOf } from './lifecycle-document.ts'
import { minimumSizeHeader } from './lifecycle-headers.ts'
import { notSet } from './s3-errors.ts'
import { defineS3Operation } from './s3-operation.ts'

export const getBucketLifecycleConfiguration = defineS3Operation('GetBucketLifecycleConfiguration', {
  match: { on: 'bucket', method: 'GET', query: ['lifecycle'] },
  authorisedAs: 'GetLifecycleConfiguration',
  async handle({ bucket }, { backend: { objects } }) {
    if (!objects.bucket(bucket)) return noSuchBucket(bucket)
    const { lifecycle } = objects.settings(bucket)
    if (!lifecycle) throw notSet('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist', bucket)
    return answerXml('LifecycleConfiguration', rulesOf(lifecycle), minimumSizeHeader)
  },
})
