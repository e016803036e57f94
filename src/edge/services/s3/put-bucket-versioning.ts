/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html */

import { childOf } from '../../../ground/xml-reader.ts'
import { bucketReadOnly, noSuchBucket } from '../../../objects/known-refusals.ts'
import { s3Failure } from '../../errors.ts'
import { readDocument } from './document.ts'
import { malformedXml, notImplemented } from './s3-errors.ts'
import { defineS3Operation } from './s3-operation.ts'

export const putBucketVersioning = defineS3Operation('PutBucketVersioning', {
  match: { on: 'bucket', method: 'PUT', query: ['versioning'] },
  async handle(request, { backend: { objects } }) {
    const { bucket, headers } = request
    const found = objects.bucket(bucket)
    if (!found) return noSuchBucket(bucket)
    const document = await readDocument(request, 'VersioningConfiguration')
    const mfaDelete = childOf(document, 'MfaDelete')?.text
    if (mfaDelete === 'Enabled' || headers['x-amz-mfa'] !== undefined)
      throw notImplemented('deletion with multi-factor authentication (MFADelete)')
    if (mfaDelete !== undefined && mfaDelete !== 'Disabled') throw malformedXml()
    const versioning = childOf(document, 'Status')?.text
    if (versioning === undefined)
      throw s3Failure('IllegalVersioningConfigurationException', 400, 'The Versioning element must be specified')
    if (versioning !== 'Enabled' && versioning !== 'Suspended') throw malformedXml()
    if (found.readOnly) return bucketReadOnly(bucket)
    return (await objects.changeSettings(bucket, { versioning })) ?? { httpStatus: 200 }
  },
})
