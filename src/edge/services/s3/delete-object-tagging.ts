/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html */
import { defineS3Operation } from './s3-operation.ts'
import { tagged } from './tag-set.ts'

export const deleteObjectTagging = defineS3Operation('DeleteObjectTagging', {
  match: { on: 'object', method: 'DELETE', query: ['tagging'] },
  versionAction: 'DeleteObjectVersionTagging',
  isOfObjects: true,
  hasExistingTags: true,
  handle: async (request, { backend }) => tagged(await backend.objects.setTags(request, {}), 204),
})
