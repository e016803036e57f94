/**
 * Every operation on scheduling policies, consumable resources, service environments, quota shares,
 * service jobs and many jobs at once, with the SDK on a real server.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import type { Client } from './clients/client.ts'
import { jsSdk } from './clients/js-sdk.ts'

const arnOf = (rest: string) => `arn:aws:batch:us-west-2:123456789012:${rest}`
const refusal = (text: string) => ({ code: 'ClientException', message: expect.stringContaining(text) })
const neverEnds = { type: 'container', containerProperties: { image: 'i', command: ['run 1h'] } } as const

let server: TestServer
let client: Client
let batch: Client['batch']

beforeAll(async () => {
  server = await startServer({ driver: 'scripted', env: { OPENBATCH_DRIVERS_SCRIPTED_ENABLED: 'true' } })
  client = jsSdk.open({ endpoint: server.endpoint, credentials: server.administrator })
  batch = client.batch
  const resourceRequirements = [
    { type: 'VCPU', value: '1' },
    { type: 'MEMORY', value: '64' },
  ] as const
  await batch('RegisterJobDefinition', {
    ...{ jobDefinitionName: 'long', type: 'container' },
    containerProperties: { ...neverEnds.containerProperties, resourceRequirements },
  })
})
afterAll(async () => {
  client?.close()
  await server?.stop()
  // Every answer had the right shape; otherwise the server would have said so.
  expect(
    server
      ?.log()
      .split('\n')
      .filter((line) => /^\{"level":[56]0,/.test(line)),
  ).toEqual([])
})

const job = async (jobId: string) => (await batch('DescribeJobs', { jobs: [jobId] })).jobs![0]!
const reach = (jobId: string, status: string) =>
  eventually(`${jobId} is ${status}`, async () => ((await job(jobId)).status === status ? job(jobId) : undefined))
const queue = async (name: string) => (await batch('DescribeJobQueues', { jobQueues: [name] })).jobQueues![0]
const environment = async (name: string) =>
  (await batch('DescribeServiceEnvironments', { serviceEnvironments: [name] })).serviceEnvironments![0]
const valid = (what: string, look: () => Promise<{ status?: string } | undefined>) =>
  eventually(`${what} is VALID`, async () => (await look())?.status === 'VALID')

describe('scheduling policies', () => {
  test('from creation to deletion', async () => {
    const fairsharePolicy = {
      ...{ shareDecaySeconds: 3600, computeReservation: 10 },
      shareDistribution: [{ shareIdentifier: 'lab*', weightFactor: 0.5 }, { shareIdentifier: 'guests' }],
    }
    const arn = arnOf('scheduling-policy/fair')
    expect(await batch('CreateSchedulingPolicy', { name: 'fair', fairsharePolicy, tags: { a: '1' } })).toEqual({
      ...{ name: 'fair', arn },
    })
    await expect(batch('CreateSchedulingPolicy', { name: 'fair' })).rejects.toMatchObject(
      refusal('Object already exists'),
    )
    const described = await batch('DescribeSchedulingPolicies', { arns: [arn, arnOf('scheduling-policy/none')] })
    expect(described).toEqual({ schedulingPolicies: [{ name: 'fair', arn, fairsharePolicy, tags: { a: '1' } }] })

    await batch('CreateJobQueue', {
      ...{ jobQueueName: 'shared', priority: 1, schedulingPolicyArn: arn },
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'default' }],
    })
    await valid('the queue', () => queue('shared'))
    expect(await queue('shared')).toMatchObject({ schedulingPolicyArn: arn })
    const submission = { jobName: 'fair', jobQueue: 'shared', jobDefinition: 'long' }
    await expect(batch('SubmitJob', submission)).rejects.toMatchObject(refusal('Job must have a shareIdentifier'))
    const { jobId } = await batch('SubmitJob', {
      ...submission,
      ...{ shareIdentifier: 'lab1', schedulingPriorityOverride: 0 },
    })
    expect(await job(jobId!)).toMatchObject({ shareIdentifier: 'lab1' })
    await batch('TerminateJob', { jobId: jobId!, reason: 'seen' })

    await batch('UpdateSchedulingPolicy', { arn, fairsharePolicy: { shareDecaySeconds: 60 } })
    const after = await batch('DescribeSchedulingPolicies', { arns: [arn] })
    expect(after.schedulingPolicies![0]!.fairsharePolicy).toEqual({
      ...{ shareDecaySeconds: 60, computeReservation: 0, shareDistribution: [] },
    })
    const inUse = refusal('Cannot delete, found existing JobQueue relationship')
    await expect(batch('DeleteSchedulingPolicy', { arn })).rejects.toMatchObject(inUse)
    const other = (await batch('CreateSchedulingPolicy', { name: 'other' })).arn!
    await batch('UpdateJobQueue', { jobQueue: 'shared', schedulingPolicyArn: other })
    await batch('DeleteSchedulingPolicy', { arn })
    await expect(batch('DeleteSchedulingPolicy', { arn })).rejects.toMatchObject(
      refusal(`SchedulingPolicy ${arn} not found.`),
    )

    const quotaSharePolicy = { idleResourceAssignmentStrategy: 'FIFO' } as const
    await batch('CreateSchedulingPolicy', { name: 'a-quota', quotaSharePolicy })
    const first = await batch('ListSchedulingPolicies', { maxResults: 1 })
    expect(first.schedulingPolicies).toEqual([{ arn: arnOf('scheduling-policy/a-quota') }])
    const next = await batch('ListSchedulingPolicies', { maxResults: 1, nextToken: first.nextToken! })
    expect(next).toEqual({ schedulingPolicies: [{ arn: other }] })
    await expect(
      batch('UpdateJobQueue', { jobQueue: 'shared', schedulingPolicyArn: arnOf('scheduling-policy/a-quota') }),
    ).rejects.toMatchObject(refusal('cannot be switched between fair-share and quota share'))
  })
})

describe('consumable resources', () => {
  test('from creation to deletion, held by a job and counted', async () => {
    const consumableResourceArn = arnOf('consumable-resource/license')
    const named = { consumableResourceName: 'license', consumableResourceArn }
    expect(await batch('CreateConsumableResource', { consumableResourceName: 'license', totalQuantity: 3 })).toEqual(
      named,
    )
    await batch('CreateConsumableResource', { consumableResourceName: 'Lease', resourceType: 'NON_REPLENISHABLE' })
    const add = { consumableResource: 'license', operation: 'ADD', quantity: 2, clientToken: 'once' }
    for (const _ of [1, 2]) expect(await batch('UpdateConsumableResource', add)).toEqual({ ...named, totalQuantity: 5 })
    await expect(batch('UpdateConsumableResource', { ...add, quantity: 3 })).rejects.toMatchObject(
      refusal('The clientToken once was used for another update of license.'),
    )
    await expect(
      batch('UpdateConsumableResource', { consumableResource: 'license', operation: 'REMOVE', quantity: 6 }),
    ).rejects.toMatchObject(refusal('Cannot remove 6'))

    const consumableResourceProperties = {
      consumableResourceList: [{ consumableResource: 'license', quantity: 4 }],
    }
    const submit = async (jobName: string) => {
      const submitted = await batch('SubmitJob', {
        ...{ jobName, jobQueue: 'default', jobDefinition: 'long' },
        consumableResourcePropertiesOverride: consumableResourceProperties,
      })
      return submitted.jobId!
    }
    const holder = await submit('Holder')
    await reach(holder, 'RUNNING')
    const waiting = await submit('waiting')
    const shown = () => batch('DescribeConsumableResource', { consumableResource: consumableResourceArn })
    expect(await shown()).toMatchObject({
      ...{ ...named, resourceType: 'REPLENISHABLE', createdAt: expect.any(Number), tags: {} },
      ...{ totalQuantity: 5, inUseQuantity: 4, availableQuantity: 1 },
    })
    expect((await batch('ListConsumableResources', {})).consumableResources).toEqual([
      expect.objectContaining({ consumableResourceName: 'Lease', totalQuantity: 0, inUseQuantity: 0 }),
      { ...named, resourceType: 'REPLENISHABLE', totalQuantity: 5, inUseQuantity: 4 },
    ])
    const filters = [{ name: 'CONSUMABLE_RESOURCE_NAME', values: ['LE*'] }]
    const filtered = await batch('ListConsumableResources', { filters })
    expect(filtered.consumableResources!.map((it) => it.consumableResourceName)).toEqual(['Lease'])
    await expect(
      batch('ListConsumableResources', { filters: [{ name: 'SIZE', values: ['1'] }] }),
    ).rejects.toMatchObject(refusal('Filter SIZE is not valid. Valid filters: [CONSUMABLE_RESOURCE_NAME]'))

    const list = async (...filters: [name: string, value: string][]) => {
      const given = filters.map(([name, value]) => ({ name, values: [value] }))
      const { jobs } = await batch('ListJobsByConsumableResource', { consumableResource: 'license', filters: given })
      return jobs!.map(({ jobArn, jobStatus }) => [jobArn!.split('/')[1], jobStatus])
    }
    expect(await list()).toEqual([
      [waiting, 'RUNNABLE'],
      [holder, 'RUNNING'],
    ])
    const inUse = refusal('Cannot delete, found existing Job relationship')
    await expect(batch('DeleteConsumableResource', { consumableResource: 'license' })).rejects.toMatchObject(inUse)
    await batch('TerminateJob', { jobId: holder, reason: 'enough' })
    await reach(waiting, 'RUNNING')
    expect(await shown()).toMatchObject({ inUseQuantity: 4 })
    expect(await list()).toEqual([
      [waiting, 'RUNNING'],
      [holder, 'FAILED'],
    ])
    expect(await list(['JOB_STATUS', 'FAILED'])).toEqual([[holder, 'FAILED']])
    expect(await list(['JOB_STATUS', 'RUNNING'])).toEqual([[waiting, 'RUNNING']])
    expect(await list(['JOB_NAME', 'hold*'])).toEqual([[holder, 'FAILED']])
    expect(await list(['JOB_NAME', 'hold*'], ['JOB_STATUS', 'RUNNING'])).toEqual([])
    const page = await batch('ListJobsByConsumableResource', { consumableResource: 'license', maxResults: 1 })
    expect(page.jobs).toMatchObject([
      {
        ...{ jobName: 'waiting', quantity: 4, consumableResourceProperties, jobStatus: 'RUNNING' },
        ...{ jobQueueArn: arnOf('job-queue/default'), jobDefinitionArn: arnOf('job-definition/long:1') },
        ...{ createdAt: expect.any(Number), startedAt: expect.any(Number) },
      },
    ])
    const rest = await batch('ListJobsByConsumableResource', {
      ...{ consumableResource: 'license', maxResults: 1, nextToken: page.nextToken! },
    })
    expect(rest.jobs!.map(({ jobName }) => jobName)).toEqual(['Holder'])
    expect(rest.nextToken).toBeUndefined()

    await batch('TerminateJob', { jobId: waiting, reason: 'enough' })
    await reach(waiting, 'FAILED')
    expect(await shown()).toMatchObject({ inUseQuantity: 0, availableQuantity: 5 })
    await batch('DeleteConsumableResource', { consumableResource: 'license' })
    const gone = refusal(`ConsumableResource license not found.`)
    await expect(batch('DescribeConsumableResource', { consumableResource: 'license' })).rejects.toMatchObject(gone)
    await expect(batch('ListJobsByConsumableResource', { consumableResource: 'license' })).rejects.toMatchObject(gone)
  })
})

describe('service environments, quota shares and service jobs', () => {
  test('from creation to deletion', async () => {
    const serviceEnvironmentArn = arnOf('service-environment/training')
    const capacityLimits = [{ maxCapacity: 4, capacityUnit: 'ml.m5.large' }]
    expect(
      await batch('CreateServiceEnvironment', {
        ...{ serviceEnvironmentName: 'training', serviceEnvironmentType: 'SAGEMAKER_TRAINING', capacityLimits },
      }),
    ).toEqual({ serviceEnvironmentName: 'training', serviceEnvironmentArn })
    await valid('the service environment', () => environment('training'))
    const policy = { name: 'quota', quotaSharePolicy: { idleResourceAssignmentStrategy: 'FIFO' } } as const
    const schedulingPolicyArn = (await batch('CreateSchedulingPolicy', policy)).arn!
    await batch('CreateJobQueue', {
      ...{ jobQueueName: 'training', jobQueueType: 'SAGEMAKER_TRAINING', priority: 1, schedulingPolicyArn },
      serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: 'training' }],
    })
    await valid('the queue', () => queue('training'))
    expect(await queue('training')).toMatchObject({
      ...{ jobQueueType: 'SAGEMAKER_TRAINING', computeEnvironmentOrder: [], schedulingPolicyArn },
      serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: serviceEnvironmentArn }],
    })
    await expect(
      batch('SubmitJob', { jobName: 'j', jobQueue: 'training', jobDefinition: 'long' }),
    ).rejects.toMatchObject(refusal('Submit jobs to it with SubmitServiceJob.'))

    const quotaShareArn = arnOf('job-queue/training/quota-share/lab')
    const share = {
      ...{ quotaShareName: 'lab', jobQueue: 'training' },
      capacityLimits: [{ maxCapacity: 2, capacityUnit: 'ml.m5.large' }],
      resourceSharingConfiguration: { strategy: 'LEND_AND_BORROW', borrowLimit: 50 },
      preemptionConfiguration: { inSharePreemption: 'DISABLED' },
    } as const
    expect(await batch('CreateQuotaShare', { ...share, tags: { a: '1' } })).toEqual({
      quotaShareName: 'lab',
      quotaShareArn,
    })
    const quotaShare = () => batch('DescribeQuotaShare', { quotaShareArn })
    await valid('the quota share', quotaShare)
    const { jobQueue: _, ...given } = share
    const shown = {
      ...given,
      quotaShareArn,
      jobQueueArn: arnOf('job-queue/training'),
      state: 'ENABLED',
      status: 'VALID',
    }
    expect(await quotaShare()).toEqual({ ...shown, tags: { a: '1' } })
    expect(await batch('ListQuotaShares', { jobQueue: 'training' })).toEqual({ quotaShares: [shown] })

    // By the path, which encodes the ARN's slashes and colons.
    await batch('TagResource', { resourceArn: quotaShareArn, tags: { team: 'b' } })
    await batch('UntagResource', { resourceArn: quotaShareArn, tagKeys: ['a'] })
    expect(await batch('ListTagsForResource', { resourceArn: quotaShareArn })).toEqual({ tags: { team: 'b' } })
    await batch('TagResource', { resourceArn: serviceEnvironmentArn, tags: { team: 'c' } })
    expect((await environment('training'))!.tags).toEqual({ team: 'c' })

    const service = {
      ...({ jobName: 'train', jobQueue: 'training', serviceJobType: 'SAGEMAKER_TRAINING' } as const),
      serviceRequestPayload: JSON.stringify({ TrainingJobName: 'train' }),
    } as const
    await expect(batch('SubmitServiceJob', service)).rejects.toMatchObject(refusal('must have a quotaShareName'))
    await expect(batch('SubmitServiceJob', { ...service, quotaShareName: 'lab' })).rejects.toMatchObject(
      refusal('openbatch has no engine for SageMaker training jobs'),
    )
    const jobId = '00000000-0000-4000-8000-000000000000'
    const unknown = refusal(`Service job ${jobId} not found.`)
    await expect(batch('DescribeServiceJob', { jobId })).rejects.toMatchObject(unknown)
    await expect(batch('UpdateServiceJob', { jobId, schedulingPriority: 1 })).rejects.toMatchObject(unknown)
    await expect(batch('UpdateServiceJob', { jobId, schedulingPriority: -1 })).rejects.toMatchObject(
      refusal('Scheduling priority must be between 0 and 9999.'),
    )
    expect(await batch('TerminateServiceJob', { jobId, reason: 'r' })).toEqual({})
    expect(await batch('TerminateServiceJobs', { jobs: [jobId, jobId], reason: 'r' })).toEqual({
      ...{ successful: [jobId], errors: [] },
    })
    expect(await batch('ListServiceJobs', { jobQueue: 'training', jobStatus: 'SCHEDULED' })).toEqual({
      jobSummaryList: [],
    })
    await expect(batch('ListServiceJobs', { jobQueue: 'none' })).rejects.toMatchObject(
      refusal('JobQueue none not found.'),
    )

    const disabledFirst = refusal('Cannot delete, state must be DISABLED')
    await expect(batch('DeleteQuotaShare', { quotaShareArn })).rejects.toMatchObject(disabledFirst)
    expect(await batch('UpdateQuotaShare', { quotaShareArn, state: 'DISABLED' })).toEqual({
      quotaShareName: 'lab',
      quotaShareArn,
    })
    await valid('the quota share', quotaShare)
    await batch('UpdateJobQueue', { jobQueue: 'training', state: 'DISABLED' })
    await valid('the queue', () => queue('training'))
    await expect(batch('DeleteJobQueue', { jobQueue: 'training' })).rejects.toMatchObject(
      refusal('Cannot delete, found existing QuotaShare relationship'),
    )
    await batch('DeleteQuotaShare', { quotaShareArn })
    await eventually('the quota share is gone', async () => {
      const { quotaShares } = await batch('ListQuotaShares', { jobQueue: 'training' })
      return quotaShares!.length === 0
    })
    await expect(quotaShare()).rejects.toMatchObject(refusal(`QuotaShare ${quotaShareArn} not found.`))

    await expect(batch('DeleteServiceEnvironment', { serviceEnvironment: 'training' })).rejects.toMatchObject(
      disabledFirst,
    )
    const update = { serviceEnvironment: 'training', state: 'DISABLED' } as const
    expect(await batch('UpdateServiceEnvironment', update)).toEqual({
      serviceEnvironmentName: 'training',
      serviceEnvironmentArn,
    })
    await valid('the service environment', () => environment('training'))
    await expect(batch('DeleteServiceEnvironment', { serviceEnvironment: 'training' })).rejects.toMatchObject(
      refusal('Cannot delete, found existing JobQueue relationship'),
    )
    await batch('DeleteJobQueue', { jobQueue: 'training' })
    await eventually('the queue is gone', async () => (await queue('training')) === undefined)
    await batch('DeleteServiceEnvironment', { serviceEnvironment: 'training' })
    await eventually('the service environment is gone', async () => (await environment('training')) === undefined)
    await batch('DeleteSchedulingPolicy', { arn: schedulingPolicyArn })
  })
})

test('many jobs are cancelled and terminated at once', async () => {
  const submit = async (more: object = {}) => {
    const submission = { jobName: 'many', jobQueue: 'default', jobDefinition: 'long', ...more }
    return (await batch('SubmitJob', submission)).jobId!
  }
  const running = await submit()
  await reach(running, 'RUNNING')
  const late = await submit({ dependsOn: [{ jobId: running }] })
  const array = await submit({ arrayProperties: { size: 3 }, dependsOn: [{ jobId: running }] })
  const ids = [running, late, array, 'unknown']
  expect(await batch('CancelJobs', { jobs: [...ids, ''], reason: 'not now' })).toEqual({
    successful: ids,
    errors: [{ job: '', code: 'ValidationException', message: 'JobId must not be empty.' }],
  })
  expect((await job(running)).status).toBe('RUNNING')
  expect(await job(late)).toMatchObject({ status: 'PENDING', isCancelled: true })
  expect(await batch('TerminateJobs', { jobs: [running], reason: 'enough' })).toEqual({
    successful: [running],
    errors: [],
  })
  expect(await reach(running, 'FAILED')).toMatchObject({ statusReason: 'enough', isTerminated: true })
  for (const jobId of [late, array]) expect(await reach(jobId, 'FAILED')).toMatchObject({ isCancelled: true })
  expect((await job(late)).statusReason).toBe('not now')

  await expect(batch('CancelJobs', { jobs: [], reason: 'r' })).rejects.toMatchObject(refusal('Jobs must not be empty.'))
  const tooMany = Array.from({ length: 51 }, (_, n) => `${n}`)
  await expect(batch('TerminateJobs', { jobs: tooMany, reason: 'r' })).rejects.toMatchObject(
    refusal('Maximum number of jobs supported is  50 .'),
  )
  const user = jsSdk.open({ endpoint: server.endpoint, credentials: server.addUser('jdoe') })
  expect(await user.batch('CancelJobs', { jobs: ['unknown'], reason: 'r' })).toEqual({
    successful: ['unknown'],
    errors: [],
  })
  await expect(user.batch('DeleteConsumableResource', { consumableResource: 'Lease' })).rejects.toMatchObject({
    ...{ code: 'AccessDeniedException', message: expect.stringContaining('batch:DeleteConsumableResource') },
  })
  user.close()
})

test('everything survives a crash', async () => {
  const service = { serviceEnvironmentName: 'kept', serviceEnvironmentType: 'SAGEMAKER_TRAINING' } as const
  await batch('CreateServiceEnvironment', {
    ...service,
    capacityLimits: [{ maxCapacity: 1, capacityUnit: 'ml.m5.large' }],
  })
  await valid('the service environment', () => environment('kept'))
  const quotaSharePolicy = { idleResourceAssignmentStrategy: 'FIFO' } as const
  const schedulingPolicyArn = (await batch('CreateSchedulingPolicy', { name: 'kept', quotaSharePolicy })).arn!
  const serviceEnvironmentOrder = [{ order: 1, serviceEnvironment: 'kept' }]
  await batch('CreateJobQueue', { jobQueueName: 'kept', priority: 1, schedulingPolicyArn, serviceEnvironmentOrder })
  await valid('the queue', () => queue('kept'))
  const { quotaShareArn } = await batch('CreateQuotaShare', {
    ...{ quotaShareName: 'kept', jobQueue: 'kept', capacityLimits: [{ maxCapacity: 1, capacityUnit: 'ml.m5.large' }] },
    resourceSharingConfiguration: { strategy: 'RESERVE' },
    preemptionConfiguration: { inSharePreemption: 'DISABLED' },
  })
  await batch('CreateConsumableResource', { consumableResourceName: 'kept', totalQuantity: 2 })
  const update = { consumableResource: 'kept', operation: 'ADD', quantity: 1, clientToken: 't' }
  await batch('UpdateConsumableResource', update)
  const held = await batch('SubmitJob', {
    ...{ jobName: 'kept', jobQueue: 'default', jobDefinition: 'long' },
    consumableResourcePropertiesOverride: {
      consumableResourceList: [{ consumableResource: 'kept', quantity: 2 }],
    },
  })
  await reach(held.jobId!, 'RUNNING')
  await valid('the quota share', () => batch('DescribeQuotaShare', { quotaShareArn: quotaShareArn! }))
  const everything = async () => [
    await batch('DescribeSchedulingPolicies', { arns: [schedulingPolicyArn] }),
    await batch('DescribeServiceEnvironments', {}),
    await batch('DescribeQuotaShare', { quotaShareArn: quotaShareArn! }),
    await batch('DescribeConsumableResource', { consumableResource: 'kept' }),
    await queue('kept'),
  ]
  const before = await everything()
  expect(before[3]).toMatchObject({ totalQuantity: 3, inUseQuantity: 2, availableQuantity: 1 })
  // The last decision is not settled yet when the server dies. It settles when the server is back.
  await batch('UpdateServiceEnvironment', { serviceEnvironment: 'kept', state: 'ENABLED' })
  await server.kill9()
  await server.restart()
  await valid('the service environment', () => environment('kept'))
  expect(await everything()).toEqual(before)
  expect((await batch('UpdateConsumableResource', update)).totalQuantity).toBe(3)
  await expect(batch('DeleteConsumableResource', { consumableResource: 'kept' })).rejects.toMatchObject(
    refusal('Cannot delete, found existing Job relationship'),
  )
  await batch('TerminateJobs', { jobs: [held.jobId!], reason: 'enough' })
  await reach(held.jobId!, 'FAILED')
  const { jobs } = await batch('ListJobsByConsumableResource', { consumableResource: 'kept' })
  expect(jobs!.map(({ jobStatus, quantity }) => [jobStatus, quantity])).toEqual([['FAILED', 2]])
})
