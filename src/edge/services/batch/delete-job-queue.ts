/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteJobQueue.html */
import { deleteJobQueue as remove } from '../../../core/job-queue/decide.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const deleteJobQueue = defineOperation('batch', 'DeleteJobQueue', {
  resource: (input, { backend }) => resourceArn(backend, 'job-queue', input.jobQueue),
  handle: (input, context) => executeQuietly(context, 'DeleteJobQueue', remove(input.jobQueue)),
})
