/** What a job shows after it was asked to stop, and who asked (docs/aws §2.9). */
import { expect, test } from 'vitest'
import { Explainer } from '../explain/explain.ts'
import { exited, makeWorld, place, submit, type World } from '../world.testing.ts'
import { attemptEnded, attemptStarted } from './attempt.ts'
import { cancelJob, terminateJob } from './cancel.ts'
import { childWithoutRecord } from './child-without-record.ts'
import { jobDetail, jobSummary } from './read.ts'
import { cancelJobs } from './stop-jobs.ts'

const request = { reason: 'stop', by: 'ada' }

function shown(world: World, jobId: string) {
  const job = world.job(jobId)
  const view = { state: world.state, explainer: new Explainer(world.state, world.now) }
  const { statusReason } = jobDetail(job, view)
  expect(jobSummary(job, view).statusReason).toBe(statusReason)
  return { statusReason, stop: job.stop }
}

test.each([
  ['STARTING', false],
  ['RUNNING', true],
])('a job that is %s says why it is being stopped, and its record says who asked', (status, runs) => {
  const world = makeWorld()
  const jobId = submit(world)
  place(world)
  if (runs) world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
  world.do(terminateJob({ jobId, ...request }))
  const stop = { as: 'terminated', ...request, atMs: world.now }
  expect(world.job(jobId).state.status).toBe(status)
  expect(shown(world, jobId)).toEqual({ statusReason: 'Being stopped: stop', stop })
  world.now += 1000
  world.do(terminateJob({ jobId, reason: 'again', by: 'grace' }))
  world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(143) }))
  expect(shown(world, jobId)).toEqual({ statusReason: 'stop', stop })
})

test('a job that waits for another says both', () => {
  const world = makeWorld()
  const before = submit(world)
  const jobId = submit(world, { dependsOn: [{ jobId: before }] })
  world.do(cancelJob({ jobId, ...request }))
  expect(shown(world, jobId)).toEqual({
    statusReason: `Ending as soon as the jobs it depends on have ended: ${before} (RUNNABLE). Cancelled: stop`,
    stop: { as: 'cancelled', ...request, atMs: world.now },
  })
})

test('a cancelled array says so while children run, and ends with the given words', () => {
  const world = makeWorld()
  const jobId = submit(world, { vcpus: 4, arrayProperties: { size: 3 } })
  place(world)
  world.do(cancelJob({ jobId, ...request }))
  const stop = { as: 'cancelled', ...request, atMs: world.now }
  expect(shown(world, jobId)).toEqual({
    statusReason: 'Cancelled, and ending when the children that run have ended: stop',
    stop,
  })
  expect(childWithoutRecord(world.job(jobId), 2)).toMatchObject({ stop, state: { statusReason: 'stop' } })
  world.do(attemptEnded({ jobId: `${jobId}:0`, attempt: 1, outcome: exited(0) }))
  expect(world.job(jobId).state.status).toBe('FAILED')
  expect(shown(world, jobId)).toEqual({ statusReason: 'stop', stop })
})

test('a terminated array is being stopped, and each child says who asked', () => {
  const world = makeWorld()
  const jobId = submit(world, { vcpus: 4, arrayProperties: { size: 2 } })
  place(world)
  world.do(terminateJob({ jobId, ...request }))
  const stop = { as: 'terminated', ...request, atMs: world.now }
  expect(shown(world, jobId)).toEqual({ statusReason: 'Being stopped: stop', stop })
  expect(shown(world, `${jobId}:0`)).toEqual({ statusReason: 'Being stopped: stop', stop })
})

test('an array of which only children were cancelled says that a child failed', () => {
  const world = makeWorld()
  const jobId = submit(world, { arrayProperties: { size: 2 } })
  world.do(cancelJobs({ jobs: [`${jobId}:0`, `${jobId}:1`], reason: 'stop' }, { by: 'ada' }))
  expect(shown(world, jobId)).toEqual({ statusReason: 'Array Child Job failed', stop: undefined })
  expect(shown(world, `${jobId}:1`).stop).toMatchObject({ as: 'cancelled', by: 'ada' })
})
