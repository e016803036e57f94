/** https://docs.aws.amazon.com/batch/latest/APIReference/API_GetJobQueueSnapshot.html */
import { findJobQueue } from '../../../core/job-queue/read.ts'
import { jobQueueSnapshot } from '../../../core/job-queue/snapshot.ts'
import { jobQueueNotFound } from '../../../core/reference.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { resourceArn } from './resource-arn.ts'

export const getJobQueueSnapshot = defineOperation('batch', 'GetJobQueueSnapshot', {
  resource: (input, { backend }) => resourceArn(backend, 'job-queue', input.jobQueue),
  handle(input, context) {
    const { state } = context.backend.loop
    const { owners, sees } = sightOf(context)
    const jobQueue = findJobQueue(state, input.jobQueue)
    return jobQueue
      ? jobQueueSnapshot(state, jobQueue, context.now(), owners && sees)
      : jobQueueNotFound(input.jobQueue)
  },
})
