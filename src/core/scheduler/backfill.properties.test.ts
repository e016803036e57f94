/**
 * Random streams of jobs behind a head: backfill never delays the head beyond what ran before it.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { liveAttempt } from '../../model/job.ts'
import { propertyRuns } from '../property-runs.testing.ts'
import { createSchedulingPolicy } from '../scheduling-policy/decide.ts'
import { needs, place, queueRequest, submit } from '../world.testing.ts'
import { backfillWorld, end, running } from './backfill.testing.ts'

const life = fc.record({
  /** The attempts that run when the head comes. */
  before: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 8, maxLength: 14 }),
  head: fc.record({ vcpus: fc.integer({ min: 2, max: 8 }), memoryMib: fc.constantFrom(512, 4096, 8192) }),
  /** The jobs that keep coming, and the running attempts that end in between. */
  stream: fc.array(fc.record({ vcpus: fc.integer({ min: 1, max: 3 }), which: fc.nat(30), comes: fc.nat(3) }), {
    minLength: 40,
    maxLength: 120,
    size: 'max',
  }),
})

describe.each([
  { name: 'in a plain queue', share: false },
  { name: 'in a queue with shares', share: true },
])('$name', ({ share }) => {
  test('a head that fits an empty host starts at the latest when the attempts that ran before it have ended, and as its reservation says', () => {
    fc.assert(
      fc.property(life, ({ before, head, stream }) => {
        const world = backfillWorld()
        world.do(createSchedulingPolicy({ name: 'p', fairsharePolicy: { shareDecaySeconds: 60 } }))
        world.do(queueRequest('fair', ['ce'], 1, 'p'))
        world.settle()
        let at = 0
        const ask = (vcpus: number, memoryMib = 256) =>
          submit(world, {
            jobQueue: share ? 'fair' : 'q',
            ...(share ? { shareIdentifier: `s${at++ % 3}`, schedulingPriorityOverride: 0 } : {}),
            containerOverrides: { resourceRequirements: needs(vcpus, memoryMib) },
          })
        for (const vcpus of before) ask(vcpus)
        place(world)
        const headId = ask(head.vcpus, head.memoryMib)
        const isPlaced = () => !world.state.jobs.has(headId) || liveAttempt(world.job(headId)) !== undefined
        let ran: Set<string> | undefined
        let onClaimed: Set<string> | undefined
        for (const { vcpus, which, comes } of stream) {
          for (let one = 0; one < comes; one++) ask(vcpus)
          place(world)
          if (isPlaced()) return
          const reservation = [...world.state.reservations.values()].find(({ jobId }) => jobId === headId)
          if (reservation && !ran) {
            const all = running(world).filter(({ attempt }) => !reservation.beside.has(attempt.name))
            ran = new Set(all.map(({ attempt }) => attempt.name))
            onClaimed = new Set(
              all.filter(({ attempt }) => reservation.claims.has(attempt.hostName)).map(({ attempt }) => attempt.name),
            )
          }
          expect(!ran || reservation, 'a head that reserved room stays the head').toBeTruthy()
          const all = running(world)
          const ending = all[which % all.length]!
          end(world, ending)
          place(world)
          const alive = new Set(running(world).map(({ attempt }) => attempt.name))
          const isOver = (names: Set<string> | undefined) => names && [...names].every((name) => !alive.has(name))
          if (isOver(ran)) expect(isPlaced(), 'all that ran before has ended').toBe(true)
          const environmentLeaves = (world.state.taken.get('ce')?.vcpus ?? 0) + head.vcpus <= 16
          if (isOver(onClaimed) && environmentLeaves) expect(isPlaced(), 'its host is free of them').toBe(true)
        }
      }),
      propertyRuns(250),
    )
  })
})
