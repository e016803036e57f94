import { entry } from '../../ground/map-entry.ts'
import { nextChild } from '../../model/array-children.ts'
import type { Job } from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import { childrenOf, parentOf } from './children.ts'
import { type State, waitingOf } from './state.ts'
import { WaitingLine } from './waiting-line.ts'

/** Where the jobs of a queue stand that wait for a place. */

/**
 * Puts a RUNNABLE job (or an array parent with children left to start) where the scheduler looks.
 * The order is that of submission, with children as their array. Within a share schedulingPriority
 * comes first.
 */
export function enqueue(state: State, job: Job): void {
  if (job.held) return
  const waiting = waitingOf(state, job.spec.jobQueue)
  if (waiting.parked.has(job.jobId)) return
  const line = entry(waiting.lines, lineOf(state, job), () => new WaitingLine())
  line.join(job.jobId, rankOf(state, job), job.seq, job.spec, childrenOf(job) !== undefined)
  state.schedulingDue = true
}

/**
 * Its rank in its share: by priority, then by submission, with a child as its array. Jobs of one
 * rank are ordered by `seq`.
 */
export function rankOf(state: State, job: Job): number {
  const { shareIdentifier, schedulingPriority = 0 } = job.spec
  const submitted = parentOf(state, job)?.seq ?? job.seq
  const byPriority =
    shareIdentifier === undefined ? 0 : (limits.schedulingPriority - schedulingPriority) * seqsOfOnePriority
  return byPriority + submitted
}

/**
 * More than there will ever be jobs. Multiplied by the number of priorities it is still an exact
 * number.
 */
const seqsOfOnePriority = 100_000_000_000

/** Jobs behind it may start now, even if nothing became free. */
export function dequeue(state: State, job: Job): void {
  const waiting = waitingOf(state, job.spec.jobQueue)
  const name = lineOf(state, job)
  const line = waiting.lines.get(name)
  if (line?.leave(job.jobId)) {
    state.schedulingDue = true
    if (line.size === 0) waiting.lines.delete(name)
  } else waiting.parked.delete(job.jobId)
  if (state.reservations.get(job.spec.jobQueue)?.jobId === job.jobId) state.reservations.delete(job.spec.jobQueue)
}

/**
 * If each user has a limit, users at theirs are passed over as a whole and not job by job. Neither
 * name contains a space.
 */
export function lineOf({ rules }: State, { spec }: Job): string {
  const share = spec.shareIdentifier ?? ''
  return rules.runningPerUser === undefined ? share : `${share} ${spec.owner}`
}

export function shareOfLine(line: string): string {
  const end = line.indexOf(' ')
  return end === -1 ? line : line.slice(0, end)
}

/**
 * Whether the scheduler has something to do for the job: it is RUNNABLE, or an array parent with a
 * child that may start.
 */
export function waitsForPlace(job: Job): boolean {
  if (job.held) return false
  if (job.state.status === 'RUNNABLE') return true
  const children = childrenOf(job)
  return children !== undefined && nextChild(children) !== undefined
}
