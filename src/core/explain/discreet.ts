/**
 * What a job waits for, told to somebody who may not know of other users' jobs: no other job is
 * named, counted or described. That the room is taken, and how much of it, is told to everybody.
 */
import type { Job } from '../../model/job.ts'
import { hiddenJob, type WaitReason } from './wait-reason.ts'

/** Whether a job does not exist to whoever asks. */
export type Hides = (jobId: string) => boolean

export function discreetReason(reason: WaitReason, hides: Hides): WaitReason {
  const shown = (jobId: string) => (hides(jobId) ? hiddenJob : jobId)
  switch (reason.kind) {
    case 'hostsBusy': {
      const { holders = [], moreHolders: _, ...rest } = reason
      const seen = holders.filter((jobId) => !hides(jobId))
      return seen.length > 0 ? { ...rest, holders: seen } : rest
    }
    case 'roomReserved':
      return { ...reason, forJobId: shown(reason.forJobId) }
    case 'behind': {
      const headJobId = shown(reason.headJobId)
      const head = headJobId === hiddenJob ? undefined : reason.head
      return { kind: 'behind', headJobId, head: head?.kind === 'roomReserved' ? undefined : head }
    }
    case 'dependencies':
      return {
        ...reason,
        jobs: reason.jobs.map((job) => (hides(job.jobId) ? { jobId: job.jobId, status: undefined } : job)),
      }
    default:
      return reason
  }
}

/** A job without the name of the job that gets its room. */
export function discreetJob(job: Job, hides: Hides): Job {
  const { state } = job
  if (state.status !== 'STARTING' && state.status !== 'RUNNING') return job
  const { stopping } = state
  if (stopping?.kind !== 'reclaimed' || stopping.forJobId === undefined || !hides(stopping.forJobId)) return job
  return { ...job, state: { ...state, stopping: { kind: 'reclaimed', why: stopping.why } } }
}
