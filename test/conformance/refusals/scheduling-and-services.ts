/**
 * Refusals of scheduling policies, of service environments, and of queues and jobs that use them
 * (docs/aws §1.7, §1.9, §1.10, §16).
 */
import {
  type BatchClient,
  type CapacityLimit,
  CreateConsumableResourceCommand,
  CreateJobQueueCommand,
  type CreateJobQueueCommandInput,
  CreateQuotaShareCommand,
  type CreateQuotaShareCommandInput,
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
import { bare, own, type Row, type RowOptions, row } from './row.ts'
import { definitions, kept, queueOf } from './setting.ts'

export const fairQueue = 'fair'
export const quotaQueue = 'quota'
const byNumber = 'by-number'
export const byType = 'by-type'
const policyArn = (name: string) => `arn:aws:batch:us-west-2:123456789012:scheduling-policy/${name}`

/**
 * In addition to what `setting.ts` makes: policies of both kinds, each with a queue, and service
 * environments.
 */
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
  await createServiceEnvironment(batch, byNumber, instances(2))
  await createServiceEnvironment(batch, byType, ofType('ml.m5.large'))
  await batch.send(
    new CreateJobQueueCommand({
      ...{ jobQueueName: quotaQueue, jobQueueType: 'SAGEMAKER_TRAINING', priority: 1 },
      schedulingPolicyArn: policyArn('quota'),
      serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: byType }],
    }),
  )
  await eventually('the quota queue is VALID', async () => (await queueOf(batch, quotaQueue))?.status === 'VALID')
}

async function createServiceEnvironment(batch: BatchClient, name: string, limit: CapacityLimit): Promise<void> {
  await batch.send(
    new CreateServiceEnvironmentCommand({
      ...{ serviceEnvironmentName: name, serviceEnvironmentType: 'SAGEMAKER_TRAINING', capacityLimits: [limit] },
    }),
  )
  await eventually(`the service environment ${name} is VALID`, async () => {
    const command = new DescribeServiceEnvironmentsCommand({ serviceEnvironments: [name] })
    return (await batch.send(command)).serviceEnvironments?.[0]?.status === 'VALID'
  })
}

function policy(
  what: string,
  text: Row['text'],
  request: Partial<CreateSchedulingPolicyCommandInput>,
  options?: RowOptions,
): Row {
  const input = { name: 'refused', ...request }
  return row(what, text, (batch) => batch.send(new CreateSchedulingPolicyCommand(input)), options)
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

const instances = (maxCapacity: number): Required<CapacityLimit> => ({ maxCapacity, capacityUnit: 'NUM_INSTANCES' })
const ofType = (capacityUnit: string): Required<CapacityLimit> => ({ maxCapacity: 1, capacityUnit })

function queue(what: string, text: Row['text'], request: Partial<CreateJobQueueCommandInput>): Row {
  const input = { jobQueueName: 'refused', priority: 1, ...request }
  return row(what, text, (batch) => batch.send(new CreateJobQueueCommand(input)))
}

function submission(what: string, text: Row['text'], request: Partial<SubmitJobCommandInput>, options?: RowOptions) {
  const input = { jobName: 'refused', jobQueue: fairQueue, jobDefinition: definitions.plain, ...request }
  return row(what, text, (batch) => batch.send(new SubmitJobCommand(input)), options)
}

function quotaShare(what: string, text: Row['text'], request: Partial<CreateQuotaShareCommandInput>): Row {
  const input: CreateQuotaShareCommandInput = {
    ...{ quotaShareName: 'refused', jobQueue: quotaQueue, capacityLimits: [ofType('ml.m5.large')] },
    resourceSharingConfiguration: { strategy: 'RESERVE' },
    preemptionConfiguration: { inSharePreemption: 'DISABLED' },
    ...request,
  }
  return row(what, text, (batch) => batch.send(new CreateQuotaShareCommand(input)), own)
}

const onlySageMaker = 'Quota Management feature is only supported for SageMaker Training job queues.'

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
    // The form in which the two are named was not captured.
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
    serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: byNumber }],
    jobStateTimeLimitActions: [
      {
        reason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
        ...{ state: 'RUNNABLE', maxTimeSeconds: 600, action: 'CANCEL' },
      },
    ],
  }),
  queue('quota shares on a compute environment', onlySageMaker, {
    schedulingPolicyArn: policyArn('quota'),
    computeEnvironmentOrder: [{ order: 1, computeEnvironment: kept }],
  }),

  submission('a share in two words', 'ShareIdentifier name should match a valid pattern.', {
    shareIdentifier: 'two words',
  }),
  submission(
    'no share on a fair-share queue',
    'Job must have a shareIdentifier when submitted to a job queue with fair share scheduling policy.',
    {},
    own,
  ),
  submission(
    'no priority anywhere',
    'Either schedulingPriority in job definition or schedulingPriorityOverride is required.',
    { shareIdentifier: 'lab' },
    bare,
  ),
  submission('a priority too high', 'Scheduling priority must be between 0 and 9999.', {
    ...{ shareIdentifier: 'lab', schedulingPriorityOverride: 10_000 },
  }),

  quotaShare('a name with a space', 'Quota share name should match a valid pattern.', {
    quotaShareName: 'two words',
  }),
  quotaShare('a quota share of a queue for containers', onlySageMaker, { jobQueue: fairQueue }),
  row(
    'a name with a space',
    'Consumable resource name should match a valid pattern.',
    (batch) =>
      batch.send(new CreateConsumableResourceCommand({ consumableResourceName: 'two words', totalQuantity: 1 })),
    own,
  ),
]
