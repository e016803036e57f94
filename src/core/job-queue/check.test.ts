import { describe, expect, test } from 'vitest'
import type {
  CreateJobQueueRequest,
  JobQueueDetail,
  JobStateTimeLimitAction,
  UpdateJobQueueRequest,
} from '../../model/generated/batch.ts'
import { refuse, refuseWrapped } from '../../model/refusal.ts'
import { type QueueReferences, validateCreateJobQueue, validateUpdateJobQueue } from './check.ts'
import { mergeJobQueue, normaliseJobQueue } from './shape.ts'

const arnOf = (name: string) => `arn:aws:batch:us-west-2:123456789012:compute-environment/${name}`
const policyArn = (name: string) => `arn:aws:batch:us-west-2:123456789012:scheduling-policy/${name}`
const policy = policyArn('fair')
const serviceArn = (name: string) => `arn:aws:batch:us-west-2:123456789012:service-environment/${name}`

type FoundEnvironment = Omit<NonNullable<ReturnType<QueueReferences['computeEnvironment']>>, 'arn'>
const environments: Record<string, FoundEnvironment> = {
  pods: { status: 'VALID', computeResourcesType: 'SPOT', eks: true },
  ec2: { status: 'VALID', computeResourcesType: 'EC2' },
  spot: { status: 'VALID', computeResourcesType: 'SPOT' },
  own: { status: 'VALID' },
  fargate: { status: 'VALID', computeResourcesType: 'FARGATE' },
  broken: { status: 'INVALID', computeResourcesType: 'EC2' },
}

const references: QueueReferences = {
  computeEnvironment: (nameOrArn) => {
    const name = nameOrArn.split('/').at(-1)!
    const found = environments[name]
    return found && { arn: arnOf(name), ...found }
  },
  serviceEnvironment: (nameOrArn) => {
    const name = nameOrArn.split('/').at(-1)!
    const found = services[name]
    return found && { arn: serviceArn(name), status: 'VALID', capacityLimits: [], servedQueues: [], ...found }
  },
  schedulingPolicy: (arn) => {
    const name = arn.split('/').at(-1)!
    return /^(fair|fairer|quota)$/.test(name)
      ? { arn: policyArn(name), kind: name === 'quota' ? 'QUOTA_SHARE' : 'FAIR_SHARE' }
      : undefined
  },
}

type FoundService = NonNullable<ReturnType<QueueReferences['serviceEnvironment']>>
const services: Record<string, Partial<FoundService>> = {
  training: { capacityLimits: [{ capacityUnit: 'ml.m5.large', maxCapacity: 4 }] },
  counting: { capacityLimits: [{ capacityUnit: 'NUM_INSTANCES', maxCapacity: 4 }] },
  young: { status: 'CREATING' },
  shared: { servedQueues: [{ jobQueueName: 'other', policy: 'FAIR_SHARE' }] },
  parted: { servedQueues: [{ jobQueueName: 'other', policy: 'QUOTA_SHARE' }] },
}

const order = (...names: string[]) => names.map((computeEnvironment, i) => ({ order: i + 1, computeEnvironment }))

function create(rest: Partial<CreateJobQueueRequest> = {}): CreateJobQueueRequest {
  return { jobQueueName: 'default', priority: 1, computeEnvironmentOrder: order('ec2'), ...rest }
}

function forServiceJobs(serviceEnvironment: string, rest: Partial<CreateJobQueueRequest> = {}): CreateJobQueueRequest {
  return { jobQueueName: 'default', priority: 1, serviceEnvironmentOrder: [{ order: 1, serviceEnvironment }], ...rest }
}

const action: JobStateTimeLimitAction = {
  action: 'CANCEL',
  reason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
  state: 'RUNNABLE',
  maxTimeSeconds: 600,
}

describe('create: texts of the live service (docs/aws §1.7)', () => {
  const rows: [text: string, request: CreateJobQueueRequest][] = [
    ['Job Queue name should match a valid pattern.', create({ jobQueueName: 'my queue' })],
    [
      'Compute Environments must be created and valid before attaching them to a job queue',
      create({ computeEnvironmentOrder: order('absent') }),
    ],
    [
      'Compute Environments must be created and valid before attaching them to a job queue',
      create({ computeEnvironmentOrder: order('ec2', 'broken') }),
    ],
    [
      'Fargate and EC2 compute environments can not be mixed.',
      create({ computeEnvironmentOrder: order('ec2', 'fargate') }),
    ],
    [
      'Fargate and EC2 compute environments can not be mixed.',
      create({ computeEnvironmentOrder: order('fargate', 'own') }),
    ],
    ['EKS and ECS compute environments can not be mixed.', create({ computeEnvironmentOrder: order('pods', 'ec2') })],
    [
      'Duplicate ComputeEnvironment order values.',
      create({ computeEnvironmentOrder: [...order('ec2'), ...order('spot')] }),
    ],
    ['SchedulingPolicy arn:absent not found.', create({ schedulingPolicyArn: 'arn:absent' })],
    [
      'Invalid job action. Valid job actions: [CANCEL]',
      create({ jobStateTimeLimitActions: [{ ...action, action: 'TERMINATE' }] }),
    ],
    [
      'Duplicate job state limit actions are not allowed.',
      create({ jobStateTimeLimitActions: [action, { ...action, maxTimeSeconds: 700 }] }),
    ],
    [
      'Job queues of type SAGEMAKER_TRAINING must have serviceEnvironmentOrder.',
      create({ jobQueueType: 'SAGEMAKER_TRAINING' }),
    ],
    ['Service environments must be created and valid before attaching them to a job queue.', forServiceJobs('absent')],
    ['Service environments must be created and valid before attaching them to a job queue.', forServiceJobs('young')],
    [
      'Quota Management feature is only supported for SageMaker Training job queues.',
      create({ schedulingPolicyArn: policyArn('quota') }),
    ],
    [
      'Invalid job action. Valid job actions: [TERMINATE]',
      forServiceJobs('training', { jobStateTimeLimitActions: [action] }),
    ],
  ]

  test.each(rows)('%s', (text, request) => {
    expect(validateCreateJobQueue(request, references)).toEqual(refuseWrapped(text))
  })
})

describe('create: texts of our own', () => {
  const service = [{ order: 1, serviceEnvironment: 'training' }]
  const rows: [text: string, request: CreateJobQueueRequest][] = [
    ['Job Queue priority must be between 0 and 1000, got 1001.', create({ priority: 1001 })],
    ['Job Queue priority must be between 0 and 1000, got -1.', create({ priority: -1 })],
    [
      'computeEnvironmentOrder must have between 1 and 3 compute environments.',
      create({ computeEnvironmentOrder: [] }),
    ],
    [
      'computeEnvironmentOrder must have between 1 and 3 compute environments.',
      create({ computeEnvironmentOrder: order('ec2', 'spot', 'own', 'ec2') }),
    ],
    ['Duplicate ComputeEnvironment values.', create({ computeEnvironmentOrder: order('ec2', arnOf('ec2')) })],
    [
      'Job queue type ECS_FARGATE does not match its compute environments, which are of type ECS.',
      create({ jobQueueType: 'ECS_FARGATE' }),
    ],
    [
      'computeEnvironmentOrder and serviceEnvironmentOrder cannot both be set.',
      create({ serviceEnvironmentOrder: service }),
    ],
    [
      'serviceEnvironmentOrder must have exactly 1 service environment.',
      create({ computeEnvironmentOrder: [], serviceEnvironmentOrder: [...service, ...service] }),
    ],
    [
      'Job queue type ECS does not match its service environments, which are of type SAGEMAKER_TRAINING.',
      forServiceJobs('training', { jobQueueType: 'ECS' }),
    ],
    [
      'The service environment of a job queue with a quota share scheduling policy must have capacity limits by instance type, not NUM_INSTANCES.',
      forServiceJobs('counting', { schedulingPolicyArn: policyArn('quota') }),
    ],
    [
      'Service environment shared is attached to job queue other. With a quota share scheduling policy it can serve only one job queue.',
      forServiceJobs('shared', { schedulingPolicyArn: policyArn('quota') }),
    ],
    [
      'Service environment parted is attached to job queue other. With a quota share scheduling policy it can serve only one job queue.',
      forServiceJobs('parted'),
    ],
    [
      'Invalid job state limit reason. Valid reasons: [CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY, MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE, MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED]',
      forServiceJobs('training', { jobStateTimeLimitActions: [{ ...action, action: 'TERMINATE' }] }),
    ],
    [
      'maxTimeSeconds must be between 600 and 86400, got 60.',
      create({ jobStateTimeLimitActions: [{ ...action, maxTimeSeconds: 60 }] }),
    ],
    [
      'Invalid job state limit reason. Valid reasons: [CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY, MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE, MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT, MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED]',
      create({ jobStateTimeLimitActions: [{ ...action, reason: 'bored' }] }),
    ],
  ]

  test.each(rows)('%s', (text, request) => {
    expect(validateCreateJobQueue(request, references)).toEqual(refuseWrapped(text))
  })
})

test.each<[string, CreateJobQueueRequest]>([
  ['one environment by name', create()],
  ['by ARN, several kinds of EC2', create({ computeEnvironmentOrder: order(arnOf('spot'), 'own', 'ec2') })],
  ['Fargate, its type given', create({ computeEnvironmentOrder: order('fargate'), jobQueueType: 'ECS_FARGATE' })],
  ['a queue for pods, its type given', create({ computeEnvironmentOrder: order('pods'), jobQueueType: 'EKS' })],
  ['a fair-share queue', create({ schedulingPolicyArn: policy })],
  ['a disabled queue with a time limit', create({ state: 'DISABLED', jobStateTimeLimitActions: [action] })],
  ['an empty list of service environments', create({ serviceEnvironmentOrder: [] })],
  ['a queue for service jobs, its type inferred', forServiceJobs('training')],
  ['one that counts instances, with fair shares', forServiceJobs('counting', { schedulingPolicyArn: policy })],
  ['one that shares its environment', forServiceJobs('shared', { jobQueueType: 'SAGEMAKER_TRAINING' })],
  [
    'one with quota shares and a time limit',
    forServiceJobs(serviceArn('training'), {
      schedulingPolicyArn: policyArn('quota'),
      jobStateTimeLimitActions: [
        { ...action, action: 'TERMINATE', reason: 'MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE' },
      ],
    }),
  ],
])('create: accepted: %s', (_what, request) => {
  expect(validateCreateJobQueue(request, references)).toBeUndefined()
})

const queueArn = 'arn:aws:batch:us-west-2:123456789012:job-queue/default'
const current: JobQueueDetail = { ...normaliseJobQueue(create(), queueArn, references), status: 'VALID' }

const ofServiceJobs: JobQueueDetail = {
  ...normaliseJobQueue(forServiceJobs('training'), queueArn, references),
  status: 'VALID',
}

describe('update', () => {
  const rows: [text: string, current: JobQueueDetail, request: Partial<UpdateJobQueueRequest>][] = [
    ['Job Queue priority must be between 0 and 1000, got 1001.', current, { priority: 1001 }],
    [
      'A scheduling policy cannot be added to a job queue that was created without one.',
      current,
      { schedulingPolicyArn: policy },
    ],
    [
      'The scheduling policy of a job queue cannot be removed, only replaced.',
      { ...current, schedulingPolicyArn: policy },
      { schedulingPolicyArn: '' },
    ],
    [
      'SchedulingPolicy arn:absent not found.',
      { ...current, schedulingPolicyArn: policy },
      { schedulingPolicyArn: 'arn:absent' },
    ],
    [
      'The scheduling policy of a job queue cannot be switched between fair-share and quota share.',
      { ...current, schedulingPolicyArn: policy },
      { schedulingPolicyArn: policyArn('quota') },
    ],
    [
      'The scheduling policy of a job queue cannot be switched between fair-share and quota share.',
      { ...ofServiceJobs, schedulingPolicyArn: policyArn('quota') },
      { schedulingPolicyArn: policy },
    ],
    [
      'serviceEnvironmentOrder is only applicable for job queues of type SAGEMAKER_TRAINING.',
      current,
      { serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: 'training' }] },
    ],
    [
      'computeEnvironmentOrder is not applicable for job queues of type SAGEMAKER_TRAINING.',
      ofServiceJobs,
      { computeEnvironmentOrder: order('ec2') },
    ],
    [
      'Job queues of type SAGEMAKER_TRAINING must have serviceEnvironmentOrder.',
      ofServiceJobs,
      { serviceEnvironmentOrder: [] },
    ],
    [
      'Service environments must be created and valid before attaching them to a job queue.',
      ofServiceJobs,
      { serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: 'young' }] },
    ],
    [
      'The service environment of a job queue with a quota share scheduling policy must have capacity limits by instance type, not NUM_INSTANCES.',
      { ...ofServiceJobs, schedulingPolicyArn: policyArn('quota') },
      { serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: 'counting' }] },
    ],
    [
      'Job queue type ECS does not match its compute environments, which are of type ECS_FARGATE.',
      current,
      { computeEnvironmentOrder: order('fargate') },
    ],
    [
      'computeEnvironmentOrder must have between 1 and 3 compute environments.',
      current,
      { computeEnvironmentOrder: [] },
    ],
  ]

  test.each(rows)('%s', (text, before, request) => {
    expect(validateUpdateJobQueue(before, { jobQueue: 'default', ...request }, references)).toEqual(refuseWrapped(text))
  })

  test('refused while it is being modified', () => {
    expect(validateUpdateJobQueue({ ...current, status: 'DELETING' }, { jobQueue: 'default' }, references)).toEqual(
      refuse('Cannot update, resource is being modified'),
    )
  })

  test('accepted: state alone, and an empty policy where there is none', () => {
    const request = { jobQueue: 'default', state: 'DISABLED', schedulingPolicyArn: '' } as const
    expect(validateUpdateJobQueue(current, request, references)).toBeUndefined()
  })
})

test.each<[string, JobQueueDetail, Partial<UpdateJobQueueRequest>]>([
  [
    'a policy of the same kind',
    { ...current, schedulingPolicyArn: policy },
    { schedulingPolicyArn: policyArn('fairer') },
  ],
  [
    'another service environment',
    ofServiceJobs,
    { serviceEnvironmentOrder: [{ order: 3, serviceEnvironment: 'counting' }], computeEnvironmentOrder: [] },
  ],
])('update: accepted: %s', (_what, before, request) => {
  expect(validateUpdateJobQueue(before, { jobQueue: 'default', ...request }, references)).toBeUndefined()
})

describe('shown as', () => {
  test('a queue for service jobs, and its policy by the ARN that it has here', () => {
    const elsewhere = 'arn:aws:batch:eu-west-1:999999999999:scheduling-policy/fair'
    const shown = normaliseJobQueue(
      forServiceJobs('training', { schedulingPolicyArn: elsewhere }),
      queueArn,
      references,
    )
    expect(shown).toMatchObject({
      jobQueueType: 'SAGEMAKER_TRAINING',
      computeEnvironmentOrder: [],
      serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: serviceArn('training') }],
      schedulingPolicyArn: policy,
    })
    const moved = mergeJobQueue(
      shown,
      {
        jobQueue: 'default',
        serviceEnvironmentOrder: [{ order: 2, serviceEnvironment: 'counting' }],
        schedulingPolicyArn: policyArn('fairer'),
      },
      references,
    )
    expect(moved).toMatchObject({
      serviceEnvironmentOrder: [{ order: 2, serviceEnvironment: serviceArn('counting') }],
      schedulingPolicyArn: policyArn('fairer'),
    })
  })

  test('a new queue: environments as ARNs in the order they are tried', () => {
    const request = create({
      computeEnvironmentOrder: [
        { order: 20, computeEnvironment: 'spot' },
        { order: 10, computeEnvironment: 'ec2' },
      ],
    })
    expect(normaliseJobQueue(request, queueArn, references)).toStrictEqual({
      jobQueueName: 'default',
      jobQueueArn: queueArn,
      priority: 1,
      state: 'ENABLED',
      computeEnvironmentOrder: [
        { order: 10, computeEnvironment: arnOf('ec2') },
        { order: 20, computeEnvironment: arnOf('spot') },
      ],
      serviceEnvironmentOrder: [],
      jobQueueType: 'ECS',
      tags: {},
      jobStateTimeLimitActions: [],
    })
  })

  test('an update changes only what it gives', () => {
    expect(mergeJobQueue(current, { jobQueue: 'default', priority: 7 }, references)).toStrictEqual({
      ...current,
      priority: 7,
    })
    const moved = mergeJobQueue(
      current,
      { jobQueue: queueArn, computeEnvironmentOrder: order('spot'), schedulingPolicyArn: '' },
      references,
    )
    expect(moved).toStrictEqual({
      ...current,
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: arnOf('spot') }],
    })
  })
})
