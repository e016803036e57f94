/** https://docs.aws.amazon.com/batch/latest/APIReference/API_GetJobQueueSnapshot.html */
import { findJobQueue } from '../../../core/job-queue/read.ts'
import { jobQueueSnapshot } from '../../../core/job-queue/snapshot.ts'
import { jobQueueNotFound } from '../../../core/reference.ts'
import { defineOperation } from '../../operation.ts'
import { resourceArn } from './resource-arn.ts'

export const getJobQueueSnapshot = defineOperation('batch', 'GetJobQueueSnapshot', {
  resource: (input, { backend }) => resourceArn(backend, 'job-queue', input.jobQueue),
  handle(input, { backend, now }) {
    const { state } = backend.loop
    const jobQueue = findJobQueue(state, input.jobQueue)
    return jobQueue ? jobQueueSnapshot(state, jobQueue, now()) : jobQueueNotFound(input.jobQueue)
  },
})
