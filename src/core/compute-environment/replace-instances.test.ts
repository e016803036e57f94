/**
 * Updates of a compute environment while jobs run: which of them replace its instances, and what
 * becomes of the jobs.
 */
import { describe, expect, test } from 'vitest'
import type { UpdateComputeEnvironmentRequest } from '../../model/generated/batch.ts'
import { attemptEnded } from '../job/attempt.ts'
import { updateJobQueue } from '../job-queue/decide.ts'
import { exited, makeWorld, place, story, submit, type World } from '../world.testing.ts'
import { createComputeEnvironment, settleComputeEnvironment, updateComputeEnvironment } from './decide.ts'
import { describeComputeEnvironment } from './read.ts'

const environment = (world: World) => world.state.computeEnvironments.get('ce')!
const settle = (world: World) => {
  const endJobsAtMs = environment(world).replacing?.endJobsAtMs ?? Number.POSITIVE_INFINITY
  return world.do(settleComputeEnvironment('ce', world.now >= endJobsAtMs))
}
const update = (more: Partial<UpdateComputeEnvironmentRequest>) =>
  updateComputeEnvironment({ computeEnvironment: 'ce', ...more })
const minutes = (count: number) => count * 60_000
const status = (world: World, jobId: string) => world.job(jobId).state.status
const stopping = (world: World, jobId: string) => {
  const { state } = world.job(jobId)
  return 'stopping' in state ? state.stopping : undefined
}

describe('is settled at once', () => {
  test.each<[string, Partial<UpdateComputeEnvironmentRequest>]>([
    ['maxvCpus', { computeResources: { maxvCpus: 1 } }],
    ['desiredvCpus', { computeResources: { desiredvCpus: 4 } }],
    ['the state', { state: 'DISABLED' }],
    ['a service role', { serviceRole: 'arn:aws:iam::123456789012:role/other' }],
    ['an update policy alone', { updatePolicy: { terminateJobsOnUpdate: true } }],
    ['what it says already', { computeResources: { type: 'EC2', instanceTypes: ['optimal'], instanceRole: 'r' } }],
    ['a newer image, of which there is none', { computeResources: { updateToLatestImageVersion: true } }],
  ])('%s', (_what, change) => {
    const world = makeWorld()
    const jobId = submit(world, { vcpus: 2 })
    place(world)
    world.do(update(change))
    expect(environment(world).status).toBe('UPDATING')
    settle(world)
    expect(environment(world)).toMatchObject({ status: 'VALID', statusReason: 'ComputeEnvironment Healthy' })
    expect(stopping(world, jobId)).toBeUndefined()
  })

  test('any change while nothing runs', () => {
    const world = makeWorld()
    world.do(update({ computeResources: { type: 'SPOT', bidPercentage: 40 } }))
    settle(world)
    expect(environment(world)).toMatchObject({ status: 'VALID', spot: { kind: 'SPOT', bidPercentage: 40 } })
    expect(environment(world)).not.toHaveProperty('replacing')
  })
})

describe('replaces instances', () => {
  test.each<[string, UpdateComputeEnvironmentRequest['computeResources']]>([
    ['the type', { type: 'SPOT' }],
    ['the allocation strategy', { allocationStrategy: 'BEST_FIT_PROGRESSIVE' }],
    ['instance types', { instanceTypes: ['c5'] }],
    ['the bid', { bidPercentage: 60 }],
    ['the image', { imageId: 'ami-1' }],
    ['subnets', { subnets: ['subnet-1'] }],
    ['tags', { tags: { lab: 'x' } }],
  ])('%s: jobs continue for half an hour', (_what, computeResources) => {
    const world = makeWorld()
    const jobId = submit(world)
    place(world)
    world.do(update({ computeResources: computeResources! }))
    settle(world)
    const until = new Date(world.now - 1 + minutes(30)).toISOString()
    expect(environment(world)).toMatchObject({
      status: 'UPDATING',
      statusReason: `Replacing instances: jobs that started before the update run until ${until} at the latest.`,
    })
    expect(world.refused(update({ state: 'DISABLED' })).message).toBe('Cannot update, resource is being modified')
    world.now += minutes(30) - 10
    settle(world)
    expect(stopping(world, jobId)).toBeUndefined()
    world.now += 10
    settle(world)
    expect(stopping(world, jobId)).toEqual({
      kind: 'reclaimed',
      why: 'the instances of the compute environment ce are being replaced',
    })
  })

  story('is VALID when the last job of before has ended; jobs that came later go on', (world) => {
    const old = [submit(world), submit(world)]
    place(world)
    world.do(update({ computeResources: { instanceTypes: ['c5'] }, updatePolicy: { jobExecutionTimeoutMinutes: 2 } }))
    settle(world)
    const later = submit(world)
    place(world)
    expect(status(world, later)).toBe('STARTING')
    for (const [at, jobId] of old.entries()) {
      world.lookAway()
      world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(0) }))
      world.saw({ type: 'attemptEnded' }, { type: 'settleComputeEnvironment', name: 'ce' })
      world.nothingElseHappened()
      settle(world)
      expect(environment(world).status).toBe(at === 0 ? 'UPDATING' : 'VALID')
    }
    world.lookAway()
    world.now += minutes(5)
    settle(world)
    expect([status(world, later), stopping(world, later)]).toEqual(['STARTING', undefined])
  })

  test('terminateJobsOnUpdate ends running jobs as if their host was lost; retries begin on the new instances', () => {
    const world = makeWorld()
    const retried = submit(world, { retryStrategy: { attempts: 2 } })
    const once = submit(world)
    place(world)
    world.do(
      update({
        ...{ computeResources: { instanceTypes: ['c5'] } },
        updatePolicy: { terminateJobsOnUpdate: true, jobExecutionTimeoutMinutes: 60 },
      }),
    )
    world.lookAway()
    settle(world)
    world.saw({ type: 'attemptStopping', jobId: retried }, { type: 'stopAttempt' })
    world.saw({ type: 'attemptStopping', jobId: once }, { type: 'stopAttempt' })
    settle(world)
    world.nothingElseHappened()
    for (const jobId of [retried, once]) world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(137) }))
    expect(world.job(once).state).toMatchObject({
      status: 'FAILED',
      statusReason: expect.stringMatching(/^Host EC2 \(instance i-.+\) terminated\.$/),
    })
    place(world)
    expect(status(world, retried)).toBe('STARTING')
    settle(world)
    expect(environment(world).status).toBe('VALID')
    expect(stopping(world, retried)).toBeUndefined()
  })
})

test('Fargate has no instances: jobs continue, whatever the policy says', () => {
  const world = makeWorld()
  world.do(
    createComputeEnvironment({
      ...{ computeEnvironmentName: 'fargate', type: 'MANAGED' },
      computeResources: { type: 'FARGATE', maxvCpus: 4, subnets: ['a'], securityGroupIds: ['b'] },
    }),
  )
  world.settle()
  const computeResources = { type: 'FARGATE_SPOT', subnets: ['c'] } as const
  const updatePolicy = { terminateJobsOnUpdate: true }
  world.do(updateComputeEnvironment({ computeEnvironment: 'fargate', computeResources, updatePolicy }))
  world.settle()
  expect(world.state.computeEnvironments.get('fargate')).toMatchObject({
    status: 'VALID',
    spot: { kind: 'FARGATE_SPOT' },
  })
})

test('a DISABLED environment places nothing and lets jobs run on', () => {
  const world = makeWorld()
  const running = submit(world)
  place(world)
  world.do(update({ state: 'DISABLED' }))
  settle(world)
  const waiting = submit(world)
  place(world)
  expect([running, waiting].map((id) => status(world, id))).toEqual(['STARTING', 'RUNNABLE'])
  world.do(attemptEnded({ jobId: running, attempt: 1, outcome: exited(0) }))
  place(world)
  expect(status(world, waiting)).toBe('RUNNABLE')
  world.do(update({ state: 'ENABLED' }))
  settle(world)
  place(world)
  expect(status(world, waiting)).toBe('STARTING')
})

test('desiredvCpus is the vCPUs in use, and at least minvCpus', () => {
  const world = makeWorld()
  const desired = () => describeComputeEnvironment(world.state, environment(world)).computeResources?.desiredvCpus
  expect(desired()).toBe(0)
  const jobId = submit(world, { vcpus: 3 })
  place(world)
  expect(desired()).toBe(3)
  world.do(update({ computeResources: { minvCpus: 2 } }))
  settle(world)
  world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(0) }))
  expect(desired()).toBe(2)
  world.do(updateJobQueue({ jobQueue: 'q', state: 'DISABLED' }))
  world.do(update({ state: 'DISABLED' }))
  settle(world)
  expect(desired()).toBe(2)
})
