/** https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html */
import { submitJob as submit } from '../../core/decide/submit.ts'
import { defineOperation } from '../operation.ts'
import { execute } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const submitJob = defineOperation('batch', 'SubmitJob', {
  resource: (input, { services }) => [
    resourceArn(services, 'job-definition', input.jobDefinition),
    resourceArn(services, 'job-queue', input.jobQueue),
  ],
  handle: (input, context) => execute(context, 'SubmitJob', submit(input, context.principal.name)),
})
