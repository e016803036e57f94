/** https://docs.aws.amazon.com/batch/latest/APIReference/API_TagResource.html */
import { tagResource as tag } from '../../../core/tag/decide.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { executeQuietly } from './execute.ts'
import { finishedJobTags } from './finished-job-tags.ts'

export const tagResource = defineOperation('batch', 'TagResource', {
  resource: (input) => input.resourceArn,
  handle: (input, context) =>
    executeQuietly(
      context,
      'TagResource',
      tag(input.resourceArn, input.tags, finishedJobTags(context), sightOf(context).sees),
    ),
})
