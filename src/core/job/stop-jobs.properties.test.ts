/** Many jobs named at once: each one then is as after a call for it alone. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { propertyRuns } from '../property-runs.testing.ts'
import { makeWorld, place, submit, type World } from '../world.testing.ts'
import { attemptStarted } from './attempt.ts'
import { cancelJob, terminateJob } from './cancel.ts'
import { cancelJobs, terminateJobs } from './stop-jobs.ts'

const reason = 'enough'

/**
 * Single jobs and arrays, some running, some waiting for others. Returns ids to choose from,
 * waiting jobs before their dependencies.
 */
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

test('whatever jobs are named, they end up as after the singular calls', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(12), { minLength: 1, maxLength: 12 }), fc.boolean(), (picks, cancels) => {
      const [together, alone] = [makeWorld(), makeWorld()]
      const ids = populate(together)
      expect(populate(alone)).toEqual(ids)
      const jobs = picks.map((pick) => ids[pick]!)
      together.do((cancels ? cancelJobs : terminateJobs)({ jobs, reason }))
      // One by one: waiting jobs before their dependencies, and arrays before their children.
      const waitingFirst = [...jobs].sort((a, b) => ids.indexOf(a) - ids.indexOf(b))
      for (const jobId of waitingFirst) alone.do((cancels ? cancelJob : terminateJob)({ jobId, reason }))
      const fates = (world: World) =>
        ids.map((jobId) => {
          const job = world.state.jobs.get(jobId) ?? world.finished.get(jobId)
          const ended = job && 'statusReason' in job.state ? job.state.statusReason : undefined
          return [jobId, job?.state.status, ended, job?.isCancelled, job?.isTerminated]
        })
      // A child stopped with its array needs no record of its own. A child stopped alone has one.
      const known = new Set([...together.state.jobs.keys(), ...together.finished.keys()])
      const shared = (world: World) => fates(world).filter(([jobId]) => known.has(jobId as string))
      expect(shared(together)).toEqual(shared(alone))
      const counts = (world: World) => Object.fromEntries([...world.state.liveJobs])
      expect(counts(together)).toEqual(counts(alone))
    }),
    propertyRuns(200),
  )
})
