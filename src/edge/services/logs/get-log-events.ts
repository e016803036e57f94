/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html */
import { limits } from '../../../model/limits.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { complainOfRange, complainOfStreamName, complainOfTimes, complainOfToken, firstOf } from './constraints.ts'
import { groupOf, groupResource } from './log-group.ts'

export const getLogEvents = defineOperation('logs', 'GetLogEvents', {
  resource: (input, { backend }) => groupResource(backend, input).replace(/\*$/, `log-stream:${input.logStreamName}`),
  longRead: 'page',
  handle(input, context) {
    const { backend } = context
    const group = groupOf(input, backend)
    if (isRefusal(group)) return group
    const {
      logGroupName: _name,
      logGroupIdentifier: _identifier,
      logStreamName: stream,
      unmask: _unmask,
      ...query
    } = input
    const complaint = firstOf(
      complainOfStreamName('logStreamName', stream),
      complainOfTimes(input),
      complainOfRange('limit', input.limit, 1, limits.logPageEvents),
      complainOfToken(input.nextToken),
    )
    return complaint ?? backend.logs.getEvents({ group, owners: sightOf(context).owners, stream, ...query })
  },
})
