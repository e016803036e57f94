/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html */
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { groupOf, groupResource } from './log-group.ts'

export const deleteRetentionPolicy = defineOperation('logs', 'DeleteRetentionPolicy', {
  resource: (input, { backend }) => groupResource(backend, input),
  handle(input, context) {
    const { backend } = context
    const group = groupOf(input, backend)
    if (isRefusal(group)) return group
    return backend.logs.written.setRetention({ group, owners: sightOf(context).owners }, undefined)
  },
})
