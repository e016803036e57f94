/** CancelJobs and TerminateJobs: as their singulars one after another, in one decision. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refuse, refuseWrapped } from '../../model/refusal.ts'
import { childCounts, makeWorld, place, story, submit, type World } from '../world.testing.ts'
import { attemptStarted } from './attempt.ts'
import { cancelJob, terminateJob } from './cancel.ts'
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

/** Jobs alone and arrays, some of them running, some waiting for others: ids to choose from, those that wait before what they wait for. */
function populate(world: World): string[] {
  const ids = [submit(world), submit(world)]
  ids.push(submit(world, { vcpus: 2 }))
  place(world)
  world.do(attemptStarted({ jobId: ids[0]!, attempt: 1, startedAtMs: world.now }))
  const arrays = [
    submit(world, { arrayProperties: { size: 3 } }),
    submit(world, { arrayProperties: { size: 2 }, dependsOn: [{ jobId: ids[1]! }] }),
  ]
  const last = submit(world, { dependsOn: [{ jobId: arrays[0]! }] })
  world.do(cancelJob({ jobId: `${arrays[0]}:1`, reason: 'early' }))
  place(world)
  return [last, ...arrays.reverse().flatMap((id) => [id, `${id}:0`, `${id}:1`, `${id}:2`]), ...ids, 'unknown']
}

test('whatever is named, the jobs are then as after the singular calls', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(12), { minLength: 1, maxLength: 12 }), fc.boolean(), (picks, cancels) => {
      const [together, alone] = [makeWorld(), makeWorld()]
      const ids = populate(together)
      expect(populate(alone)).toEqual(ids)
      const jobs = picks.map((pick) => ids[pick]!)
      together.do((cancels ? cancelJobs : terminateJobs)({ jobs, reason }))
      // One by one, those that wait come before what they wait for, and arrays before their children.
      const waitingFirst = [...jobs].sort((a, b) => ids.indexOf(a) - ids.indexOf(b))
      for (const jobId of waitingFirst) alone.do((cancels ? cancelJob : terminateJob)({ jobId, reason }))
      const fates = (world: World) =>
        ids.map((jobId) => {
          const job = world.state.jobs.get(jobId) ?? world.finished.get(jobId)
          const ended = job && 'statusReason' in job.state ? job.state.statusReason : undefined
          return [jobId, job?.state.status, ended, job?.isCancelled, job?.isTerminated]
        })
      // A child stopped with its array needs no record of its own; one stopped alone has one.
      const known = new Set([...together.state.jobs.keys(), ...together.finished.keys()])
      const shared = (world: World) => fates(world).filter(([jobId]) => known.has(jobId as string))
      expect(shared(together)).toEqual(shared(alone))
      const counts = (world: World) => Object.fromEntries([...world.state.liveJobs])
      expect(counts(together)).toEqual(counts(alone))
    }),
    { numRuns: 200 },
  )
})
