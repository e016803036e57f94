/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { answerXml } from './document.ts'
import { defineS3Operation } from './s3-operation.ts'
import { tagSetOf } from './tag-set.ts'
import { versionHeader } from './versions.ts'

export const getObjectTagging = defineS3Operation('GetObjectTagging', {
  match: { on: 'object', method: 'GET', query: ['tagging'] },
  versionAction: 'GetObjectVersionTagging',
  isOfObjects: true,
  hasExistingTags: true,
  async handle(request, { backend }) {
    const facts = await backend.objects.head(request)
    return isObjectRefusal(facts) ? facts : answerXml('Tagging', tagSetOf(facts.tags), versionHeader(facts))
  },
})
