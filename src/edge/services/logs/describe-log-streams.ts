/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html */
import type { StreamFacts } from '../../../logs/log-store.ts'
import type { Account } from '../../../model/arn.ts'
import type { LogStream } from '../../../model/generated/logs.ts'
import { limits } from '../../../model/limits.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { complainOfRange, complainOfStreamName, complainOfToken, firstOf } from './constraints.ts'
import { groupOf, groupResource, streamArn } from './log-group.ts'

export const describeLogStreams = defineOperation('logs', 'DescribeLogStreams', {
  resource: (input, { backend }) => groupResource(backend, input),
  async handle(input, context) {
    const { backend } = context
    const group = groupOf(input, backend)
    if (isRefusal(group)) return group
    const complaint = firstOf(
      complainOfStreamName('logStreamNamePrefix', input.logStreamNamePrefix),
      complainOfRange('limit', input.limit, 1, limits.logDescribePage),
      complainOfToken(input.nextToken),
    )
    if (complaint) return complaint
    const { orderBy, descending, limit, nextToken, logStreamNamePrefix: streamPrefix } = input
    const asked = { group, streamPrefix, orderBy, descending, limit, nextToken }
    const page = await backend.logs.describeStreams({ owners: sightOf(context).owners, ...asked })
    if (isRefusal(page)) return page
    const logStreams = page.streams.map((facts) => wireStream(backend, facts))
    return { logStreams, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) }
  },
})

function wireStream(of: Account, facts: StreamFacts): LogStream {
  return {
    logStreamName: facts.stream,
    creationTime: facts.creationTime,
    ...(!facts.isEmpty && {
      firstEventTimestamp: facts.firstEventTimestamp,
      lastEventTimestamp: facts.lastEventTimestamp,
      lastIngestionTime: facts.lastIngestionTime,
    }),
    // PutLogEvents has ignored it since 2023. Old clients still read it.
    uploadSequenceToken: '0',
    arn: streamArn(of, facts.group, facts.stream),
    // CloudWatch has answered 0 since 2019. Users asked for the size of a job's log, so we return
    // it.
    storedBytes: facts.storedBytes,
  }
}
