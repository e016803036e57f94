/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html */

import { element, escaped } from '../../../ground/xml.ts'
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { defineS3Operation } from './s3-operation.ts'

export const getBucketLocation = defineS3Operation('GetBucketLocation', {
  match: { on: 'bucket', method: 'GET', query: ['location'] },
  async handle({ bucket }, { backend }) {
    if (!backend.objects.bucket(bucket)) return noSuchBucket(bucket)
    // The first region has no name here.
    const region = backend.region === 'us-east-1' ? '' : escaped(backend.region)
    const answer = element('LocationConstraint', region, 'http://s3.amazonaws.com/doc/2006-03-01/')
    return { contentType: 'application/xml', body: `<?xml version="1.0" encoding="UTF-8"?>\n${answer}` }
  },
})
