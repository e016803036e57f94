import { describe, expect, test } from 'vitest'
import { refuse, refuseWrapped } from '../../model/refusal.ts'
import { childCounts, makeWorld, place, story, submit } from '../world.testing.ts'
import { cancelJob } from './cancel.ts'
import { cancelJobs, terminateJobs } from './stop-jobs.ts'

const reason = 'enough'

describe('the call', () => {
  test.each([
    [{ jobs: [], reason }, refuse('Jobs must not be empty.')],
    [
      { jobs: Array.from({ length: 51 }, (_, n) => `${n}`), reason },
      refuseWrapped('Maximum number of jobs supported is  50 .'),
    ],
    [{ jobs: ['a'], reason: '' }, refuse('Reason must not be empty.')],
    [{ jobs: ['a'], reason: 'x'.repeat(1025) }, refuse('Reason must be at most 1024 characters.')],
  ])('refused as a whole %#', (request, refusal) => {
    expect(makeWorld().refused(cancelJobs(request))).toEqual(refusal)
    expect(makeWorld().refused(terminateJobs(request))).toEqual(refusal)
  })

  story('tells of each id once; what is unknown or ended is successful', (world) => {
    const ended = submit(world)
    world.do(cancelJob({ jobId: ended, reason: 'before' }))
    const waiting = submit(world)
    world.lookAway()
    expect(world.do(cancelJobs({ jobs: [waiting, 'unknown', '', ended, waiting, 'unknown:3'], reason }))).toEqual({
      successful: [waiting, 'unknown', ended, 'unknown:3'],
      errors: [{ job: '', code: 'ValidationException', message: 'JobId must not be empty.' }],
    })
    world.saw({ type: 'jobFinished', jobId: waiting, stop: { as: 'cancelled', reason, atMs: world.now } })
    expect(world.job(ended).state).toMatchObject({ statusReason: 'before' })
  })
})

story('an array ends with the last of the children that end together', (world) => {
  const jobId = submit(world, { arrayProperties: { size: 3 } })
  world.lookAway()
  world.do(cancelJobs({ jobs: [0, 2, 1].map((index) => `${jobId}:${index}`), reason }))
  expect(world.job(jobId).state).toMatchObject({ status: 'FAILED', statusSummary: { FAILED: 3 } })
  expect(world.lookAway().filter(({ type }) => type === 'jobFinished')).toHaveLength(4)
})

story('children and their array in one call end once', (world) => {
  const jobId = submit(world, { arrayProperties: { size: 6 } })
  place(world)
  expect(childCounts(world, jobId)).toEqual({ STARTING: 4, RUNNABLE: 2 })
  world.do(terminateJobs({ jobs: [`${jobId}:5`, jobId, `${jobId}:0`], reason }))
  expect(childCounts(world, jobId)).toEqual({ STARTING: 4, FAILED: 2 })
  expect(world.job(`${jobId}:0`).isTerminated).toBe(true)
  world.lookAway()
})

story('a job and the one that waits for it end together, both for the reason given', (world) => {
  const first = submit(world)
  const second = submit(world, { dependsOn: [{ jobId: first }] })
  world.do(cancelJobs({ jobs: [second, first], reason }))
  for (const jobId of [first, second])
    expect(world.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: reason })
  world.lookAway()
})
