/** https://docs.aws.amazon.com/batch/latest/APIReference/API_UntagResource.html */
import { untagResource as untag } from '../../../core/tag/decide.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { executeQuietly } from './execute.ts'
import { finishedJobTags } from './finished-job-tags.ts'

export const untagResource = defineOperation('batch', 'UntagResource', {
  resource: (input) => input.resourceArn,
  handle: (input, context) =>
    executeQuietly(
      context,
      'UntagResource',
      untag(input.resourceArn, input.tagKeys, finishedJobTags(context), sightOf(context).sees),
    ),
})
