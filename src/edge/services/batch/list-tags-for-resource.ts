/** https://docs.aws.amazon.com/batch/latest/APIReference/API_ListTagsForResource.html */
import { findTagged } from '../../../core/decide/tag.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { finishedJobTags } from './finished-job-tags.ts'

export const listTagsForResource = defineOperation('batch', 'ListTagsForResource', {
  resource: (input) => input.resourceArn,
  handle(input, { services }) {
    const found = findTagged(services.loop.state, input.resourceArn, finishedJobTags(services))
    return isRefusal(found) ? found : { tags: { ...found.tags } }
  },
})
