/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { refuseAcl } from './description.ts'
import { readDocument } from './document.ts'
import { notImplemented } from './s3-errors.ts'
import { defineS3Operation } from './s3-operation.ts'

export const createBucket = defineS3Operation('CreateBucket', {
  match: { on: 'bucket', method: 'PUT' },
  async handle(request, { backend, principal }) {
    const { bucket, headers, body } = request
    if (headers['x-amz-bucket-object-lock-enabled']?.toLowerCase() === 'true') throw notImplemented('object lock')
    refuseAcl(headers)
    // There is one region, whichever the client names.
    if (body.size !== 0) await readDocument(request, 'CreateBucketConfiguration')
    const made = await backend.objects.createBucket(bucket, principal.name)
    // The first region has always answered so.
    if (isObjectRefusal(made) && made.code === 'BucketAlreadyOwnedByYou' && backend.region === 'us-east-1')
      return { headers: { location: `/${bucket}` } }
    return isObjectRefusal(made) ? made : { headers: { location: `/${bucket}` } }
  },
})
