/** https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html */
import { createJobQueue as create } from '../../../core/job-queue/decide.ts'
import { arn } from '../../../model/arn.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'
import { queueReferences, resourceArn } from './resource-arn.ts'

export const createJobQueue = defineOperation('batch', 'CreateJobQueue', {
  resource: (input, { backend }) => [
    arn(backend, 'job-queue', input.jobQueueName),
    ...queueReferences(backend, input),
    ...(input.serviceEnvironmentOrder ?? []).map(({ serviceEnvironment }) =>
      resourceArn(backend, 'service-environment', serviceEnvironment),
    ),
  ],
  handle: (input, context) => execute(context, 'CreateJobQueue', create(input)),
})
