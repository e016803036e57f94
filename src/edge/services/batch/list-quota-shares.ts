/** https://docs.aws.amazon.com/batch/latest/APIReference/API_ListQuotaShares.html */
import { findJobQueue } from '../../../core/job-queue/read.ts'
import { quotaSharesOf, summariseQuotaShare } from '../../../core/quota-share/read.ts'
import { jobQueueNotFound } from '../../../core/reference.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { page } from './paging.ts'
import { resourceArn } from './resource-arn.ts'

export const listQuotaShares = defineOperation('batch', 'ListQuotaShares', {
  resource: (input, { backend }) => resourceArn(backend, 'job-queue', input.jobQueue),
  handle(input, { backend }) {
    const { state } = backend.loop
    const jobQueue = findJobQueue(state, input.jobQueue)
    if (!jobQueue) return jobQueueNotFound(input.jobQueue)
    const all = quotaSharesOf(state, jobQueue).sort((a, b) => (a.name < b.name ? -1 : 1))
    const result = page(all, ({ name }) => name, input, ['ListQuotaShares', jobQueue.name])
    if (isRefusal(result)) return result
    const { items, ...rest } = result
    return { quotaShares: items.map(summariseQuotaShare), ...rest }
  },
})
