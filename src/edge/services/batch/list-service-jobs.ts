/**
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_ListServiceJobs.html There are none
 * (core/service-job/decide.ts). A wrong request is still refused.
 */
import { findJobQueue } from '../../../core/job-queue/read.ts'
import { jobQueueNotFound } from '../../../core/reference.ts'
import { isRefusal, refuseWrapped } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { onlyOneFilter, readFilters } from './filters.ts'
import { pageSize, readToken } from './paging.ts'

export const listServiceJobs = defineOperation('batch', 'ListServiceJobs', {
  resource: () => '*',
  handle(input, { backend }) {
    const { jobQueue, filters } = input
    if (jobQueue !== undefined && !findJobQueue(backend.loop.state, jobQueue)) return jobQueueNotFound(jobQueue)
    if ((filters?.length ?? 0) > 1) return refuseWrapped(onlyOneFilter)
    const wrong = [
      pageSize(input.maxResults),
      readToken(input.nextToken, 'ListServiceJobs'),
      readFilters(filters, offered),
    ]
    return wrong.find(isRefusal) ?? { jobSummaryList: [] }
  },
})

const offered = ['JOB_NAME', 'BEFORE_CREATED_AT', 'AFTER_CREATED_AT', 'SHARE_IDENTIFIER', 'QUOTA_SHARE_NAME'] as const
