/** Dependencies (docs/aws §3, §4), as properties of random lives. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Job, type JobStatus, jobStatuses, liveAttempt } from '../../model/job.ts'
import { updateComputeEnvironment } from '../compute-environment/decide.ts'
import { updateConsumableResource } from '../consumable-resource/decide.ts'
import { attemptEnded } from '../job/attempt.ts'
import { propertyRuns } from '../property-runs.testing.ts'
import { makeRandomWorld } from '../random-beginning.testing.ts'
import { life, releaseAll, take } from '../random-world.testing.ts'
import { environmentRequest, exited, hostOf, hostsSeen, place, type World } from '../world.testing.ts'

/** Checks the order in which jobs ran, read from the events. */
function checkOrder(world: World, started: ReadonlyMap<string, number>): void {
  const succeededBefore = (jobId: string, at: number, what: string) => {
    const job = world.finished.get(jobId)
    expect(job?.state.status, what).toBe('SUCCEEDED')
    expect((job!.state as { stoppedAtMs: number }).stoppedAtMs, what).toBeLessThanOrEqual(at)
  }
  for (const [jobId, at] of started) {
    const job = world.job(jobId)
    for (const { jobId: other, type } of job.spec.dependsOn ?? []) {
      const what = `${jobId} started after ${other ?? 'the child before'} (${type})`
      if (type === 'N_TO_N') succeededBefore(`${other}:${job.arrayIndex}`, at, what)
      else if (other !== undefined) succeededBefore(other, at, what)
      else if (job.arrayIndex! > 0) succeededBefore(`${job.jobId.replace(/:.*/, '')}:${job.arrayIndex! - 1}`, at, what)
    }
  }
}

function liveThrough(steps: Parameters<typeof take>[1][]): { world: World; started: Map<string, number> } {
  const started = new Map<string, number>()
  const world: World = makeRandomWorld((events) => {
    for (const event of events)
      if (event.type === 'attemptPlaced' && !started.has(event.jobId))
        started.set(event.jobId, event.attempt.placedAtMs)
  })
  for (const step of steps) take(world, step)
  return { world, started }
}

test('nothing starts before what it depends on has succeeded, and pairs never cross', () => {
  fc.assert(
    fc.property(life, (steps) => {
      const { world, started } = liveThrough(steps)
      checkOrder(world, started)
    }),
    propertyRuns(200),
  )
})

test('with room for all nothing waits forever, and every array’s summary matches its children', () => {
  fc.assert(
    fc.property(life, fc.nat(3), (steps, failEvery) => {
      const { world, started } = liveThrough(steps)
      world.try(environmentRequest('ce', 1000))
      world.settle()
      finishEverything(world, failEvery)
      expect([...world.state.jobs.values()].map((job) => `${job.jobId} ${job.state.status}`)).toEqual([])
      checkOrder(world, started)
      for (const job of world.finished.values())
        if (job.spec.arraySize && job.arrayIndex === undefined) checkSummary(world, job)
    }),
    propertyRuns(200),
  )
})

function checkSummary(world: World, parent: Job): void {
  const counts = Object.fromEntries(jobStatuses.map((name) => [name, 0])) as Record<JobStatus, number>
  for (let index = 0; index < parent.spec.arraySize!; index++) {
    const record = world.finished.get(`${parent.jobId}:${index}`)
    if (!record) expect(parent.state, `${parent.jobId}:${index} has no record`).toHaveProperty('halted')
    counts[record?.state.status ?? 'FAILED']++
  }
  expect(parent.state).toMatchObject({ statusSummary: counts, status: counts.FAILED > 0 ? 'FAILED' : 'SUCCEEDED' })
}

/**
 * Makes room for all, puts every environment and queue in order, and ends every attempt. Every
 * `failEvery`th attempt fails; 0 means none.
 */
function finishEverything(world: World, failEvery: number): void {
  world.do(hostsSeen(hostOf('h1', { vcpus: 1000, memoryMib: 1_000_000, gpus: 1000 })))
  for (const computeEnvironment of world.state.computeEnvironments.keys())
    world.try(updateComputeEnvironment({ computeEnvironment, state: 'ENABLED', computeResources: { maxvCpus: 1000 } }))
  for (const consumableResource of world.state.consumableResources.keys())
    world.do(updateConsumableResource({ consumableResource, operation: 'SET', quantity: 1_000_000 }))
  releaseAll(world)
  world.settle()
  let ended = 0
  for (let round = 0; round < 500 && world.state.jobs.size > 0; round++) {
    world.settle()
    place(world)
    for (const job of [...world.state.jobs.values()]) {
      const attempt = liveAttempt(job)
      if (!attempt) continue
      const code = failEvery > 0 && ++ended % failEvery === 0 ? 1 : 0
      world.do(attemptEnded({ jobId: job.jobId, attempt: attempt.number, outcome: exited(code) }))
    }
  }
}
