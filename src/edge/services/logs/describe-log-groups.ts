/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html */
import { invalidParameter } from '../../../logs/log-refusal.ts'
import type { GroupFacts } from '../../../logs/log-store.ts'
import type { Account } from '../../../model/arn.ts'
import type { LogGroup } from '../../../model/generated/logs.ts'
import { limits } from '../../../model/limits.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { complainOfGroupName, complainOfRange, complainOfToken, firstOf } from './constraints.ts'
import { groupArn } from './log-group.ts'

export const describeLogGroups = defineOperation('logs', 'DescribeLogGroups', {
  resource: (_input, { backend }) => `${groupArn(backend, '')}:*`,
  async handle(input, context) {
    const { backend } = context
    const complaint = firstOf(
      complainOfGroupName('logGroupNamePrefix', input.logGroupNamePrefix),
      complainOfGroupName('logGroupNamePattern', input.logGroupNamePattern),
      complainOfRange('limit', input.limit, 1, limits.logDescribePage),
      complainOfToken(input.nextToken),
    )
    if (complaint) return complaint
    if (input.logGroupIdentifiers) {
      return invalidParameter('openbatch does not offer logGroupIdentifiers; name the group with logGroupNamePrefix.')
    }
    // All groups here are of one class.
    if ((input.logGroupClass ?? 'STANDARD') !== 'STANDARD') return { logGroups: [] }
    const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern, limit, nextToken } = input
    const page = await backend.logs.describeGroups({
      owners: sightOf(context).owners,
      prefix,
      pattern,
      limit,
      nextToken,
    })
    if (isRefusal(page)) return page
    const logGroups = page.groups.map((facts) => wireGroup(backend, facts))
    return { logGroups, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) }
  },
})

function wireGroup(of: Account, { group, creationTime, storedBytes, retentionInDays }: GroupFacts): LogGroup {
  const arn = groupArn(of, group)
  return {
    logGroupName: group,
    creationTime,
    ...(retentionInDays === undefined ? {} : { retentionInDays }),
    metricFilterCount: 0,
    arn: `${arn}:*`,
    storedBytes,
    logGroupClass: 'STANDARD',
    logGroupArn: arn,
  }
}
