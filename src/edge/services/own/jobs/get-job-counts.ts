/** `GET /api/jobs/counts?groupBy=exit-code&…`: how many jobs meet a filter, by status and by group; docs/use/finding-jobs.md. */

import { parseArn } from '../../../../model/arn.ts'
import { limits } from '../../../../model/limits.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { StatusCounts } from '../../../../store/search/job-search.ts'
import type { JobCountsAnswer } from '../../../../wire/jobs.ts'
import { defineOwnOperation } from '../own-operation.ts'
import { statusCounts } from './job-row.ts'
import {
  checkParameters,
  type FilterInput,
  filterParameters,
  filterQuery,
  listParameters,
  readCount,
  readGrouping,
} from './search-input.ts'
import { seesAll } from './search-jobs.ts'
import { orTooLong, readScope } from './search-scope.ts'

interface Input extends FilterInput {
  readonly groupBy?: string
  /** How many groups: default 100, at most `limits.searchGroups`. */
  readonly limit?: string
}

export const getJobCounts = defineOwnOperation<Input, JobCountsAnswer>('GetJobCounts', {
  summary: 'How many jobs meet a filter, by status and by group',
  answers: 'JobCountsAnswer',
  query: {
    ...filterQuery,
    groupBy: '`status`, `user`, `queue`, `definition`, `exit-code` or `tag:KEY`',
    limit: 'how many groups, the largest first',
  },
  authorisedAs: 'SearchJobs',
  method: 'GET',
  path: '/api/jobs/counts',
  longRead: 'jobSearch',
  lists: listParameters,
  async handle(input, context) {
    const wrong = checkParameters(input, [...filterParameters, 'groupBy', 'limit'])
    if (wrong) return wrong
    const { groupBy: by, limit, ...filters } = input
    const scope = await readScope(filters, context)
    const groupBy = readGrouping(by)
    const groups = readCount('limit', limit, limits.pageSize, limits.searchGroups)
    if (isRefusal(scope)) return scope
    if (isRefusal(groupBy)) return groupBy
    if (isRefusal(groups)) return groups
    const counted = await orTooLong(context.backend.store.searches.count({ ...scope, groupBy, groups }, context.hungUp))
    if (isRefusal(counted)) return counted
    const { byStatus, moreGroups, tooOld } = counted
    const named = (key: string | null) => (by === 'definition' && key !== null ? (parseArn(key)?.name ?? key) : key)
    return {
      ...inAll(byStatus),
      ...(groupBy && { groups: counted.groups.map((it) => ({ key: named(it.key), ...inAll(it.byStatus) })) }),
      ...(moreGroups > 0 && { moreGroups }),
      ...(tooOld > 0 && seesAll(context) && { tooOld }),
    }
  },
})

function inAll(byStatus: StatusCounts): Pick<JobCountsAnswer, 'total' | 'byStatus'> {
  return { total: byStatus.reduce((sum, count) => sum + count, 0), byStatus: statusCounts(byStatus) }
}
