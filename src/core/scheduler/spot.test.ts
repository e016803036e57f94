/** Spot attempts: which get a notice, for whom, how often, and what becomes of them. */
import { describe, expect, test } from 'vitest'
import { type Job, liveAttempt } from '../../model/job.ts'
import { createComputeEnvironment, updateComputeEnvironment } from '../compute-environment/decide.ts'
import { createConsumableResource } from '../consumable-resource/decide.ts'
import { Explainer } from '../explain/explain.ts'
import { waitText } from '../explain/wait-reason.ts'
import { attemptEnded, attemptStarted, attemptTimedOut } from '../job/attempt.ts'
import { terminateJob } from '../job/cancel.ts'
import { placeJobs } from '../job/place.ts'
import { registerJobDefinition } from '../job-definition/decide.ts'
import {
  exited,
  hostOf,
  hostsSeen,
  makeWorld,
  needs,
  place,
  queueRequest,
  spotEnvironmentRequest,
  submit,
  type World,
} from '../world.testing.ts'

/** A world with `ce` and `q`, and also the spot environment `spare` and the queue `cheap` on it. */
function spotWorld(bidPercentage = 100, ...hosts: ReturnType<typeof hostOf>[]): World {
  const world = makeWorld()
  if (hosts.length > 0) world.do(hostsSeen(...hosts))
  world.do(spotEnvironmentRequest('spare', 16, bidPercentage))
  world.settle()
  world.do(queueRequest('cheap', ['spare']))
  world.settle()
  return world
}

const cheap = (world: World, vcpus = 1, more: Parameters<typeof submit>[1] = {}) =>
  submit(world, { jobQueue: 'cheap', vcpus, ...more })

const stopping = (world: World, jobId: string) => {
  const { state } = world.job(jobId)
  return 'attempt' in state ? state.stopping : undefined
}
const told = (world: World, ids: readonly string[]) => ids.filter((id) => stopping(world, id)?.kind === 'reclaimed')
const status = (world: World, jobId: string) => world.job(jobId).state.status
const end = (world: World, jobId: string, exitCode = 143) =>
  world.do(attemptEnded({ jobId, attempt: liveAttempt(world.job(jobId))!.number, outcome: exited(exitCode) }))

describe('an on-demand job that needs the room', () => {
  test('gives notice to the newest attempts, as many as must leave, once', () => {
    const world = spotWorld()
    const spot = [1, 2, 3, 4].map(() => {
      const jobId = cheap(world)
      place(world)
      return jobId
    })
    const wanted = submit(world, { vcpus: 2 })
    place(world)
    expect(told(world, spot)).toEqual(spot.slice(2))
    expect(stopping(world, spot[3]!)).toEqual({
      kind: 'reclaimed',
      why: `on-demand job ${wanted} needs the room`,
      forJobId: wanted,
    })
    world.do(placeJobs())
    end(world, spot[3]!)
    place(world)
    expect([told(world, spot), status(world, wanted)]).toEqual([[spot[2]], 'RUNNABLE'])
    end(world, spot[2]!)
    place(world)
    expect([told(world, spot.slice(0, 2)), status(world, wanted)]).toEqual([[], 'STARTING'])
  })

  test('keeps the room from new spot attempts until it has it', () => {
    const world = spotWorld()
    const first = cheap(world, 4)
    place(world)
    const wanted = submit(world, { vcpus: 4 })
    const next = cheap(world, 1)
    place(world)
    end(world, first)
    place(world)
    expect([status(world, wanted), status(world, next)]).toEqual(['STARTING', 'RUNNABLE'])
    expect(waitText(new Explainer(world.state, world.now).explain(world.job(next))!)).toMatch(/^Waiting for capacity/)
  })

  test('is not the only one: room is made for all that follow at the same time', () => {
    const hosts = ['h1', 'h2', 'h3'].map((name) => hostOf(name))
    const world = spotWorld(100, ...hosts)
    const spot = Array.from({ length: 12 }, () => cheap(world))
    place(world)
    const wanted = Array.from({ length: 5 }, () => submit(world, { vcpus: 2 }))
    place(world)
    expect(told(world, spot)).toHaveLength(10)
    for (const jobId of told(world, spot)) {
      end(world, jobId)
      place(world)
    }
    expect(wanted.map((id) => status(world, id))).toEqual(wanted.map(() => 'STARTING'))
    expect(told(world, spot)).toEqual([])
  })

  test('takes the host where the fewest vCPUs must leave, whatever else is there', () => {
    const world = spotWorld(100, hostOf('h1', { vcpus: 4 }), hostOf('h2', { vcpus: 8 }))
    const large = cheap(world, 4)
    place(world)
    const small = [cheap(world, 3), cheap(world, 1), cheap(world, 2)]
    place(world)
    expect(liveAttempt(world.job(large))!.hostName).toBe('h1')
    submit(world, { vcpus: 4 })
    place(world)
    expect(told(world, [large, ...small])).toEqual([small[2]])
  })

  test('gives no notice to attempts that hold nothing of what it lacks', () => {
    const world = spotWorld(100, hostOf('h1', { vcpus: 16, memoryMib: 4096 }))
    const gluttons = [1, 2].map(() =>
      submit(world, { jobQueue: 'cheap', containerOverrides: { resourceRequirements: needs(1, 1536) } }),
    )
    const modest = cheap(world, 1)
    place(world)
    submit(world, { containerOverrides: { resourceRequirements: needs(1, 1024) } })
    place(world)
    // 512 MiB are free. The newest attempt holds as much, and one of the older ones is enough by
    // itself.
    expect(told(world, [...gluttons, modest]).length).toBe(1)
  })

  test('gives no notice as long as it lacks a consumable resource', () => {
    const world = spotWorld()
    world.do(createConsumableResource({ consumableResourceName: 'licence', totalQuantity: 0 }))
    const spot = cheap(world, 4)
    place(world)
    submit(world, {
      consumableResourcePropertiesOverride: {
        consumableResourceList: [{ consumableResource: 'licence', quantity: 1 }],
      },
    })
    place(world)
    expect(told(world, [spot])).toEqual([])
  })

  test('that is larger than spot could ever make room for gives no notice', () => {
    const world = spotWorld()
    submit(world, { vcpus: 2 })
    const spot = cheap(world, 2)
    place(world)
    submit(world, { vcpus: 3 })
    place(world)
    expect(told(world, [spot])).toEqual([])
  })

  test('gives no notice to attempts of a queue that prefers spot', () => {
    const world = spotWorld()
    world.do(queueRequest('thrifty', ['spare', 'ce'], 9))
    world.settle()
    const jobs = [1, 2].map(() => submit(world, { jobQueue: 'thrifty', vcpus: 4 }))
    place(world)
    expect(liveAttempt(world.job(jobs[0]!))!.computeEnvironment).toBe('spare')
    expect([told(world, jobs), status(world, jobs[1]!)]).toEqual([[], 'RUNNABLE'])
  })
})

test('a queue with spot first uses spot where there is any, and on-demand capacity where spot has become too expensive', () => {
  const world = spotWorld(20, hostOf('h1', { vcpus: 10 }))
  world.do(queueRequest('thrifty', ['spare', 'ce'], 9))
  world.settle()
  const environmentOf = (jobId: string) => liveAttempt(world.job(jobId))?.computeEnvironment
  const first = submit(world, { jobQueue: 'thrifty' })
  place(world)
  submit(world, { vcpus: 3 })
  place(world)
  const second = submit(world, { jobQueue: 'thrifty' })
  place(world)
  expect([environmentOf(first), environmentOf(second)]).toEqual(['spare', 'ce'])
})

describe('the price', () => {
  test('is the part of the vCPUs that on-demand attempts hold; at the bid spot still starts, above it all get a notice', () => {
    const world = spotWorld(50)
    submit(world, { vcpus: 2 })
    const spot = cheap(world)
    place(world)
    expect(status(world, spot)).toBe('STARTING')
    submit(world, { vcpus: 1 })
    place(world)
    expect(stopping(world, spot)).toEqual({
      kind: 'reclaimed',
      why: 'the spot price, 75 %, is above the bid of spare, 50 %',
    })
    const late = cheap(world)
    place(world)
    expect(waitText(new Explainer(world.state, world.now).explain(world.job(late))!)).toBe(
      'Waiting for spot capacity: on-demand jobs hold 75 % of the vCPUs, the bid of spare is 50 %.',
    )
  })

  test('does not count attempts on hosts that are no longer offered', () => {
    const world = spotWorld(60, hostOf('h1'), hostOf('h2'))
    submit(world, { vcpus: 4 })
    const spot = cheap(world, 4)
    place(world)
    const onDemandHost = ['h1', 'h2'].find((name) => liveAttempt(world.job(spot))!.hostName !== name)!
    world.do(hostsSeen(hostOf(onDemandHost === 'h1' ? 'h2' : 'h1')))
    place(world)
    expect(told(world, [spot])).toEqual([])
  })
})

describe('an attempt with a notice', () => {
  function reclaimed(more: Parameters<typeof submit>[1] = {}): { world: World; jobId: string; job: () => Job } {
    const world = spotWorld()
    const jobId = cheap(world, 4, more)
    place(world)
    world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
    submit(world, { vcpus: 4 })
    place(world)
    expect(told(world, [jobId])).toEqual([jobId])
    return { world, jobId, job: () => world.job(jobId) }
  }
  const terminated = /^Host EC2 \(instance i-[0-9a-z]+\) terminated\.$/

  test('ends with its host terminated, and is not retried for free', () => {
    const { world, jobId, job } = reclaimed()
    end(world, jobId)
    expect(job().state).toMatchObject({ status: 'FAILED', statusReason: expect.stringMatching(terminated) })
    expect(job().attempts).toMatchObject([{ exitCode: 143, statusReason: expect.stringMatching(terminated) }])
  })

  test.each([
    ['RETRY', 'Host EC2*', 'RUNNABLE'],
    ['EXIT', 'Host EC2*', 'FAILED'],
    ['EXIT', 'Task failed*', 'RUNNABLE'],
  ])('is retried only as its strategy says: %s on %s', (action, onStatusReason, after) => {
    const retryStrategy = { attempts: 3, evaluateOnExit: [{ action: action as 'RETRY', onStatusReason }] }
    const { world, jobId, job } = reclaimed({ retryStrategy })
    end(world, jobId)
    expect(job().state.status).toBe(after)
  })

  test('succeeds if it ends well in the time it has', () => {
    const { world, jobId, job } = reclaimed()
    end(world, jobId, 0)
    expect(job().state).toMatchObject({ status: 'SUCCEEDED', statusReason: 'Essential container in task exited' })
  })

  test('is lost with its host like any other', () => {
    const { world, jobId, job } = reclaimed()
    world.do(attemptEnded({ jobId, attempt: 1, outcome: { kind: 'lost' } }))
    expect(job().state).toMatchObject({ status: 'FAILED', statusReason: expect.stringMatching(terminated) })
  })

  test('is the user’s if the user terminates it meanwhile', () => {
    const { world, jobId, job } = reclaimed({ retryStrategy: { attempts: 3 } })
    world.do(terminateJob({ jobId, reason: 'enough' }))
    end(world, jobId)
    expect(job().state).toMatchObject({ status: 'FAILED', statusReason: 'enough' })
  })

  test('has timed out if its time is up meanwhile', () => {
    const { world, jobId, job } = reclaimed({
      retryStrategy: { attempts: 3 },
      timeout: { attemptDurationSeconds: 60 },
    })
    world.now += 61_000
    world.do(attemptTimedOut({ jobId, attempt: 1 }))
    end(world, jobId)
    expect(job().state).toMatchObject({ status: 'FAILED', statusReason: 'Job attempt duration exceeded timeout' })
  })

  test('was interrupted, on FARGATE_SPOT', () => {
    const world = makeWorld()
    world.do(
      createComputeEnvironment({
        computeEnvironmentName: 'spare',
        type: 'MANAGED',
        computeResources: { type: 'FARGATE_SPOT', maxvCpus: 4, subnets: ['s'], securityGroupIds: ['g'] },
      }),
    )
    world.settle()
    world.do(queueRequest('cheap', ['spare']))
    world.settle()
    const containerProperties = {
      image: 'busybox',
      executionRoleArn: 'arn:aws:iam::123456789012:role/r',
      resourceRequirements: needs(4, 8192),
    }
    const definition = { jobDefinitionName: 'fargate', type: 'container' as const, containerProperties }
    world.do(registerJobDefinition({ ...definition, platformCapabilities: ['FARGATE'] }, 'ada'))
    const jobId = submit(world, { jobQueue: 'cheap', jobDefinition: 'fargate' })
    place(world)
    submit(world)
    place(world)
    expect(told(world, [jobId])).toEqual([jobId])
    end(world, jobId)
    expect(world.job(jobId).state).toMatchObject({ statusReason: 'Your Spot Task was interrupted.' })
  })
})

test('leaves even if its successor is cancelled, and nobody else does', () => {
  const world = spotWorld()
  const spot = [1, 2].map(() => cheap(world, 2))
  place(world)
  const wanted = submit(world, { vcpus: 2 })
  place(world)
  world.do(terminateJob({ jobId: wanted, reason: 'changed my mind' }))
  submit(world, { vcpus: 2 })
  place(world)
  expect(told(world, spot)).toHaveLength(1)
})

test('a lowered bid gives notice to attempts above it', () => {
  const world = spotWorld(100)
  submit(world, { vcpus: 2 })
  const spot = cheap(world)
  place(world)
  world.try(updateComputeEnvironment({ computeEnvironment: 'spare', computeResources: { bidPercentage: 30 } }))
  world.settle()
  place(world)
  const { bidPercentage } = world.state.computeEnvironments.get('spare')!.spot!
  expect([bidPercentage, told(world, [spot])]).toEqual([30, [spot]])
})
