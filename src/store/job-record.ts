/**
 * A job as a store keeps it. Its fixed part and its progress are separate, and an array's children
 * have records of their own.
 */
import { restoredChildren } from '../model/array-children.ts'
import type { AcceptedStop, HaltedChildren, Job, JobState } from '../model/job.ts'

/** The part of a job that is fixed at its submission, and its tags: they have columns of their own. `node` is never stored. */
type Fixed = 'jobId' | 'seq' | 'spec' | 'arrayIndex' | 'node' | 'tags'

/** All the rest, so that a member that is added to a job is stored. The children of an array are left out: they have records. */
export interface Progress extends Omit<Job, Fixed | 'state'> {
  readonly state: Exclude<JobState, { status: 'PENDING' }> | StoredPending
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
  const { jobId: _, seq: __, spec: ___, arrayIndex: ____, node: _____, tags: ______, state, ...rest } = job
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
    ...rest,
  }
}

/** The parent id of a child's job id. */
export function parentIdOf(job: Job): string | undefined {
  return job.arrayIndex === undefined ? undefined : job.jobId.slice(0, job.jobId.lastIndexOf(':'))
}

export function fromProgress(
  job: Pick<Job, Fixed>,
  { state, ...rest }: Progress,
  childrenOf: (jobId: string) => Iterable<ChildFacts>,
): Job {
  return {
    ...job,
    ...rest,
    state: state.status === 'PENDING' ? fromPending(job, state, childrenOf) : state,
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
