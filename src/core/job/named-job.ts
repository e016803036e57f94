/** A job as people know it, for a sentence about another: its name, whose it is, and since when it is where it is. */
import type { Job } from '../../model/job.ts'
import type { State } from '../state/state.ts'

/** `align (0b51… of ada, running since 2026-11-22T08:15:00Z)`; the id alone of a job that is not in memory. */
export function namedJob({ jobs }: Pick<State, 'jobs'>, jobId: string): string {
  // A child of an array has no record of its own before it starts.
  const job = jobs.get(jobId) ?? jobs.get(jobId.split(':')[0]!)
  return job ? `${job.spec.jobName} (${jobId} of ${job.spec.owner}, ${standing(job)})` : jobId
}

/** A time that stays the same, so that a reason which has not changed reads the same. */
function standing({ state, spec }: Job): string {
  switch (state.status) {
    case 'RUNNING':
      return `running since ${shownTime(state.startedAtMs)}`
    case 'STARTING':
      return `starting since ${shownTime(state.attempt.placedAtMs)}`
    default:
      return `submitted at ${shownTime(spec.createdAtMs)}`
  }
}

/** To the second. */
function shownTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z')
}
