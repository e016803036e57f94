/** Job queues that are refused (docs/aws §1.7). */
import {
  CreateJobQueueCommand,
  type CreateJobQueueCommandInput,
  DeleteJobQueueCommand,
  DescribeJobQueuesCommand,
  type JobStateTimeLimitAction,
  UpdateJobQueueCommand,
} from '@aws-sdk/client-batch'
import { bare, own, type Row, type RowOptions, row } from './row.ts'
import { fargate, fargateQueue, kept } from './setting.ts'
import { whileChanging } from './while-changing.ts'

/** No row may create it. */
export const refusedQueue = 'refused'

function refused(what: string, text: Row['text'], request: Partial<CreateJobQueueCommandInput>, options?: RowOptions) {
  const input = { jobQueueName: refusedQueue, priority: 1, computeEnvironmentOrder: ordered(kept), ...request }
  return row(what, text, (batch) => batch.send(new CreateJobQueueCommand(input)), options)
}

function ordered(...names: string[]) {
  return names.map((computeEnvironment, index) => ({ order: index + 1, computeEnvironment }))
}

const limit = (changes: Partial<JobStateTimeLimitAction> = {}): JobStateTimeLimitAction => ({
  reason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
  ...{ state: 'RUNNABLE', maxTimeSeconds: 600, action: 'CANCEL', ...changes },
})

const notValid = 'Compute Environments must be created and valid before attaching them to a job queue'
const noPolicy = 'arn:aws:batch:us-west-2:123456789012:scheduling-policy/nowhere'

export const queueRows: readonly Row[] = [
  refused('a name with a space', 'Job Queue name should match a valid pattern.', { jobQueueName: 'two words' }),
  refused(
    'a name that is taken',
    'Object already exists',
    { jobQueueName: fargateQueue },
    { ...bare, httpStatus: 409 },
  ),
  refused('an environment that is not there', notValid, { computeEnvironmentOrder: ordered('nowhere') }),
  row('an environment that is not there, later', notValid, (batch) =>
    batch.send(new UpdateJobQueueCommand({ jobQueue: fargateQueue, computeEnvironmentOrder: ordered('nowhere') })),
  ),
  refused('EC2 and Fargate', 'Fargate and EC2 compute environments can not be mixed.', {
    computeEnvironmentOrder: ordered(kept, fargate),
  }),
  refused('an order twice', 'Duplicate ComputeEnvironment order values.', {
    computeEnvironmentOrder: [
      { order: 1, computeEnvironment: kept },
      { order: 1, computeEnvironment: 'default' },
    ],
  }),
  refused('a policy that is not there', `SchedulingPolicy ${noPolicy} not found.`, { schedulingPolicyArn: noPolicy }),
  refused('an action for another kind of queue', 'Invalid job action. Valid job actions: [CANCEL]', {
    jobStateTimeLimitActions: [limit({ action: 'TERMINATE' })],
  }),
  refused('two limits for one reason', 'Duplicate job state limit actions are not allowed.', {
    jobStateTimeLimitActions: [limit(), limit({ maxTimeSeconds: 900 })],
  }),
  refused(
    'SageMaker on a compute environment',
    'Job queues of type SAGEMAKER_TRAINING must have serviceEnvironmentOrder.',
    { jobQueueType: 'SAGEMAKER_TRAINING' },
  ),
  row(
    'a queue that is enabled',
    'Cannot delete, state must be DISABLED',
    (batch) => batch.send(new DeleteJobQueueCommand({ jobQueue: fargateQueue })),
    { ...own, ...bare },
  ),
  row(
    'a queue being changed',
    'Cannot delete, resource is being modified',
    (batch, server) =>
      whileChanging(
        server,
        () => batch.send(new UpdateJobQueueCommand({ jobQueue: fargateQueue, priority: 1 })),
        () => batch.send(new DeleteJobQueueCommand({ jobQueue: fargateQueue })),
      ),
    bare,
  ),
  row(
    'names and a page at once',
    'JobQueues and MaxResults cannot both be set',
    (batch) => batch.send(new DescribeJobQueuesCommand({ jobQueues: [fargateQueue], maxResults: 1 })),
    bare,
  ),
]
