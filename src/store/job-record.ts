/** A job as a store keeps it: what never changes apart from what does, and an array's children left to their own records. */
import { type ArrayChildren, isTerminal, type Job, type JobState, jobStatuses } from '../model/job.ts'

export interface Progress {
  readonly state: Exclude<JobState, { status: 'PENDING' }> | StoredArray
  readonly attempts: Job['attempts']
  readonly isCancelled?: true
  readonly isTerminated?: true
}

interface StoredArray {
  readonly status: 'PENDING'
  readonly updatedAtMs: number
  readonly halted?: ArrayChildren['halted']
}

/** A child's record, as far as its parent needs it. */
export interface ChildFacts {
  readonly index: number
  /** Index into `jobStatuses`. */
  readonly statusCode: number
  readonly started: boolean
}

export function toProgress(job: Job): Progress {
  const { state } = job
  return {
    state:
      state.status === 'PENDING'
        ? {
            status: 'PENDING',
            updatedAtMs: state.children.updatedAtMs,
            ...(state.children.halted ? { halted: state.children.halted } : {}),
          }
        : state,
    attempts: job.attempts,
    ...(job.isCancelled ? { isCancelled: true } : {}),
    ...(job.isTerminated ? { isTerminated: true } : {}),
  }
}

/** The parent id of a child's job id. */
export function parentIdOf(job: Job): string | undefined {
  return job.arrayIndex === undefined ? undefined : job.jobId.slice(0, job.jobId.lastIndexOf(':'))
}

export function fromProgress(
  job: Omit<Job, 'state' | 'attempts' | 'isCancelled' | 'isTerminated'>,
  progress: Progress,
  childrenOf: (jobId: string) => Iterable<ChildFacts>,
): Job {
  const { state, attempts, isCancelled, isTerminated } = progress
  return {
    ...job,
    state:
      state.status === 'PENDING'
        ? { status: 'PENDING', children: restoreChildren(job.spec.arraySize!, state, childrenOf(job.jobId)) }
        : state,
    attempts,
    ...(isCancelled ? { isCancelled } : {}),
    ...(isTerminated ? { isTerminated } : {}),
  }
}

/** A child without a record never started: it is RUNNABLE, or ended when the array was halted. */
function restoreChildren(size: number, stored: StoredArray, records: Iterable<ChildFacts>): ArrayChildren {
  const statuses = new Uint8Array(size).fill(jobStatuses.indexOf('RUNNABLE'))
  if (stored.halted) statuses.fill(jobStatuses.indexOf('FAILED'), stored.halted.fromIndex)
  let nextIndex = stored.halted ? size : 0
  for (const { index, statusCode, started } of records) {
    statuses[index] = statusCode
    if (started || !isTerminal(jobStatuses[statusCode]!)) nextIndex = Math.max(nextIndex, index + 1)
  }
  // Children that were cancelled out of their turn have ended, and are not to start.
  while (nextIndex < size && statuses[nextIndex] !== jobStatuses.indexOf('RUNNABLE')) nextIndex++
  const counts = jobStatuses.map(() => 0)
  for (const code of statuses) counts[code]!++
  return {
    statuses,
    counts,
    nextIndex,
    updatedAtMs: stored.updatedAtMs,
    ...(stored.halted ? { halted: stored.halted } : {}),
  }
}
