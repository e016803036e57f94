/** The CORS rules of a bucket, set and shown. */

import { limits } from '../../../model/limits.ts'
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { corsRulesOf, readCorsRules } from './cors-document.ts'
import { answerXml, readDocument } from './document.ts'
import { malformedXml, notSet } from './s3-errors.ts'
import { defineS3Operation, type S3Operation } from './s3-operation.ts'

const root = 'CORSConfiguration'
const query = ['cors']

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html */
const putBucketCors = defineS3Operation('PutBucketCors', {
  match: { on: 'bucket', method: 'PUT', query },
  authorisedAs: 'PutBucketCORS',
  async handle(request, { backend: { objects } }) {
    const { bucket, body } = request
    if (!objects.bucket(bucket)) return noSuchBucket(bucket)
    if ((body.size ?? 0) > limits.corsDocumentBytes) throw malformedXml()
    const cors = readCorsRules(await readDocument(request, root))
    return (await objects.changeSettings(bucket, { cors })) ?? { httpStatus: 200 }
  },
})

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html */
const getBucketCors = defineS3Operation('GetBucketCors', {
  match: { on: 'bucket', method: 'GET', query },
  authorisedAs: 'GetBucketCORS',
  async handle({ bucket }, { backend: { objects } }) {
    if (!objects.bucket(bucket)) return noSuchBucket(bucket)
    const { cors } = objects.settings(bucket)
    if (!cors) throw notSet('NoSuchCORSConfiguration', 'The CORS configuration does not exist', bucket)
    return answerXml(root, corsRulesOf(cors))
  },
})

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html */
const deleteBucketCors = defineS3Operation('DeleteBucketCors', {
  match: { on: 'bucket', method: 'DELETE', query },
  authorisedAs: 'PutBucketCORS',
  handle: async ({ bucket }, { backend }) =>
    (await backend.objects.changeSettings(bucket, { cors: undefined })) ?? { httpStatus: 204 },
})

export const bucketCors: readonly S3Operation[] = [putBucketCors, getBucketCors, deleteBucketCors]
