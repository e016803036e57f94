/**
 * A share's past use counts less and less: whose turn it is after how long, and how long an ended
 * share counts as active, even after a restart.
 */
import { describe, expect, test } from 'vitest'
import type { FairsharePolicy } from '../../model/generated/batch.ts'
import { liveAttempt } from '../../model/job.ts'
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

/** A queue `fair` with shares, on one host with that many vCPUs. */
function fairWorld(vcpus: number, policy: FairsharePolicy): World {
  const world = makeWorld()
  world.do(environmentRequest('all', 1000))
  world.settle()
  world.do(createSchedulingPolicy({ name: 'p', fairsharePolicy: policy }))
  world.do(queueRequest('fair', ['all'], 1, 'p'))
  world.settle()
  hasVcpus(world, vcpus)
  return world
}

const hasVcpus = (world: World, vcpus: number) =>
  world.do(hostsSeen(hostOf('big', { vcpus, memoryMib: 1_000_000, gpus: 0 })))

const ask = (world: World, shareIdentifier: string, vcpus = 1) =>
  submit(world, { jobQueue: 'fair', shareIdentifier, schedulingPriorityOverride: 0, vcpus })

/** Every command takes a millisecond. Its consequences may take up to a second. */
const waitUntil = (world: World, ms: number) => {
  world.now = Math.round(ms)
}

function end(world: World, jobId: string): number {
  const outcome = { kind: 'exited', exitCode: 0, outOfMemory: false, stoppedAtMs: world.now } as const
  world.do(attemptEnded({ jobId, attempt: liveAttempt(world.job(jobId))!.number, outcome }))
  return world.now
}

const isPlaced = (world: World, jobId: string) => liveAttempt(world.job(jobId)) !== undefined

/** The state as the store would return it, after the engine has reported. */
function restarted({ state, now }: World, vcpus: number): World {
  const restored = restore(
    account,
    'scripted',
    {
      jobs: structuredClone([...state.jobs.values()].sort((a, b) => a.seq - b.seq)),
      definitionBytes: state.jobDefinitions.held.owners(),
      jobQueues: [...state.jobQueues.values()],
      computeEnvironments: [...state.computeEnvironments.values()],
      resources: [...state.schedulingPolicies.values()],
      shareUses: [...state.shares].flatMap(([jobQueue, uses]) =>
        [...uses].map(([shareIdentifier, { average, atMs }]) => ({ jobQueue, shareIdentifier, average, atMs })),
      ),
      nextSeq: state.nextSeq,
    },
    undefined,
    state.jobDefinitions.source,
  )
  const again = new World(undefined, state.rules, restored)
  again.now = now
  for (let at = 0; at < 1000; at++) again.newId()
  hasVcpus(again, vcpus)
  return again
}

const lives = [
  { life: 'in one life of the server', goesOn: (world: World) => world },
  { life: 'over a restart', goesOn: restarted },
]

describe.each(lives)('$life', ({ goesOn }) => {
  test('a share with much past use and none now comes after a share with no use', () => {
    const world = fairWorld(10, { shareDecaySeconds: 600 })
    const first = ask(world, 'used', 10)
    place(world)
    waitUntil(world, world.now + 600_000)
    end(world, first)
    hasVcpus(world, 1)
    const after = goesOn(world, 1)
    waitUntil(after, after.now + 1_200_000)
    const [used, fresh] = [ask(after, 'used'), ask(after, 'fresh')]
    place(after)
    expect([isPlaced(after, used), isPlaced(after, fresh)]).toEqual([false, true])
  })

  /**
   * `used` held 10 vCPUs for a while, and nothing since. `holds` has held one from that moment on.
   * With e = e^(−Δt/T) they score A·e and (1−e) + 1, which are equal at e = 2/(A+1).
   */
  test.each([
    { seconds: 60, weight: 1 },
    { seconds: 600, weight: 1 },
    { seconds: 3600, weight: 1 },
    { seconds: 600, weight: 2 },
  ])(
    'the order of two shares turns when average·e^(−Δt/$seconds) says so, at weight $weight',
    ({ seconds, weight }) => {
      const turnsTo = (offsetMs: number) => {
        const policy = {
          shareDecaySeconds: seconds,
          shareDistribution: [{ shareIdentifier: 'used', weightFactor: weight }],
        }
        const world = fairWorld(10, policy)
        const long = ask(world, 'used', 10)
        place(world)
        waitUntil(world, world.now + seconds * 1000)
        const endedAtMs = end(world, long)
        ask(world, 'holds')
        place(world)
        hasVcpus(world, 2)
        const average = 10 * (1 - Math.exp(-1))
        const turnsAfterMs = -seconds * 1000 * Math.log(2 / (average * weight + 1))
        waitUntil(world, endedAtMs + turnsAfterMs / 2)
        const after = goesOn(world, 2)
        waitUntil(after, endedAtMs + turnsAfterMs + offsetMs)
        const [used, holds] = [ask(after, 'used'), ask(after, 'holds')]
        place(after)
        expect(isPlaced(after, used)).toBe(!isPlaced(after, holds))
        return isPlaced(after, used) ? 'used' : 'holds'
      }
      expect([turnsTo(-1000), turnsTo(1000)]).toEqual(['holds', 'used'])
    },
  )

  test.each([
    // One of two active shares ended: a quarter of 16 is kept as long as it counts, then half.
    { when: 'just before the window is over', offsetMs: -1000, runs: 12 },
    { when: 'when the window is over', offsetMs: 1000, runs: 8 },
  ])('an ended share is active for the decay window: $when', ({ offsetMs, runs }) => {
    const world = fairWorld(16, { shareDecaySeconds: 600, computeReservation: 50 })
    const once = ask(world, 'once')
    place(world)
    const endedAtMs = end(world, once)
    const after = goesOn(world, 16)
    waitUntil(after, endedAtMs + 600_000 + offsetMs)
    const many = Array.from({ length: 16 }, () => ask(after, 'many'))
    place(after)
    expect(many.filter((jobId) => isPlaced(after, jobId))).toHaveLength(runs)
  })
})
