/**
 * Names a job as people know it, for a sentence about another: its name, its owner, and its status
 * since when.
 */
import type { Job } from '../../model/job.ts'
import type { State } from '../state/state.ts'

/**
 * Returns `align (0b51… of ada, running since 2026-11-22T08:15:00Z)`, or only the id of a job that
 * is not in memory.
 */
export function namedJob({ jobs }: Pick<State, 'jobs'>, jobId: string): string {
  // A child of an array has no record of its own before it starts.
  const job = jobs.get(jobId) ?? jobs.get(jobId.split(':')[0]!)
  return job ? `${job.spec.jobName} (${jobId} of ${job.spec.owner}, ${standing(job)})` : jobId
}

/** The time does not change, so that an unchanged reason always has the same text. */
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

/** Rounds to seconds. */
function shownTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z')
}
