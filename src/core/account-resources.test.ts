/**
 * The lives of scheduling policies, consumable resources, service environments and quota shares,
 * and their effect on queues and jobs.
 */
import { describe, expect, test } from 'vitest'
import { refuse, refuseWrapped } from '../model/refusal.ts'
import {
  createConsumableResource,
  deleteConsumableResource,
  updateConsumableResource,
} from './consumable-resource/decide.ts'
import { describeConsumableResource, findConsumableResource } from './consumable-resource/read.ts'
import { attemptEnded } from './job/attempt.ts'
import { submitJob } from './job/submit.ts'
import { createJobQueue, deleteJobQueue, updateJobQueue } from './job-queue/decide.ts'
import { createQuotaShare, deleteQuotaShare, updateQuotaShare } from './quota-share/decide.ts'
import { describeQuotaShare, findQuotaShare } from './quota-share/read.ts'
import { createSchedulingPolicy, deleteSchedulingPolicy, updateSchedulingPolicy } from './scheduling-policy/decide.ts'
import { describeSchedulingPolicy, findSchedulingPolicy } from './scheduling-policy/read.ts'
import {
  createServiceEnvironment,
  deleteServiceEnvironment,
  updateServiceEnvironment,
} from './service-environment/decide.ts'
import { describeServiceEnvironment, findServiceEnvironment } from './service-environment/read.ts'
import { refuseServiceJob } from './service-job/decide.ts'
import { settleResource } from './settle-resource.ts'
import { findTagged, tagResource, untagResource } from './tag/decide.ts'
import { exited, makeWorld, place, story, submit, type World } from './world.testing.ts'

const arnOf = (rest: string) => `arn:aws:batch:us-west-2:123456789012:${rest}`
const exists = refuse('Object already exists', 409)
const jobQueueRelationship = refuse('Cannot delete, found existing JobQueue relationship')

const fairQueue = (world: World) => {
  const { arn } = world.do(createSchedulingPolicy({ name: 'fair' }))
  world.do(
    createJobQueue({
      ...{ jobQueueName: 'shared', priority: 1, schedulingPolicyArn: arn },
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'ce' }],
    }),
  )
  world.settle()
  world.lookAway()
}

const serviceEnvironment = (name: string) =>
  createServiceEnvironment({
    ...{ serviceEnvironmentName: name, serviceEnvironmentType: 'SAGEMAKER_TRAINING', tags: { a: '1' } },
    capacityLimits: [{ maxCapacity: 4, capacityUnit: 'ml.m5.large' }],
  })

/** The queue `quota` on the service environment `training`. */
const quotaQueue = (world: World) => {
  world.do(serviceEnvironment('training'))
  const quotaSharePolicy = { idleResourceAssignmentStrategy: 'FIFO' } as const
  const { arn } = world.do(createSchedulingPolicy({ name: 'quota', quotaSharePolicy }))
  world.settle()
  world.do(
    createJobQueue({
      ...{ jobQueueName: 'quota', priority: 1, schedulingPolicyArn: arn },
      serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: 'training' }],
    }),
  )
  world.settle()
  world.lookAway()
}

const quotaShare = (quotaShareName: string, jobQueue = 'quota') =>
  createQuotaShare({
    ...{ quotaShareName, jobQueue, tags: { a: '1' } },
    capacityLimits: [{ maxCapacity: 2, capacityUnit: 'ml.m5.large' }],
    resourceSharingConfiguration: { strategy: 'LEND_AND_BORROW' },
    preemptionConfiguration: { inSharePreemption: 'ENABLED' },
  })

describe('a scheduling policy', () => {
  story('is made, replaced whole, and deleted', (world) => {
    const arn = arnOf('scheduling-policy/p')
    const request = { name: 'p', fairsharePolicy: { shareDecaySeconds: 60, computeReservation: 5 }, tags: { a: '1' } }
    expect(world.do(createSchedulingPolicy(request))).toEqual({ name: 'p', arn })
    world.saw({ type: 'resourceChanged' })
    expect(world.refused(createSchedulingPolicy(request))).toEqual(exists)
    world.do(updateSchedulingPolicy({ arn, fairsharePolicy: { shareDistribution: [{ shareIdentifier: 'a' }] } }))
    world.saw({ type: 'resourceChanged' })
    expect(describeSchedulingPolicy(findSchedulingPolicy(world.state, arn)!)).toEqual({
      ...{ name: 'p', arn, tags: { a: '1' } },
      fairsharePolicy: { shareDecaySeconds: 0, computeReservation: 0, shareDistribution: [{ shareIdentifier: 'a' }] },
    })
    const elsewhere = arn.replace('123456789012', '999999999999')
    expect(world.refused(deleteSchedulingPolicy(elsewhere))).toEqual(refuse(`SchedulingPolicy ${elsewhere} not found.`))
    world.do(deleteSchedulingPolicy(arn.replace('us-west-2', 'eu-west-1')))
    world.saw({ type: 'resourceGone', kind: 'scheduling-policy', arn })
    expect(world.refused(deleteSchedulingPolicy(arn))).toEqual(refuse(`SchedulingPolicy ${arn} not found.`))
    expect(world.refused(updateSchedulingPolicy({ arn: 'p' }))).toEqual(refuse('SchedulingPolicy p not found.'))
  })

  story('with nothing new in an update stays as it is', (world) => {
    const { arn } = world.do(createSchedulingPolicy({ name: 'p', fairsharePolicy: { computeReservation: 5 } }))
    const before = findSchedulingPolicy(world.state, arn)
    world.do(updateSchedulingPolicy({ arn }))
    expect(findSchedulingPolicy(world.state, arn)).toEqual(before)
    world.lookAway()
  })

  story('of a queue cannot be deleted, and asks a share of its jobs', (world) => {
    fairQueue(world)
    expect(world.refused(deleteSchedulingPolicy(arnOf('scheduling-policy/fair')))).toEqual(jobQueueRelationship)
    const job = { jobName: 'j', jobQueue: 'shared', jobDefinition: 'd' }
    expect(world.refused(submitJob(job, 'ada'))).toEqual(
      refuseWrapped('Job must have a shareIdentifier when submitted to a job queue with fair share scheduling policy.'),
    )
    const { jobId } = world.do(submitJob({ ...job, shareIdentifier: 'lab', schedulingPriorityOverride: 7 }, 'ada'))
    expect(world.job(jobId).spec).toMatchObject({ shareIdentifier: 'lab', schedulingPriority: 7 })
    world.lookAway()
  })
})

describe('a consumable resource', () => {
  const arn = arnOf('consumable-resource/license')
  const create = createConsumableResource({ consumableResourceName: 'license', totalQuantity: 5, tags: { a: '1' } })
  const shown = (world: World) => describeConsumableResource(world.state, findConsumableResource(world.state, arn)!)

  story('is counted up, down and anew', (world) => {
    expect(world.do(create)).toEqual({ consumableResourceName: 'license', consumableResourceArn: arn })
    const createdAt = world.now
    expect(world.refused(create)).toEqual(exists)
    const update = (operation: string, quantity?: number) =>
      updateConsumableResource({
        ...{ consumableResource: 'license', operation },
        ...(quantity === undefined ? {} : { quantity }),
      })
    expect(world.do(update('ADD', 3))).toMatchObject({ consumableResourceName: 'license', totalQuantity: 8 })
    expect(world.do(update('REMOVE', 8)).totalQuantity).toBe(0)
    expect(world.do(update('SET', 4)).totalQuantity).toBe(4)
    expect(shown(world)).toEqual({
      ...{ consumableResourceName: 'license', consumableResourceArn: arn, resourceType: 'REPLENISHABLE' },
      ...{ totalQuantity: 4, inUseQuantity: 0, availableQuantity: 4, createdAt, tags: { a: '1' } },
    })
    expect(world.refused(update('REMOVE', 5))).toEqual(
      refuse('Cannot remove 5 from consumable resource license, its total quantity is 4.'),
    )
    expect(world.refused(update('ADD', Number.MAX_SAFE_INTEGER))).toEqual(
      refuse('Total quantity must be at most 9007199254740991.'),
    )
    expect(world.refused(update('DOUBLE', 1))).toEqual(refuseWrapped('Operation must be one of [SET, ADD, REMOVE].'))
    expect(world.refused(update('SET'))).toEqual(refuseWrapped('Quantity is required.'))
    expect(world.refused(update('ADD', -1))).toEqual(refuseWrapped('Quantity must be non-negative, got -1.'))
    world.lookAway()
  })

  story('is updated once for each token, which counts for 8 hours', (world) => {
    world.do(create)
    const add = (quantity: number, clientToken: string) =>
      updateConsumableResource({ consumableResource: arn, operation: 'ADD', quantity, clientToken })
    expect(world.do(add(1, 't')).totalQuantity).toBe(6)
    expect(world.do(add(1, 'u')).totalQuantity).toBe(7)
    world.lookAway()
    expect(world.do(add(1, 't')).totalQuantity).toBe(6)
    expect(world.refused(add(2, 't'))).toEqual(refuse('The clientToken t was used for another update of license.'))
    world.nothingElseHappened()
    world.now += 8 * 3600 * 1000
    expect(world.do(add(2, 't')).totalQuantity).toBe(9)
    expect(findConsumableResource(world.state, arn)!.updates.map(({ token }) => token)).toEqual(['t'])
    world.lookAway()
  })

  test('remembers the last thousand tokens', () => {
    const world = makeWorld()
    world.checksEachStep = false
    world.do(create)
    for (let n = 0; n < 1002; n++)
      world.do(
        updateConsumableResource({
          ...{ consumableResource: 'license', operation: 'ADD', quantity: 1, clientToken: `t${n}` },
        }),
      )
    const { updates } = findConsumableResource(world.state, arn)!
    expect([updates.length, updates[0]!.token]).toEqual([1000, 't2'])
  })

  story('is in use while an attempt holds it, and kept while a job needs it', (world) => {
    world.do(create)
    const consumableResourceList = [{ consumableResource: 'license', quantity: 3 }]
    const jobId = submit(world, { consumableResourcePropertiesOverride: { consumableResourceList } })
    expect(world.refused(deleteConsumableResource('license'))).toEqual(
      refuse('Cannot delete, found existing Job relationship'),
    )
    place(world)
    expect(shown(world)).toMatchObject({ totalQuantity: 5, inUseQuantity: 3, availableQuantity: 2 })
    world.do(updateConsumableResource({ consumableResource: 'license', operation: 'SET', quantity: 1 }))
    expect(shown(world)).toMatchObject({ totalQuantity: 1, inUseQuantity: 3, availableQuantity: 0 })
    world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(0) }))
    expect(shown(world)).toMatchObject({ totalQuantity: 1, inUseQuantity: 0, availableQuantity: 1 })
    world.lookAway()
    world.do(deleteConsumableResource('license'))
    world.saw({ type: 'resourceGone', kind: 'consumable-resource', arn })
    expect(world.refused(deleteConsumableResource('license'))).toEqual(refuse('ConsumableResource license not found.'))
    expect(world.refused(updateConsumableResource({ consumableResource: 'x/y' }))).toEqual(
      refuse('ConsumableResource x/y not found.'),
    )
  })

  test.each([
    [{ consumableResourceName: 'a b' }, 'Consumable resource name should match a valid pattern.'],
    [{ consumableResourceName: 'a', totalQuantity: -1 }, 'Total quantity must be non-negative, got -1.'],
    [
      { consumableResourceName: 'a', resourceType: 'ENDLESS' },
      'Resource type must be one of [REPLENISHABLE, NON_REPLENISHABLE].',
    ],
  ])('refused: %j', (request, text) =>
    expect(makeWorld().refused(createConsumableResource(request))).toEqual(refuseWrapped(text)),
  )
})

describe('a service environment', () => {
  story('is CREATING, VALID, UPDATING, VALID, DELETING and gone', (world) => {
    const arn = arnOf('service-environment/s')
    const settle = { type: 'settleResource', kind: 'service-environment', arn } as const
    const shown = () => describeServiceEnvironment(findServiceEnvironment(world.state, 's')!)
    expect(world.do(serviceEnvironment('s'))).toEqual({ serviceEnvironmentName: 's', serviceEnvironmentArn: arn })
    world.saw({ type: 'resourceChanged' }, settle)
    expect(shown()).toMatchObject({ state: 'ENABLED', status: 'CREATING', tags: { a: '1' } })
    expect(world.refused(serviceEnvironment('s'))).toEqual(exists)
    expect(world.refused(deleteServiceEnvironment('s'))).toEqual(refuse('Cannot delete, resource is being modified'))
    world.do(settleResource('service-environment', arn))
    world.saw({ type: 'resourceChanged' })
    expect(shown().status).toBe('VALID')
    world.do(settleResource('service-environment', arn))
    expect(world.refused(deleteServiceEnvironment('s'))).toEqual(refuse('Cannot delete, state must be DISABLED'))

    const capacityLimits = [{ maxCapacity: 9, capacityUnit: 'NUM_INSTANCES' }]
    world.do(updateServiceEnvironment({ serviceEnvironment: arn, state: 'DISABLED', capacityLimits }))
    world.saw({ type: 'resourceChanged' }, settle)
    world.do(settleResource('service-environment', arn))
    world.saw({ type: 'resourceChanged' })
    expect(shown()).toMatchObject({ state: 'DISABLED', status: 'VALID', capacityLimits })
    world.do(deleteServiceEnvironment('s'))
    world.saw({ type: 'resourceChanged' }, settle)
    expect(shown().status).toBe('DELETING')
    world.do(deleteServiceEnvironment('s'))
    world.do(settleResource('service-environment', arn))
    world.saw({ type: 'resourceGone' })
    world.do(settleResource('service-environment', arn))
    expect(world.refused(deleteServiceEnvironment('s'))).toEqual(refuse('ServiceEnvironment s not found.'))
    expect(world.refused(updateServiceEnvironment({ serviceEnvironment: 's' }))).toEqual(
      refuse('ServiceEnvironment s not found.'),
    )
  })

  story('of a queue stays, and with quota shares counts by type', (world) => {
    quotaQueue(world)
    world.do(updateServiceEnvironment({ serviceEnvironment: 'training', state: 'DISABLED' }))
    world.settle()
    expect(world.refused(deleteServiceEnvironment('training'))).toEqual(jobQueueRelationship)
    const capacityLimits = [{ maxCapacity: 9, capacityUnit: 'NUM_INSTANCES' }]
    expect(world.refused(updateServiceEnvironment({ serviceEnvironment: 'training', capacityLimits })).message).toMatch(
      /must have capacity limits by instance type/,
    )
    world.lookAway()
  })

  story('makes a queue that takes no jobs of containers', (world) => {
    quotaQueue(world)
    expect(world.refused(submitJob({ jobName: 'j', jobQueue: 'quota', jobDefinition: 'd' }, 'ada'))).toEqual(
      refuse('Job queue quota is of type SAGEMAKER_TRAINING. Submit jobs to it with SubmitServiceJob.'),
    )
  })
})

describe('a quota share', () => {
  const arn = arnOf('job-queue/quota/quota-share/a')

  story('is CREATING, VALID, UPDATING, VALID, DELETING and gone', (world) => {
    quotaQueue(world)
    const settle = { type: 'settleResource', kind: 'quota-share', arn } as const
    const shown = () => describeQuotaShare(findQuotaShare(world.state, arn)!)
    expect(world.do(quotaShare('a', arnOf('job-queue/quota')))).toEqual({ quotaShareName: 'a', quotaShareArn: arn })
    world.saw({ type: 'resourceChanged' }, settle)
    expect(shown()).toEqual({
      ...{ quotaShareName: 'a', quotaShareArn: arn, jobQueueArn: arnOf('job-queue/quota'), tags: { a: '1' } },
      ...{ state: 'ENABLED', status: 'CREATING' },
      capacityLimits: [{ maxCapacity: 2, capacityUnit: 'ml.m5.large' }],
      resourceSharingConfiguration: { strategy: 'LEND_AND_BORROW', borrowLimit: -1 },
      preemptionConfiguration: { inSharePreemption: 'ENABLED' },
    })
    expect(world.refused(quotaShare('a'))).toEqual(exists)
    world.do(settleResource('quota-share', arn))
    world.saw({ type: 'resourceChanged' })
    expect(world.refused(deleteQuotaShare(arn))).toEqual(refuse('Cannot delete, state must be DISABLED'))
    world.do(
      updateQuotaShare({
        ...{ quotaShareArn: arn, state: 'DISABLED', resourceSharingConfiguration: { strategy: 'RESERVE' } },
      }),
    )
    world.saw({ type: 'resourceChanged' }, settle)
    expect(world.refused(deleteQuotaShare(arn))).toEqual(refuse('Cannot delete, resource is being modified'))
    world.do(settleResource('quota-share', arn))
    world.saw({ type: 'resourceChanged' })
    expect(shown()).toMatchObject({
      ...{ state: 'DISABLED', status: 'VALID', resourceSharingConfiguration: { strategy: 'RESERVE' } },
      capacityLimits: [{ maxCapacity: 2, capacityUnit: 'ml.m5.large' }],
    })
    world.do(deleteQuotaShare(arn))
    world.saw({ type: 'resourceChanged' }, settle)
    world.do(settleResource('quota-share', arn))
    world.saw({ type: 'resourceGone' })
    expect(world.refused(deleteQuotaShare(arn))).toEqual(refuse(`QuotaShare ${arn} not found.`))
    expect(world.refused(updateQuotaShare({ quotaShareArn: 'a' }))).toEqual(refuse('QuotaShare a not found.'))
  })

  story('needs a queue with a quota share policy, and keeps that queue', (world) => {
    fairQueue(world)
    quotaQueue(world)
    expect(world.refused(quotaShare('a', 'shared'))).toEqual(
      refuseWrapped('Quota Management feature is only supported for SageMaker Training job queues.'),
    )
    expect(world.refused(quotaShare('a', 'none'))).toEqual(refuse('JobQueue none not found.'))
    world.do(serviceEnvironment('plain'))
    world.settle()
    const serviceEnvironmentOrder = [{ order: 1, serviceEnvironment: 'plain' }]
    world.do(createJobQueue({ jobQueueName: 'plain', priority: 1, serviceEnvironmentOrder }))
    expect(world.refused(quotaShare('a', 'plain'))).toEqual(
      refuseWrapped('Job queue plain does not have a quota share scheduling policy.'),
    )
    world.do(quotaShare('a'))
    world.do(updateJobQueue({ jobQueue: 'quota', state: 'DISABLED' }))
    world.settle()
    expect(world.refused(deleteJobQueue('quota'))).toEqual(
      refuse('Cannot delete, found existing QuotaShare relationship'),
    )
    world.lookAway()
  })

  story('is one of at most twenty', (world) => {
    quotaQueue(world)
    for (let n = 0; n < 20; n++) world.do(quotaShare(`s${n}`))
    expect(world.refused(quotaShare('one-more'))).toEqual(
      refuseWrapped('There are 20 quota shares, the most a job queue may have.'),
    )
    world.lookAway()
  })
})

test('a service job is checked, and then refused because there is no engine for it', () => {
  const world = makeWorld()
  quotaQueue(world)
  fairQueue(world)
  world.do(quotaShare('a'))
  const submitted = (more: object) =>
    refuseServiceJob(world.state, {
      ...{ jobName: 'j', jobQueue: 'quota', serviceJobType: 'SAGEMAKER_TRAINING', serviceRequestPayload: '{}' },
      ...more,
    })
  expect(submitted({ jobQueue: 'none' })).toEqual(refuse('JobQueue none not found.'))
  expect(submitted({ jobQueue: 'shared' })).toEqual(
    refuseWrapped('Job queue shared is not of type SAGEMAKER_TRAINING. Submit jobs to it with SubmitJob.'),
  )
  expect(submitted({ quotaShareName: 'b' })).toEqual(refuseWrapped('QuotaShare b not found.'))
  expect(submitted({ quotaShareName: 'a' }).message).toMatch(
    /The service job is valid, but openbatch has no engine for SageMaker training jobs\./,
  )
  world.do(updateJobQueue({ jobQueue: 'quota', state: 'DISABLED' }))
  expect(submitted({ quotaShareName: 'a' })).toEqual(refuse('Job Queue quota is not in ENABLED state.'))
})

story('all of them can be tagged by their ARNs', (world) => {
  quotaQueue(world)
  world.do(quotaShare('a'))
  world.do(createConsumableResource({ consumableResourceName: 'license' }))
  world.lookAway()
  const kinds = [
    'scheduling-policy/quota',
    'consumable-resource/license',
    'service-environment/training',
    'job-queue/quota/quota-share/a',
  ]
  const none = () => undefined
  for (const kind of kinds) {
    world.do(tagResource(arnOf(kind), { team: 'b', more: 'c' }, none))
    world.do(untagResource(arnOf(kind), ['a', 'more'], none))
    expect(findTagged(world.state, arnOf(kind), none)).toMatchObject({ tags: { team: 'b' } })
    const missing = `${arnOf(kind)}-not`
    expect(world.refused(tagResource(missing, { a: 'b' }, none))).toEqual(refuse(`Resource not found: ${missing}`))
  }
  expect(world.lookAway().map(({ type }) => type)).toEqual(Array(8).fill('resourceChanged'))
})
