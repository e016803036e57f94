/** Scheduling policies, service environments, and the queues and jobs that use them, refused (batch-semantics §1.7, §1.9, §1.10, §16). */
import {
  type BatchClient,
  type CapacityLimit,
  CreateJobQueueCommand,
  type CreateJobQueueCommandInput,
  CreateSchedulingPolicyCommand,
  type CreateSchedulingPolicyCommandInput,
  CreateServiceEnvironmentCommand,
  type CreateServiceEnvironmentCommandInput,
  DescribeServiceEnvironmentsCommand,
  type ShareAttributes,
  SubmitJobCommand,
  type SubmitJobCommandInput,
} from '@aws-sdk/client-batch'
import { eventually } from '../../support/eventually.ts'
import { own, type Row, type RowOptions, row } from './row.ts'
import { definitions, kept, queueOf } from './setting.ts'

const fairQueue = 'fair'
const serviceEnvironment = 'training'
const policyArn = (name: string) => `arn:aws:batch:us-west-2:123456789012:scheduling-policy/${name}`

/** Beside what `setting.ts` makes: a fair-share policy with its queue, a quota-share policy, a service environment. */
export async function prepareServices(batch: BatchClient): Promise<void> {
  await batch.send(new CreateSchedulingPolicyCommand({ name: 'fair', fairsharePolicy: {} }))
  const quotaSharePolicy = { idleResourceAssignmentStrategy: 'FIFO' } as const
  await batch.send(new CreateSchedulingPolicyCommand({ name: 'quota', quotaSharePolicy }))
  await batch.send(
    new CreateJobQueueCommand({
      ...{ jobQueueName: fairQueue, priority: 1, schedulingPolicyArn: policyArn('fair') },
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: kept }],
    }),
  )
  await eventually('the fair queue is VALID', async () => (await queueOf(batch, fairQueue))?.status === 'VALID')
  await batch.send(
    new CreateServiceEnvironmentCommand({
      ...{ serviceEnvironmentName: serviceEnvironment, serviceEnvironmentType: 'SAGEMAKER_TRAINING' },
      capacityLimits: [{ maxCapacity: 2, capacityUnit: 'NUM_INSTANCES' }],
    }),
  )
  await eventually('the service environment is VALID', async () => {
    const command = new DescribeServiceEnvironmentsCommand({ serviceEnvironments: [serviceEnvironment] })
    return (await batch.send(command)).serviceEnvironments?.[0]?.status === 'VALID'
  })
}

function policy(what: string, text: Row['text'], request: Partial<CreateSchedulingPolicyCommandInput>): Row {
  const input = { name: 'refused', ...request }
  return row(what, text, (batch) => batch.send(new CreateSchedulingPolicyCommand(input)))
}

const shares = (...shareDistribution: ShareAttributes[]): Partial<CreateSchedulingPolicyCommandInput> => ({
  fairsharePolicy: { shareDistribution },
})

function service(what: string, text: Row['text'], request: Partial<CreateServiceEnvironmentCommandInput>): Row {
  const input: CreateServiceEnvironmentCommandInput = {
    ...{ serviceEnvironmentName: 'refused', serviceEnvironmentType: 'SAGEMAKER_TRAINING' },
    ...{ capacityLimits: [instances(1)], ...request },
  }
  return row(what, text, (batch) => batch.send(new CreateServiceEnvironmentCommand(input)))
}

const instances = (maxCapacity: number): CapacityLimit => ({ maxCapacity, capacityUnit: 'NUM_INSTANCES' })
const ofType = (capacityUnit: string): CapacityLimit => ({ maxCapacity: 1, capacityUnit })

function queue(what: string, text: Row['text'], request: Partial<CreateJobQueueCommandInput>): Row {
  const input = { jobQueueName: 'refused', priority: 1, ...request }
  return row(what, text, (batch) => batch.send(new CreateJobQueueCommand(input)))
}

function submission(what: string, text: Row['text'], request: Partial<SubmitJobCommandInput>, options?: RowOptions) {
  const input = { jobName: 'refused', jobQueue: fairQueue, jobDefinition: definitions.plain, ...request }
  return row(what, text, (batch) => batch.send(new SubmitJobCommand(input)), options)
}

export const serviceRows: readonly Row[] = [
  policy('a name with a space', 'Scheduling policy name should match a valid pattern.', { name: 'two words' }),
  policy(
    '501 shares',
    'ShareDistribution size cannot be greater than 500.',
    shares(...Array.from({ length: 501 }, (_, index) => ({ shareIdentifier: `share${index}` }))),
  ),
  policy(
    'a weight of nothing',
    'Weight factor should be between 0.0001 and 999.9999.',
    shares({ shareIdentifier: 'lab', weightFactor: 0 }),
  ),
  policy(
    'a weight too great',
    'Weight factor should be between 0.0001 and 999.9999.',
    shares({ shareIdentifier: 'lab', weightFactor: 1000 }),
  ),
  policy(
    'a share and its prefix',
    // How the two are named was not captured.
    /^Share identifier .*UserA.* matches another share identifier .*UserA.*$/,
    shares({ shareIdentifier: 'UserA1' }, { shareIdentifier: 'UserA*' }),
  ),
  policy('a strategy that is none', 'Idle resource assignment strategy must be one of [FIFO].', {
    quotaSharePolicy: { idleResourceAssignmentStrategy: 'LIFO' as never },
  }),

  service('a name with a space', 'Service environment name should match a valid pattern.', {
    serviceEnvironmentName: 'two words',
  }),
  service('six limits', 'Number of capacity limits exceeds 5.', {
    capacityLimits: [1, 2, 3, 4, 5, 6].map((size) => ofType(`ml.m5.${size}xlarge`)),
  }),
  service('a limit of nothing', 'Max capacity must be more than 0.', { capacityLimits: [instances(0)] }),
  service('limits of two kinds', 'Capacity units must specify either number of instances OR instance type', {
    capacityLimits: [instances(1), ofType('ml.m5.large')],
  }),

  queue(
    'a service environment that is not there',
    'Service environments must be created and valid before attaching them to a job queue.',
    {
      jobQueueType: 'SAGEMAKER_TRAINING',
      serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: 'nowhere' }],
    },
  ),
  queue('an action for compute environments', 'Invalid job action. Valid job actions: [TERMINATE]', {
    jobQueueType: 'SAGEMAKER_TRAINING',
    serviceEnvironmentOrder: [{ order: 1, serviceEnvironment }],
    jobStateTimeLimitActions: [
      {
        reason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
        ...{ state: 'RUNNABLE', maxTimeSeconds: 600, action: 'CANCEL' },
      },
    ],
  }),
  queue(
    'quota shares on a compute environment',
    'Quota Management feature is only supported for SageMaker Training job queues.',
    {
      schedulingPolicyArn: policyArn('quota'),
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: kept }],
    },
  ),

  submission('a share in two words', 'ShareIdentifier name should match a valid pattern.', {
    shareIdentifier: 'two words',
  }),
  submission(
    'no share on a fair-share queue',
    'Job must have a shareIdentifier when submitted to a job queue with fair share scheduling policy.',
    {},
    own,
  ),
  submission('a priority too high', 'Scheduling priority must be between 0 and 9999.', {
    ...{ shareIdentifier: 'lab', schedulingPriorityOverride: 10_000 },
  }),
]
