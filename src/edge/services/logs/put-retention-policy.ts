/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { complainOfRetention } from './constraints.ts'
import { groupOf, groupResource } from './log-group.ts'

export const putRetentionPolicy = defineOperation('logs', 'PutRetentionPolicy', {
  resource: (input, { backend }) => groupResource(backend, input),
  handle(input, context) {
    const { backend } = context
    const group = groupOf(input, backend)
    if (isRefusal(group)) return group
    const { retentionInDays } = input
    return (
      complainOfRetention(retentionInDays) ??
      backend.logs.written.setRetention({ group, owners: sightOf(context).owners }, retentionInDays)
    )
  },
})
