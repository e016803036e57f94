/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html */
import { readDocument } from './document.ts'
import { defineS3Operation } from './s3-operation.ts'
import { readTagSet } from './tag-set.ts'

export const putObjectTagging = defineS3Operation('PutObjectTagging', {
  match: { on: 'object', method: 'PUT', query: ['tagging'] },
  isOfObjects: true,
  async handle(request, { backend }) {
    const tags = readTagSet(await readDocument(request, 'Tagging'))
    return (await backend.objects.setTags(request, tags)) ?? { httpStatus: 200 }
  },
})
