import { countOf } from '../../model/array-children.ts'
import type { ArrayChildren, Job } from '../../model/job.ts'
import type { State } from './state.ts'

/** An array parent and its children. */

export function parentOf(state: State, job: Job): Job | undefined {
  return job.arrayIndex === undefined ? undefined : state.jobs.get(job.jobId.slice(0, job.jobId.lastIndexOf(':')))
}

/** How many children hold a place. */
export function runningChildren(parent: Job): number {
  const children = childrenOf(parent)
  return children ? countOf(children, 'STARTING') + countOf(children, 'RUNNING') : 0
}

/** The children of an array parent that has not ended; undefined for any other job. */
export function childrenOf(job: Job | undefined): ArrayChildren | undefined {
  return job?.state.status === 'PENDING' ? job.state.children : undefined
}
