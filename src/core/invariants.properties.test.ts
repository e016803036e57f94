/**
 * Random lives: whatever happens in whatever order, the invariants hold after every step (the
 * recording world derives them).
 */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allowedAttempts, type Job } from '../model/job.ts'
import { Explainer } from './explain/explain.ts'
import { placeJobs } from './job/place.ts'
import { propertyRuns } from './property-runs.testing.ts'
import { makeRandomWorld } from './random-beginning.testing.ts'
import { life, take } from './random-world.testing.ts'
import { plan } from './scheduler/plan.ts'
import { childrenOf } from './state/children.ts'
import { pairDependencies } from './state/dependencies.ts'
import { waitsForPlace } from './state/lines.ts'
import { transitions } from './transitions.ts'
import { place, type World } from './world.testing.ts'

const runs = propertyRuns(150)

test('bookings, counts, queues and arrays agree with the jobs after every step', () => {
  fc.assert(
    fc.property(life, (steps) => {
      const world = makeRandomWorld()
      for (const step of steps) take(world, step)
    }),
    runs,
  )
})

test('every event of a job happens in one life or another', () => {
  const seen = new Set<string>()
  const lives = fc.sample(life, { numRuns: 150, seed: 1 })
  for (const steps of lives) {
    const world = makeRandomWorld((events) => {
      for (const { type } of events) seen.add(type)
    })
    for (const step of steps) take(world, step)
  }
  expect(Object.keys(transitions).filter((type) => !seen.has(type))).toEqual([])
})

test('an ended job never changes, and no job has more attempts than its strategy allows', () => {
  fc.assert(
    fc.property(life, (steps) => {
      const world = makeRandomWorld()
      const ends = new Map<string, string>()
      const endOf = (job: Job) => JSON.stringify([job.state, job.attempts, job.isCancelled, job.isTerminated])
      for (const step of steps) {
        take(world, step)
        for (const [jobId, job] of world.finished) {
          expect(world.state.jobs.has(jobId)).toBe(false)
          expect(endOf(job)).toBe(ends.get(jobId) ?? endOf(job))
          ends.set(jobId, endOf(job))
        }
        for (const job of [...world.state.jobs.values(), ...world.finished.values()]) {
          expect(job.attempts.map(({ number }) => number)).toEqual(job.attempts.map((_, index) => index + 1))
          const begun = job.attempts.length + ('attempt' in job.state ? 1 : 0)
          expect(begun).toBeLessThanOrEqual(allowedAttempts(job.spec))
        }
      }
    }),
    runs,
  )
})

test('planning twice places nothing more', () => {
  fc.assert(
    fc.property(life, (steps) => {
      const world = makeRandomWorld()
      for (const step of steps) take(world, step)
      world.do(placeJobs())
      place(world)
      expect(plan(world.state, world.now, 256)).toMatchObject({
        placements: [],
        parked: [],
        reclaims: [],
        truncated: false,
      })
    }),
    runs,
  )
})

test('every waiting job is explained, with a blocking reason exactly when the planner would not place it', () => {
  fc.assert(
    fc.property(life, (steps) => {
      const world = makeRandomWorld()
      for (const step of steps) take(world, step)
      checkExplanations(world)
      place(world)
      checkExplanations(world)
    }),
    runs,
  )
})

/**
 * "About to start" must be the answer for exactly the queue heads that the next pass places. All
 * others must have a reason that blocks them.
 */
function checkExplanations(world: World): void {
  const explainer = new Explainer(world.state, world.now)
  const placed = new Set(plan(world.state, world.now, 256).placements.map(({ jobId }) => jobId))
  for (const job of world.state.jobs.values()) {
    const reason = explainer.explain(job)
    const waits =
      waitsForPlace(job) ||
      job.held ||
      world.state.awaited.has(job.jobId) ||
      // Children of an array that depends on its partners' children have nothing in `awaited`.
      (pairDependencies(job).length > 0 && reason?.kind === 'dependencies' && childrenOf(job) !== undefined)
    expect(reason !== undefined, `${job.jobId} is explained`).toBe(Boolean(waits))
    if (reason?.kind === 'aboutToStart' || !reason) continue
    const blocks = reason.kind !== 'behind' || reason.head !== undefined
    expect(blocks && placed.has(job.jobId), `${job.jobId} is placed though ${JSON.stringify(reason)}`).toBe(false)
  }
  if (!world.state.schedulingDue)
    for (const job of world.state.jobs.values())
      expect(explainer.explain(job)?.kind, 'nothing that could start is left').not.toBe('aboutToStart')
}
