/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
import { invalidParameter } from '../../../logs/log-refusal.ts'
import { limits } from '../../../model/limits.ts'
import { isRefusal, type Refusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import {
  complainOfLength,
  complainOfRange,
  complainOfStreamName,
  complainOfStreamNames,
  complainOfTimes,
  complainOfToken,
  firstOf,
} from './constraints.ts'
import { groupOf, groupResource } from './log-group.ts'

/** CloudWatch goes back in time no further than this. */
const descendingSinceMs = Date.UTC(2024, 0, 1)

export const filterLogEvents = defineOperation('logs', 'FilterLogEvents', {
  resource: (input, { backend }) => groupResource(backend, input),
  longRead: 'search',
  async handle(input, context) {
    const { backend, pace } = context
    const group = groupOf(input, backend)
    if (isRefusal(group)) return group
    const complaint = firstOf(
      complainOfStreamNames(input.logStreamNames),
      complainOfStreamName('logStreamNamePrefix', input.logStreamNamePrefix),
      complainOfTimes(input),
      complainOfLength('filterPattern', input.filterPattern, 0, limits.logFilterPatternLength),
      complainOfRange('limit', input.limit, 1, limits.logPageEvents),
      complainOfToken(input.nextToken),
      complainOfDirection(input),
    )
    if (complaint) return complaint
    const { startTime, endTime, filterPattern, nextToken, limit, startFromHead } = input
    const query = {
      group,
      owners: sightOf(context).owners,
      ...(input.logStreamNames && { streams: input.logStreamNames }),
      ...(input.logStreamNamePrefix !== undefined && { streamPrefix: input.logStreamNamePrefix }),
      ...{ startTime, endTime, filterPattern, nextToken, limit, startFromHead },
    }
    const page = await backend.logs.filterEvents(query, pace)
    // CloudWatch stopped listing the searched streams in 2020. Clients still expect the list.
    return isRefusal(page) ? page : { ...page, searchedLogStreams: [] }
  },
})

function complainOfDirection(input: {
  startFromHead?: boolean
  startTime?: number
  nextToken?: string
}): Refusal | undefined {
  if (input.startFromHead !== false || input.nextToken !== undefined) return undefined
  if (input.startTime === undefined || input.startTime >= descendingSinceMs) return undefined
  return invalidParameter('startFromHead can be false only with a startTime on or after Jan 1, 2024 00:00:00 UTC.')
}
