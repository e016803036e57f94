/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import type { Deleted } from '../../../objects/object-store.ts'
import { deleteOne } from './delete-one.ts'
import { defineS3Operation } from './s3-operation.ts'
import { versionHeader } from './versions.ts'

export const deleteObject = defineS3Operation('DeleteObject', {
  match: { on: 'object', method: 'DELETE' },
  versionAction: 'DeleteObjectVersion',
  isOfObjects: true,
  async handle(request, { backend }) {
    const { headers } = request
    const deleted = await deleteOne(backend.objects, request, {
      etag: headers['if-match'],
      size: headers['x-amz-if-match-size'],
      lastModified: headers['x-amz-if-match-last-modified-time'],
    })
    return isObjectRefusal(deleted) ? deleted : { httpStatus: 204, headers: deletedHeaders(deleted) }
  },
})

function deletedHeaders(deleted: Deleted): Record<string, string> {
  return { ...versionHeader(deleted), ...(deleted.isDeleteMarker && { 'x-amz-delete-marker': 'true' }) }
}
