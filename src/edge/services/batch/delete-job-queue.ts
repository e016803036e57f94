/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteJobQueue.html */
import { administrators } from '../../../access/rule.ts'
import { deleteJobQueue as remove } from '../../../core/job-queue/decide.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const deleteJobQueue = defineOperation('batch', 'DeleteJobQueue', {
  who: administrators,
  resource: (input, { backend }) => resourceArn(backend, 'job-queue', input.jobQueue),
  handle: (input, context) => executeQuietly(context, 'DeleteJobQueue', remove(input.jobQueue)),
})
