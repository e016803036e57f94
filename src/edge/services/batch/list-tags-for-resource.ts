/** https://docs.aws.amazon.com/batch/latest/APIReference/API_ListTagsForResource.html */
import { findTagged } from '../../../core/tag/decide.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { finishedJobTags } from './finished-job-tags.ts'

export const listTagsForResource = defineOperation('batch', 'ListTagsForResource', {
  resource: (input) => input.resourceArn,
  handle(input, context) {
    const { state } = context.backend.loop
    const found = findTagged(state, input.resourceArn, finishedJobTags(context), sightOf(context).sees)
    return isRefusal(found) ? found : { tags: { ...found.tags } }
  },
})
