/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html */
import { bucketReadOnly, noSuchBucket } from '../../../objects/known-refusals.ts'
import { refusalOfRules } from '../../../objects/lifecycle/rule-checks.ts'
import { readDocument } from './document.ts'
import { readRules } from './lifecycle-document.ts'
import { minimumSizeHeader } from './lifecycle-headers.ts'
import { defineS3Operation } from './s3-operation.ts'

export const putBucketLifecycleConfiguration = defineS3Operation('PutBucketLifecycleConfiguration', {
  match: { on: 'bucket', method: 'PUT', query: ['lifecycle'] },
  authorisedAs: 'PutLifecycleConfiguration',
  async handle(request, { backend: { objects } }) {
    const bucket = objects.bucket(request.bucket)
    if (!bucket) return noSuchBucket(request.bucket)
    // Nothing would ever expire there.
    if (bucket.readOnly) return bucketReadOnly(bucket.name)
    const lifecycle = readRules(await readDocument(request, 'LifecycleConfiguration'))
    const refusal = refusalOfRules(lifecycle) ?? (await objects.changeSettings(bucket.name, { lifecycle }))
    return refusal ?? { headers: minimumSizeHeader }
  },
})
