/** https://docs.aws.amazon.com/batch/latest/APIReference/API_UntagResource.html */
import { usersOnTheirOwn } from '../../../access/rule.ts'
import { untagResource as untag } from '../../../core/tag/decide.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'
import { finishedJobTags } from './finished-job-tags.ts'

export const untagResource = defineOperation('batch', 'UntagResource', {
  who: usersOnTheirOwn,
  resource: (input) => input.resourceArn,
  handle: (input, context) =>
    executeQuietly(context, 'UntagResource', untag(input.resourceArn, input.tagKeys, finishedJobTags(context.backend))),
})
