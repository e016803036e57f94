/** https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateJobQueue.html */
import { updateJobQueue as update } from '../../../core/job-queue/decide.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'
import { queueReferences, resourceArn } from './resource-arn.ts'

export const updateJobQueue = defineOperation('batch', 'UpdateJobQueue', {
  // AWS's reference lists no service environment here, unlike for CreateJobQueue.
  resource: (input, { backend }) => [
    resourceArn(backend, 'job-queue', input.jobQueue),
    ...queueReferences(backend, input),
  ],
  handle: (input, context) => execute(context, 'UpdateJobQueue', update(input)),
})
