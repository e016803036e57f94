/**
 * Decides which events of the core are state changes that the outside learns of (docs/aws §12.1):
 * every status of a job except SUBMITTED. A child of an array is reported from the moment it is
 * about to start. A child that ends without a record of its own is reported with its siblings.
 */
import { isUnspawned } from '../../model/array-children.ts'
import type { Job, JobStatus } from '../../model/job.ts'
import type { Event } from '../events.ts'
import { childrenOf } from '../state/children.ts'
import type { State } from '../state/state.ts'

export type Notice =
  /** The job has just come to its present status. */
  | { readonly kind: 'jobChanged'; readonly job: Job }
  /** Children with these indexes, all without a record, ended. */
  | { readonly kind: 'childrenEnded'; readonly parent: Job; readonly indexes: readonly number[] }

/**
 * Called before the event is applied; the returned function is called after it. `next` is the event
 * that follows in the same decision: a child that gets its record only to end with it was never
 * RUNNABLE for anybody.
 */
export function watch(state: State, event: Event, next: Event | undefined): (() => Notice | undefined) | undefined {
  if (!('jobId' in event)) return undefined
  const { jobId } = event
  if (event.type === 'childrenHalted') {
    const parent = state.jobs.get(jobId)
    const children = childrenOf(parent)
    if (!parent || !children) return undefined
    const indexes = [...children.statuses.keys()].filter((index) => isUnspawned(children, index))
    return () => (indexes.length > 0 ? { kind: 'childrenEnded', parent, indexes } : undefined)
  }
  if (event.type === 'childSpawned' && next?.type === 'jobFinished' && next.jobId === jobId) return undefined
  const before = statusOf(state, jobId)
  return () => {
    const job = state.jobs.get(jobId)
    return !job || job.state.status === before || job.state.status === 'SUBMITTED'
      ? undefined
      : { kind: 'jobChanged', job }
  }
}

function statusOf(state: State, jobId: string): JobStatus | undefined {
  return state.jobs.get(jobId)?.state.status
}
