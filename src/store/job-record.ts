/**
 * A job as a store keeps it. Its fixed part and its progress are separate, and an array's children
 * have records of their own.
 */
import { restoredChildren } from '../model/array-children.ts'
import type { AcceptedStop, HaltedChildren, Job, JobState } from '../model/job.ts'
import type { StopRecord } from '../model/stop-record.ts'

export interface Progress {
  readonly state: Exclude<JobState, { status: 'PENDING' }> | StoredPending
  readonly attempts: Job['attempts']
  readonly isCancelled?: true
  readonly isTerminated?: true
  readonly stop?: StopRecord
  readonly held?: true
}

interface StoredPending {
  readonly status: 'PENDING'
  readonly stopping?: AcceptedStop
  /** Set for an array parent. */
  readonly updatedAtMs?: number
  readonly halted?: HaltedChildren
}

/** The part of a child's record that its parent needs. */
export interface ChildFacts {
  readonly index: number
  /** Index into `jobStatuses`. */
  readonly statusCode: number
}

export function toProgress(job: Job): Progress {
  const { state } = job
  return {
    state:
      state.status === 'PENDING'
        ? {
            status: 'PENDING',
            ...(state.stopping ? { stopping: state.stopping } : {}),
            ...(state.children ? { updatedAtMs: state.children.updatedAtMs } : {}),
            ...(state.children?.halted ? { halted: state.children.halted } : {}),
          }
        : state,
    attempts: job.attempts,
    ...(job.isCancelled ? { isCancelled: true } : {}),
    ...(job.isTerminated ? { isTerminated: true } : {}),
    ...(job.stop ? { stop: job.stop } : {}),
    ...(job.held ? { held: true } : {}),
  }
}

/** The parent id of a child's job id. */
export function parentIdOf(job: Job): string | undefined {
  return job.arrayIndex === undefined ? undefined : job.jobId.slice(0, job.jobId.lastIndexOf(':'))
}

export function fromProgress(
  job: Omit<Job, 'state' | 'attempts' | 'isCancelled' | 'isTerminated' | 'stop' | 'held'>,
  progress: Progress,
  childrenOf: (jobId: string) => Iterable<ChildFacts>,
): Job {
  const { state, attempts, isCancelled, isTerminated, stop, held } = progress
  return {
    ...job,
    state: state.status === 'PENDING' ? fromPending(job, state, childrenOf) : state,
    attempts,
    ...(isCancelled ? { isCancelled } : {}),
    ...(isTerminated ? { isTerminated } : {}),
    ...(stop ? { stop } : {}),
    ...(held ? { held } : {}),
  }
}

function fromPending(
  { jobId, spec }: Pick<Job, 'jobId' | 'spec'>,
  { stopping, updatedAtMs = 0, halted }: StoredPending,
  childrenOf: (jobId: string) => Iterable<ChildFacts>,
): JobState {
  const stopped = stopping ? { stopping } : {}
  if (spec.arraySize === undefined) return { status: 'PENDING', ...stopped }
  return {
    status: 'PENDING',
    children: restoredChildren(spec.arraySize, updatedAtMs, halted, childrenOf(jobId)),
    ...stopped,
  }
}
