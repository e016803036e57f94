/**
 * Jobs that block their queue, or would if they did not step aside: those whose reason to wait has
 * a code of AWS's (docs/aws §9.5). The reason comes from the same explanation that DescribeJobs
 * shows.
 */
import { nextChild } from '../../model/array-children.ts'
import { acceptsPlacements } from '../../model/compute-environment.ts'
import type { Job } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { TimeMs } from '../../model/time.ts'
import { Explainer } from '../explain/explain.ts'
import { codeOf, waitText } from '../explain/wait-reason.ts'
import { childWithoutRecord } from '../job/child-without-record.ts'
import { childrenOf } from '../state/children.ts'
import type { State } from '../state/state.ts'

export interface BlockedJob {
  /** The waiting job, or the child of an array that would start next. */
  readonly job: Job
  /** What stands in the queue for it: the same job, or the array. */
  readonly waitingId: string
  /** `MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT`. */
  readonly code: string
  readonly statusReason: string
}

/** Called after a scheduling pass. `parkedIds` are the jobs that it has put aside. */
export function blockedJobs(state: State, now: TimeMs, parkedIds: Iterable<string>): BlockedJob[] {
  const explainer = new Explainer(state, now)
  const ids = new Set(parkedIds)
  for (const jobQueue of state.jobQueues.values()) {
    const head = isShut(state, jobQueue) && explainer.headOf(jobQueue.name)
    if (head) ids.add(head.jobId)
  }
  return [...ids].flatMap((id) => {
    const waiting = state.jobs.get(id)
    const reason = waiting && explainer.explain(waiting)
    if (!reason) return []
    const statusReason = waitText(reason)
    const code = codeOf(reason)
    return code ? [{ job: firstToStart(waiting), waitingId: id, code, statusReason }] : []
  })
}

/**
 * Whether none of its compute environments accepts anything. This is the only way in which a head
 * that could fit is blocked.
 */
function isShut(state: State, jobQueue: JobQueue): boolean {
  return !jobQueue.computeEnvironments.some((name) => {
    const environment = state.computeEnvironments.get(name)
    return environment && acceptsPlacements(environment)
  })
}

function firstToStart(job: Job): Job {
  const children = childrenOf(job)
  const index = children && nextChild(children)
  return (index === undefined ? undefined : childWithoutRecord(job, index)) ?? job
}
