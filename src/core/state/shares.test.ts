/**
 * Fair share: what shares get of a queue that is always full, what is kept for absent shares, and
 * that a restart changes nothing.
 */
import { describe, expect, test } from 'vitest'
import type { FairsharePolicy } from '../../model/generated/batch.ts'
import { type Job, type LiveAttempt, liveAttempt } from '../../model/job.ts'
import { attemptEnded } from '../job/attempt.ts'
import { restore } from '../restore.ts'
import { createSchedulingPolicy } from '../scheduling-policy/decide.ts'
import {
  account,
  environmentRequest,
  hostOf,
  hostsSeen,
  makeWorld,
  place,
  queueRequest,
  submit,
  World,
} from '../world.testing.ts'
import { averageAt, reservedFraction, weightOf } from './shares.ts'
import type { State } from './state.ts'

const vcpus = 100
/** How many jobs of each share wait: enough that the queue is never empty. */
const waitingEach = 10
const jobSeconds = 60
const decaySeconds = 600

function fairWorld(policy: FairsharePolicy): World {
  const world = makeWorld()
  world.checksEachStep = false
  world.do(hostsSeen(hostOf('big', { vcpus, memoryMib: 1_000_000 })))
  world.do(environmentRequest('all', vcpus))
  world.settle()
  world.do(createSchedulingPolicy({ name: 'p', fairsharePolicy: { shareDecaySeconds: decaySeconds, ...policy } }))
  world.do(queueRequest('fair', ['all'], 1, 'p'))
  world.settle()
  return world
}

const ask = (world: World, shareIdentifier: string, more: Parameters<typeof submit>[1] = {}) =>
  submit(world, { jobQueue: 'fair', shareIdentifier, schedulingPriorityOverride: 0, ...more })

/**
 * Runs the world for that long with jobs of one length, while each share always has some that wait.
 * Returns the vCPU seconds of each share.
 */
function saturate(world: World, shares: readonly string[], seconds: number): Map<string, number> {
  const used = new Map(shares.map((share) => [share, 0]))
  const untilMs = world.now + seconds * 1000
  let due = 0
  while (world.now < untilMs) {
    for (const share of shares)
      while ((world.state.waiting.get('fair')?.lines.get(share)?.size ?? 0) < waitingEach) ask(world, share)
    place(world)
    // Jobs end one after the other, so that the queue is never suddenly empty.
    const running: { job: Job; attempt: LiveAttempt }[] = []
    for (const job of world.state.jobs.values()) {
      const attempt = liveAttempt(job)
      if (attempt) running.push({ job, attempt })
    }
    const first = running.reduce((a, b) => (b.attempt.placedAtMs < a.attempt.placedAtMs ? b : a))
    due = first.attempt.placedAtMs + jobSeconds * 1000
    const stepMs = Math.max(0, Math.min(due - world.now, (jobSeconds * 1000) / vcpus))
    for (const { job } of running) {
      const share = job.spec.shareIdentifier!
      used.set(share, used.get(share)! + (stepMs / 1000) * job.spec.resources.vcpus)
    }
    world.now += stepMs
    if (world.now >= due - 100) {
      const outcome = endedAt(world)
      world.do(attemptEnded({ jobId: first.job.jobId, attempt: 1, outcome }))
    }
    world.lookAway()
    world.finished.clear()
  }
  return used
}

const endedAt = ({ now }: World) => ({ kind: 'exited', exitCode: 0, outOfMemory: false, stoppedAtMs: now }) as const

const entry = (shareIdentifier: string, weightFactor: number) => ({ shareIdentifier, weightFactor })

describe('a full queue is shared according to the weights, within 5 percent', () => {
  test.each<[string, FairsharePolicy, Record<string, number>]>([
    ['without weights', {}, { a: 1, b: 1, c: 1 }],
    [
      'a lower weight gets more',
      { shareDistribution: [entry('a', 0.5), entry('b', 1), entry('c', 2)] },
      { a: 4, b: 2, c: 1 },
    ],
    [
      'each name of a prefix has its weight',
      { shareDistribution: [entry('x*', 0.5), entry('b', 1)] },
      { x1: 2, x2: 2, b: 1 },
    ],
  ])('%s', (_name, policy, parts) => {
    const world = fairWorld(policy)
    const shares = Object.keys(parts)
    saturate(world, shares, 2 * decaySeconds)
    expectParts(saturate(world, shares, 4 * decaySeconds), parts)
  })

  test('also if the server restarts meanwhile', () => {
    const parts = { a: 2, b: 1 }
    const world = fairWorld({ shareDistribution: [entry('a', 0.5)] })
    saturate(world, ['a', 'b'], decaySeconds)
    const again = restarted(world)
    const before = shareFacts(world.state)
    expect(shareFacts(again.state)).toEqual(before)
    expectParts(saturate(again, ['a', 'b'], 4 * decaySeconds), parts)
  })

  test('a share that was away takes its part at once, but not everything that comes free', () => {
    const world = fairWorld({})
    saturate(world, ['a'], 3 * decaySeconds)
    const used = saturate(world, ['a', 'b'], 600)
    expect(used.get('b')! / used.get('a')!).toBeGreaterThan(0.8)
    expectParts(saturate(world, ['a', 'b'], 4 * decaySeconds), { a: 1, b: 1 })
  })
})

function expectParts(used: ReadonlyMap<string, number>, parts: Readonly<Record<string, number>>): void {
  const total = [...used.values()].reduce((sum, it) => sum + it, 0)
  const all = Object.values(parts).reduce((sum, it) => sum + it, 0)
  for (const [share, part] of Object.entries(parts)) {
    const expected = part / all
    expect(Math.abs(used.get(share)! / total - expected) / expected, share).toBeLessThan(0.05)
  }
}

function shareFacts(state: State) {
  return [...(state.shares.get('fair') ?? [])].map(([share, it]) => [share, it]).sort()
}

/** The state as the store would return it. */
function restarted(world: World): World {
  const { state } = world
  const shareUses = [...state.shares].flatMap(([jobQueue, uses]) =>
    [...uses].map(([shareIdentifier, { average, atMs }]) => ({ jobQueue, shareIdentifier, average, atMs })),
  )
  const restored = restore(
    account,
    'scripted',
    {
      jobs: structuredClone([...state.jobs.values()].sort((a, b) => a.seq - b.seq)),
      definitionBytes: state.jobDefinitions.held.owners(),
      jobQueues: [...state.jobQueues.values()],
      computeEnvironments: [...state.computeEnvironments.values()],
      resources: [...state.schedulingPolicies.values()],
      shareUses,
      nextSeq: state.nextSeq,
    },
    undefined,
    state.jobDefinitions.source,
  )
  const again = new World(undefined, state.rules, restored)
  again.checksEachStep = false
  again.now = world.now
  // Ids continue where they were.
  for (let at = 0; at < state.nextSeq + 1000; at++) again.newId()
  again.do(hostsSeen(hostOf('big', { vcpus, memoryMib: 1_000_000 })))
  return again
}

describe('computeReservation', () => {
  test.each([
    [50, [0.5, 0.5, 0.25, 0.125]],
    [25, [0.25, 0.25, 0.0625, 0.015625]],
    [0, [0, 0, 0, 0]],
  ])('%i keeps its power by the number of active shares', (computeReservation, fractions) => {
    expect([0, 1, 2, 3].map((active) => reservedFraction({ computeReservation }, active))).toEqual(fractions)
  })

  test('is kept for absent shares, and given at once to one that comes', () => {
    const world = fairWorld({ computeReservation: 50 })
    const held = (share: string) =>
      [...world.state.jobs.values()].filter((job) => job.spec.shareIdentifier === share && liveAttempt(job)).length
    for (let at = 0; at < 100; at++) ask(world, 'a')
    place(world)
    expect(held('a')).toBe(50)
    for (let at = 0; at < 100; at++) ask(world, 'b')
    place(world)
    expect([held('a'), held('b')]).toEqual([50, 25])
    ask(world, 'c')
    place(world)
    expect([held('a'), held('b'), held('c')]).toEqual([50, 36, 1])
  })

  test('does not keep an idle queue from running a larger request', () => {
    const world = fairWorld({ computeReservation: 99 })
    const first = ask(world, 'a', { vcpus: 90 })
    const second = ask(world, 'a', { vcpus: 1 })
    place(world)
    expect([first, second].map((id) => world.job(id).state.status)).toEqual(['STARTING', 'RUNNABLE'])
  })
})

test('within a share schedulingPriority counts first, then submission; across shares it does not count', () => {
  const world = fairWorld({})
  const order: string[] = []
  const submitted = [
    ['a', 1],
    ['a', 5],
    ['b', 0],
    ['a', 5],
    ['b', 9],
  ] as const
  const ids = submitted.map(([share, priority]) => ask(world, share, { schedulingPriorityOverride: priority }))
  world.do(hostsSeen(hostOf('big', { vcpus: 1, memoryMib: 1_000_000 })))
  for (const _ of ids) {
    place(world)
    const running = [...world.state.jobs.values()].find((job) => liveAttempt(job))!
    order.push(submitted[ids.indexOf(running.jobId)]!.join(' '))
    world.do(attemptEnded({ jobId: running.jobId, attempt: 1, outcome: endedAt(world) }))
  }
  expect(order.filter((it) => it.startsWith('a'))).toEqual(['a 5', 'a 5', 'a 1'])
  expect(order.filter((it) => it.startsWith('b'))).toEqual(['b 9', 'b 0'])
})

test('the average approaches what is held, by two thirds in one decay window', () => {
  const use = { average: 0, atMs: 0, vcpus: 10, liveJobs: 1 }
  expect(averageAt(use, decaySeconds * 1000, decaySeconds)).toBeCloseTo(10 * (1 - Math.exp(-1)))
  expect(averageAt({ ...use, average: 10, vcpus: 0 }, decaySeconds * 1000, decaySeconds)).toBeCloseTo(10 * Math.exp(-1))
  expect(averageAt(use, -5000, decaySeconds), 'a clock that goes back changes nothing').toBe(0)
})

test('a share has the weight of its own entry, or of its prefix; without one it is 1', () => {
  const policy = { shareDistribution: [entry('a*', 2), entry('b', 4)] }
  expect(['ax', 'a', 'b', 'bx'].map((share) => weightOf(policy, share))).toEqual([2, 2, 4, 1])
})

test('shares that were used once and never again are forgotten', () => {
  const world = fairWorld({})
  for (let at = 0; at < 1200; at++) {
    const jobId = ask(world, `user-${at}`)
    place(world)
    world.do(attemptEnded({ jobId, attempt: 1, outcome: endedAt(world) }))
    world.now += 60_000
    world.lookAway()
  }
  expect(world.state.shares.get('fair')!.size).toBeLessThanOrEqual(1000)
})
