/**
 * Compute environments, job queues and the account’s other resources: what is created is described.
 */
import type { BatchOperations } from '../../../src/model/generated/batch.ts'
import { eventually } from '../../support/eventually.ts'
import type { Client } from '../clients/client.ts'
import type { MemberPath } from './member-paths.ts'
import { refusalOf, type Shown, type Subject, sameMembers, startsWith } from './subject.ts'

interface Kind {
  readonly create: keyof BatchOperations
  readonly named: string
  readonly describe: (client: Client, name: string) => Promise<object | undefined>
  /** Set where only a few of the kind may exist, and one of a name. */
  readonly remove: (client: Client, name: string) => Promise<unknown>
}

const name = 'under-test'
const all = () => true

function subjectOf(kind: Kind, requests: Subject['requests'], members = sameMembers): Subject {
  return {
    input: `${kind.create}Request`,
    requests,
    async send(client, request) {
      const refused = await refusalOf(client.batch(kind.create, request as never))
      if (refused !== undefined) return [{ in: kind.create, refused }]
      const made = request[kind.named] as string
      const answer = await settled(kind, client, made)
      await kind.remove(client, made)
      return [{ in: `what ${kind.create} made`, answer, members } satisfies Shown]
    },
  }
}

async function settled({ create, describe }: Kind, client: Client, made: string): Promise<object> {
  return eventually(`what ${create} made is VALID`, async () => {
    const found = (await describe(client, made)) as { status?: string } | undefined
    return found && (found.status === undefined || found.status === 'VALID') ? found : undefined
  })
}

async function gone({ create, describe }: Kind, client: Client, made: string): Promise<void> {
  await eventually(`what ${create} made is gone`, async () => (await describe(client, made)) === undefined)
}

const environment: Kind = {
  create: 'CreateComputeEnvironment',
  named: 'computeEnvironmentName',
  describe: async ({ batch }, computeEnvironment) =>
    (await batch('DescribeComputeEnvironments', { computeEnvironments: [computeEnvironment] })).computeEnvironments![0],
  async remove(client, computeEnvironment) {
    await client.batch('UpdateComputeEnvironment', { computeEnvironment, state: 'DISABLED' })
    await settled(environment, client, computeEnvironment)
    await client.batch('DeleteComputeEnvironment', { computeEnvironment })
    await gone(environment, client, computeEnvironment)
  },
}
const placed = { subnets: ['subnet-base'], securityGroupIds: ['sg-base'] }
const managed = { computeEnvironmentName: name, type: 'MANAGED', state: 'ENABLED' }
const ec2 = { type: 'EC2', minvCpus: 0, maxvCpus: 4, instanceTypes: ['optimal'], instanceRole: 'ecs', ...placed }

export const computeEnvironmentSubject = subjectOf(environment, [
  { request: { ...managed, computeResources: ec2 }, fits: ({ text }) => text !== 'unmanagedvCpus' },
  {
    request: { ...managed, type: 'UNMANAGED', serviceRole: 'arn:aws:iam::123456789012:role/base' },
    fits: startsWith('unmanagedvCpus'),
  },
])

const queue: Kind = {
  create: 'CreateJobQueue',
  named: 'jobQueueName',
  describe: async ({ batch }, jobQueue) => (await batch('DescribeJobQueues', { jobQueues: [jobQueue] })).jobQueues![0],
  async remove(client, jobQueue) {
    await client.batch('UpdateJobQueue', { jobQueue, state: 'DISABLED' })
    await settled(queue, client, jobQueue)
    await client.batch('DeleteJobQueue', { jobQueue })
    await gone(queue, client, jobQueue)
  },
}
const queueBase = { jobQueueName: name, priority: 1, state: 'ENABLED' }
const computeEnvironmentOrder = [{ order: 1, computeEnvironment: 'default' }]
const isOfServices = ({ text }: MemberPath) => text.startsWith('serviceEnvironmentOrder')

export const jobQueueSubject = subjectOf(queue, [
  { request: { ...queueBase, jobQueueType: 'ECS', computeEnvironmentOrder }, fits: (path) => !isOfServices(path) },
  {
    request: { ...queueBase, serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: 'training' }] },
    fits: isOfServices,
  },
])

const policyArn = (policy: string) => `arn:aws:batch:us-west-2:123456789012:scheduling-policy/${policy}`
const policyKind: Kind = {
  create: 'CreateSchedulingPolicy',
  named: 'name',
  describe: async ({ batch }, policy) =>
    (await batch('DescribeSchedulingPolicies', { arns: [policyArn(policy)] })).schedulingPolicies![0],
  remove: ({ batch }, policy) => batch('DeleteSchedulingPolicy', { arn: policyArn(policy) }),
}

export const schedulingPolicySubject = subjectOf(policyKind, [{ request: { name }, fits: all }])

const consumable: Kind = {
  create: 'CreateConsumableResource',
  named: 'consumableResourceName',
  describe: ({ batch }, consumableResource) => batch('DescribeConsumableResource', { consumableResource }),
  remove: ({ batch }, consumableResource) => batch('DeleteConsumableResource', { consumableResource }),
}

export const consumableResourceSubject = subjectOf(consumable, [
  { request: { consumableResourceName: name }, fits: all },
])

const serviceEnvironmentKind: Kind = {
  create: 'CreateServiceEnvironment',
  named: 'serviceEnvironmentName',
  describe: async ({ batch }, made) =>
    (await batch('DescribeServiceEnvironments', { serviceEnvironments: [made] })).serviceEnvironments![0],
  async remove(client, serviceEnvironment) {
    await client.batch('UpdateServiceEnvironment', { serviceEnvironment, state: 'DISABLED' })
    await settled(serviceEnvironmentKind, client, serviceEnvironment)
    await client.batch('DeleteServiceEnvironment', { serviceEnvironment })
    await gone(serviceEnvironmentKind, client, serviceEnvironment)
  },
}
const capacityLimits = [{ maxCapacity: 3, capacityUnit: 'ml.g5.xlarge' }]

export const serviceEnvironmentSubject = subjectOf(serviceEnvironmentKind, [
  {
    request: {
      ...{ serviceEnvironmentName: name, serviceEnvironmentType: 'SAGEMAKER_TRAINING' },
      ...{ state: 'ENABLED', capacityLimits },
    },
    fits: all,
  },
])

const shareArn = (share: string) => `arn:aws:batch:us-west-2:123456789012:job-queue/quotas/quota-share/${share}`
const quotaShare: Kind = {
  create: 'CreateQuotaShare',
  named: 'quotaShareName',
  async describe({ batch }, share) {
    const { quotaShares = [] } = await batch('ListQuotaShares', { jobQueue: 'quotas' })
    const there = quotaShares.some(({ quotaShareName }) => quotaShareName === share)
    return there ? batch('DescribeQuotaShare', { quotaShareArn: shareArn(share) }) : undefined
  },
  async remove(client, share) {
    const quotaShareArn = shareArn(share)
    await client.batch('UpdateQuotaShare', { quotaShareArn, state: 'DISABLED' })
    await settled(quotaShare, client, share)
    await client.batch('DeleteQuotaShare', { quotaShareArn })
    await gone(quotaShare, client, share)
  },
}

export const quotaShareSubject = subjectOf(
  quotaShare,
  [
    {
      request: {
        ...{ quotaShareName: name, jobQueue: 'quotas', capacityLimits, state: 'ENABLED' },
        resourceSharingConfiguration: { strategy: 'RESERVE' },
        preemptionConfiguration: { inSharePreemption: 'DISABLED' },
      },
      fits: all,
    },
  ],
  (path) => (path.text === 'jobQueue' ? ['jobQueueArn'] : sameMembers(path)),
)

/**
 * Makes what the requests of all subjects refer to. Nothing runs, because the compute environments
 * are DISABLED.
 */
export async function prepareResources(client: Client): Promise<void> {
  const { batch } = client
  await batch('CreateConsumableResource', { consumableResourceName: 'license', totalQuantity: 1000 })
  const { arn: fair } = await batch('CreateSchedulingPolicy', { name: 'fair' })
  const quotaSharePolicy = { idleResourceAssignmentStrategy: 'FIFO' } as const
  const { arn: quota } = await batch('CreateSchedulingPolicy', { name: 'quota', quotaSharePolicy })

  const fargate = { type: 'FARGATE', maxvCpus: 4, ...placed }
  for (const [computeEnvironmentName, computeResources] of Object.entries({ off: ec2, 'off-fargate': fargate })) {
    await batch('CreateComputeEnvironment', { computeEnvironmentName, type: 'MANAGED', computeResources } as never)
    await validEnvironment(client, computeEnvironmentName)
  }
  const queues = { parked: {}, 'parked-fargate': {}, 'parked-shares': { schedulingPolicyArn: fair! } }
  for (const [jobQueueName, more] of Object.entries(queues)) {
    const computeEnvironment = jobQueueName === 'parked-fargate' ? 'off-fargate' : 'off'
    await batch('CreateJobQueue', {
      ...{ jobQueueName, priority: 1, computeEnvironmentOrder: [{ order: 1, computeEnvironment }] },
      ...more,
    })
    await validQueue(client, jobQueueName)
  }
  for (const computeEnvironment of ['off', 'off-fargate']) {
    await batch('UpdateComputeEnvironment', { computeEnvironment, state: 'DISABLED' })
    await validEnvironment(client, computeEnvironment)
  }

  const limits = ['ml.g5.xlarge', 'ml.m5.large'].map((capacityUnit) => ({ maxCapacity: 10, capacityUnit }))
  for (const serviceEnvironmentName of ['training', 'shared']) {
    const type = { serviceEnvironmentType: 'SAGEMAKER_TRAINING' } as const
    await batch('CreateServiceEnvironment', { serviceEnvironmentName, ...type, capacityLimits: limits })
    await eventually(`the service environment ${serviceEnvironmentName} is VALID`, async () => {
      const described = await batch('DescribeServiceEnvironments', { serviceEnvironments: [serviceEnvironmentName] })
      return described.serviceEnvironments![0]?.status === 'VALID'
    })
  }
  await batch('CreateJobQueue', {
    ...{ jobQueueName: 'quotas', priority: 1, schedulingPolicyArn: quota! },
    serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: 'shared' }],
  })
  await validQueue(client, 'quotas')
}

function validEnvironment({ batch }: Client, computeEnvironment: string) {
  return eventually(`the compute environment ${computeEnvironment} is VALID`, async () => {
    const described = await batch('DescribeComputeEnvironments', { computeEnvironments: [computeEnvironment] })
    return described.computeEnvironments![0]?.status === 'VALID'
  })
}

function validQueue({ batch }: Client, jobQueue: string) {
  return eventually(`the job queue ${jobQueue} is VALID`, async () => {
    return (await batch('DescribeJobQueues', { jobQueues: [jobQueue] })).jobQueues![0]?.status === 'VALID'
  })
}
