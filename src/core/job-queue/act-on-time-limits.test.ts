/**
 * Which jobs are cancelled for having waited too long for a reason that the queue names, after how
 * long, and which are not.
 */
import { describe, expect, test } from 'vitest'
import type { JobStateTimeLimitAction } from '../../model/generated/batch.ts'
import { driverSeen } from '../instance/driver-seen.ts'
import { attemptEnded } from '../job/attempt.ts'
import {
  childCounts,
  environmentRequest,
  exited,
  hostOf,
  hostsSeen,
  makeWorld,
  needs,
  place,
  queueRequest,
  submit,
  type World,
} from '../world.testing.ts'
import { actOnTimeLimits } from './act-on-time-limits.ts'
import { updateJobQueue } from './decide.ts'

const capacity = 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY'
const tooLarge = 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT'
const tooManyVcpus = 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE'
const textOf = (reason: string) => `Canceled by JobStateTimeLimit action due to reason: ${reason}`

/** The queue `q` acts on these reasons after ten minutes. */
function actingWorld(...reasons: string[]): World {
  const world = makeWorld()
  const actions = reasons.map(
    (reason): JobStateTimeLimitAction => ({ reason, state: 'RUNNABLE', maxTimeSeconds: 600, action: 'CANCEL' }),
  )
  world.do(updateJobQueue({ jobQueue: 'q', jobStateTimeLimitActions: actions }))
  world.settle()
  return world
}

/** Looks every five seconds for that long. */
function pass(world: World, seconds: number): void {
  for (let left = seconds; left > 0; left -= 5) {
    world.now += 5000
    world.do(actOnTimeLimits(world.now))
    place(world)
  }
}
const status = (world: World, jobId: string) => world.job(jobId).state.status
const end = (world: World, jobId: string) => {
  const { state } = world.job(jobId)
  return 'statusReason' in state ? state.statusReason : state.status
}

describe('the head of the queue', () => {
  test('is cancelled after its time, and the jobs behind it start', () => {
    const world = actingWorld(capacity)
    submit(world, { vcpus: 2 })
    const head = submit(world, { vcpus: 4 })
    const behind = submit(world, { vcpus: 1 })
    place(world)
    pass(world, 600)
    expect([head, behind].map((id) => status(world, id))).toEqual(['RUNNABLE', 'RUNNABLE'])
    pass(world, 10)
    expect(end(world, head)).toBe(textOf(capacity))
    expect(world.job(head).isCancelled).toBe(true)
    expect(status(world, behind)).toBe('STARTING')
  })

  test('has its own time: a later head is cancelled later', () => {
    const world = actingWorld(capacity)
    submit(world, { vcpus: 4 })
    const [first, second] = [submit(world, { vcpus: 3 }), submit(world, { vcpus: 3 })]
    place(world)
    pass(world, 610)
    expect([first, second].map((id) => status(world, id))).toEqual(['FAILED', 'RUNNABLE'])
    pass(world, 590)
    expect(status(world, second)).toBe('RUNNABLE')
    pass(world, 20)
    expect(end(world, second)).toBe(textOf(capacity))
  })

  test('begins anew if its reason disappeared for a while', () => {
    const world = actingWorld(capacity)
    submit(world, { vcpus: 4 })
    const head = submit(world, { vcpus: 3 })
    place(world)
    pass(world, 590)
    world.do(driverSeen({ driver: 'scripted', health: { kind: 'unreachable', why: 'away' } }))
    pass(world, 600)
    expect(status(world, head)).toBe('RUNNABLE')
    world.do(hostsSeen(hostOf('h1')))
    pass(world, 590)
    expect(status(world, head)).toBe('RUNNABLE')
    pass(world, 20)
    expect(status(world, head)).toBe('FAILED')
  })

  test('keeps its time while the reason changes within its code', () => {
    const world = actingWorld(capacity)
    world.do(hostsSeen(hostOf('h1', { vcpus: 16 })))
    const running = submit(world, { vcpus: 10 })
    submit(world, { vcpus: 6 })
    const head = submit(world, { vcpus: 8 })
    place(world)
    pass(world, 300)
    // maxvCpus is in use at first. Later the host is smaller, and busy.
    world.do(hostsSeen(hostOf('h1', { vcpus: 12 })))
    world.do(attemptEnded({ jobId: running, attempt: 1, outcome: exited(0) }))
    pass(world, 310)
    expect(end(world, head)).toBe(textOf(capacity))
  })

  test('is, for an array, the child that would start next', () => {
    const world = actingWorld(capacity)
    submit(world, { vcpus: 4 })
    const array = submit(world, { vcpus: 3, arrayProperties: { size: 3 } })
    place(world)
    pass(world, 610)
    expect(end(world, `${array}:0`)).toBe(textOf(capacity))
    expect(childCounts(world, array)).toEqual({ RUNNABLE: 2, FAILED: 1 })
    pass(world, 1230)
    expect(end(world, array)).toBe('Array Child Job failed')
    expect([1, 2].map((index) => end(world, `${array}:${index}`))).toEqual([textOf(capacity), textOf(capacity)])
  })

  test('is left alone for a reason that the queue does not name', () => {
    const world = actingWorld(tooLarge)
    submit(world, { vcpus: 4 })
    const head = submit(world, { vcpus: 3 })
    const huge = submit(world, { vcpus: 17 })
    place(world)
    pass(world, 2000)
    expect([head, huge].map((id) => status(world, id))).toEqual(['RUNNABLE', 'RUNNABLE'])
  })
})

describe('a job that can never fit', () => {
  test.each([
    ['any host', 5, tooLarge],
    ['maxvCpus', 17, tooManyVcpus],
  ])('%s is cancelled, although others pass it', (_what, vcpus, reason) => {
    const world = actingWorld(reason)
    const never = submit(world, { vcpus })
    const small = submit(world)
    place(world)
    expect(status(world, small)).toBe('STARTING')
    pass(world, 610)
    expect(end(world, never)).toBe(textOf(reason))
  })

  test('is cancelled at once, an array with all its children', () => {
    const world = actingWorld(tooLarge)
    const array = submit(world, { vcpus: 5, arrayProperties: { size: 100 } })
    const jobs = [1, 2, 3].map(() => submit(world, { vcpus: 6 }))
    place(world)
    pass(world, 600)
    expect(childCounts(world, array)).toEqual({ RUNNABLE: 100 })
    pass(world, 10)
    expect(world.job(array).state).toMatchObject({ status: 'FAILED', halted: { statusReason: textOf(tooLarge) } })
    expect(jobs.map((id) => end(world, id))).toEqual(Array(3).fill(textOf(tooLarge)))
    expect(world.state.stuck.size).toBe(0)
  })

  test('starts after all when a host comes that can hold it', () => {
    const world = actingWorld(tooLarge)
    const large = submit(world, { vcpus: 8 })
    place(world)
    pass(world, 500)
    world.do(hostsSeen(hostOf('h1', { vcpus: 8 })))
    pass(world, 200)
    expect(status(world, large)).toBe('STARTING')
  })
})

test('while more jobs are starting than one plan shows, nobody loses their time', () => {
  const world = actingWorld(capacity)
  submit(world, { vcpus: 4 })
  const head = submit(world, { vcpus: 3 })
  place(world)
  pass(world, 595)
  world.do(environmentRequest('other', 1000))
  world.settle()
  world.do(queueRequest('urgent', ['other'], 9))
  world.settle()
  world.do(hostsSeen(hostOf('h1'), hostOf('h2', { vcpus: 1000, memoryMib: 100_000 })))
  submit(world, {
    jobQueue: 'urgent',
    arrayProperties: { size: 300 },
    containerOverrides: { resourceRequirements: needs(1, 4) },
  })
  world.now += 5000
  world.do(actOnTimeLimits(world.now))
  expect(world.state.stuck.has(head)).toBe(true)
})

test('a look at an unchanged state leads to nothing', () => {
  const world = actingWorld(capacity, tooLarge)
  submit(world, { vcpus: 4 })
  submit(world, { vcpus: 3 })
  submit(world, { vcpus: 5 })
  place(world)
  pass(world, 5)
  world.lookAway()
  world.do(actOnTimeLimits(world.now))
  world.nothingElseHappened()
})
