/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobQueues.html */
import { describeJobQueue, findJobQueue } from '../../../core/job-queue/read.ts'
import { isRefusal, refuse } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { listed } from './listed.ts'

export const describeJobQueues = defineOperation('batch', 'DescribeJobQueues', {
  resource: () => '*',
  handle(input, { backend }) {
    const { state } = backend.loop
    const names = input.jobQueues
    if (names?.length && input.maxResults !== undefined) return refuse('JobQueues and MaxResults cannot both be set')
    const result = listed(input, names, [...state.jobQueues.values()], (name) => findJobQueue(state, name))
    if (isRefusal(result)) return result
    const { items, ...rest } = result
    return { jobQueues: items.map(describeJobQueue), ...rest }
  },
})
