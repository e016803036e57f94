/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import type { ObjectStore } from '../../../objects/object-store.ts'
import { defineS3Operation } from './s3-operation.ts'

export const deleteBucket = defineS3Operation('DeleteBucket', {
  match: { on: 'bucket', method: 'DELETE' },
  async handle({ bucket }, { backend: { objects } }) {
    await abortUploads(bucket, objects)
    return (await objects.deleteBucket(bucket)) ?? { httpStatus: 204 }
  },
})

/** Uploads do not keep a bucket, as in S3. Those of a bucket with objects go on. */
async function abortUploads(bucket: string, objects: ObjectStore): Promise<void> {
  const first = { prefix: '', delimiter: '', afterKey: '', afterVersionId: '', limit: 1 }
  const some = await objects.listVersions(bucket, first)
  if (isObjectRefusal(some) || some.versions.length > 0) return
  for (;;) {
    const page = await objects.listUploads(bucket, {
      ...{ prefix: '', delimiter: '', afterKey: '', afterUploadId: '', limit: 1000 },
    })
    if (isObjectRefusal(page)) return
    for (const upload of page.uploads) await objects.abortUpload(upload)
    if (!page.more || page.uploads.length === 0) return
  }
}
