/**
 * `jobStateTimeLimitActions` of job queues (docs/aws §9.4). A job is cancelled if it has one of the
 * stated reasons for longer than allowed, while it stands at the head of its queue, or stepped
 * aside because it can never fit. Only the time of this run of the server counts, and only while it
 * looks. A restart begins anew, so that no job is cancelled for a reason that it may not have had
 * while nobody looked.
 */
import { nextChild } from '../../model/array-children.ts'
import type { JobStateTimeLimitAction } from '../../model/generated/batch.ts'
import type { Job } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { TimeMs } from '../../model/time.ts'
import { type Command, events, nothing } from '../decision.ts'
import type { Event } from '../events.ts'
import { Explainer } from '../explain/explain.ts'
import { timeLimitReasonOf } from '../explain/wait-reason.ts'
import { parentEnd } from '../job/array-end.ts'
import { childSpawned, endUnstarted, stopJob, unspawnedChild } from '../job/cancel.ts'
import { childrenOf } from '../state/children.ts'
import type { State, Stuck } from '../state/state.ts'

/** How many jobs that can never fit one look explains. The others wait until these are gone. */
const parkedLookedAt = 10_000
/** How many jobs one decision cancels. The next look continues. */
const cancelledAtOnce = 500

/** Whether there is anything to look for. */
export function hasTimeLimitActions({ shape }: JobQueue): boolean {
  return (shape.jobStateTimeLimitActions?.length ?? 0) > 0
}

/**
 * Runs every few seconds, so a job may be cancelled that much later than stated. `lookedMs` is how
 * long this server has been looking, by a clock that nobody can set.
 */
export function actOnTimeLimits(lookedMs: number): Command {
  return (state, { now }) => {
    const explainer = new Explainer(state, now)
    if (explainer.isPartial)
      return nothing('so much is starting that the heads are not known yet; the next look will tell')
    const stuck = new Map<string, Stuck>()
    const ending: Event[] = []
    const arrays = new Set<string>()
    let seq = state.nextSeq
    for (const jobQueue of state.jobQueues.values()) {
      if (!hasTimeLimitActions(jobQueue)) continue
      for (const job of candidates(state, explainer, jobQueue)) {
        const action = actionFor(jobQueue, explainer, job)
        if (!action) continue
        const known = state.stuck.get(job.jobId)
        const one = known?.reason === action.reason ? known : { reason: action.reason, sinceLookedMs: lookedMs }
        stuck.set(job.jobId, one)
        const array = job.arrayIndex === undefined ? job.jobId : job.jobId.slice(0, job.jobId.lastIndexOf(':'))
        // The end of an array follows from the ends of its children, so one decision ends them only
        // one at a time.
        if (
          lookedMs - one.sinceLookedMs < action.maxTimeSeconds * 1000 ||
          ending.length >= cancelledAtOnce ||
          arrays.has(array)
        )
          continue
        arrays.add(array)
        stuck.delete(job.jobId)
        ending.push(...cancelled(state, job, action.reason, seq++, now))
      }
    }
    const changed = stuck.size !== state.stuck.size || [...stuck].some(([id, it]) => state.stuck.get(id) !== it)
    return events(...ending, ...(changed ? [{ type: 'stuckSeen', stuck } as const] : []))
  }
}

/**
 * The head (for an array, the child that would start next) and the jobs that stepped aside (an
 * array with all its children).
 */
function* candidates(state: State, explainer: Explainer, { name }: JobQueue): Generator<Job> {
  const head = explainer.headOf(name)
  if (head) yield nextToStart(state, head)
  let left = parkedLookedAt
  for (const jobId of state.waiting.get(name)?.parked ?? []) {
    if (left-- === 0) return
    const job = state.jobs.get(jobId)
    if (job) yield job
  }
}

function nextToStart(state: State, job: Job): Job {
  const children = childrenOf(job)
  const index = children && nextChild(children)
  if (index === undefined) return job
  // Only the id and the array of this child matter here.
  return unspawnedChild(state, `${job.jobId}:${index}`, state.nextSeq, 0) ?? job
}

function actionFor(
  { shape }: JobQueue,
  explainer: Explainer,
  job: Job,
): (JobStateTimeLimitAction & { readonly reason: string }) | undefined {
  const why = explainer.explain(job)
  const reason = why && timeLimitReasonOf(why)
  return reason === undefined ? undefined : shape.jobStateTimeLimitActions?.find((action) => action.reason === reason)
}

function cancelled(state: State, job: Job, reason: string, seq: number, now: TimeMs): Event[] {
  const cause = {
    kind: 'terminated',
    reason: `Canceled by JobStateTimeLimit action due to reason: ${reason}`,
    atMs: now,
  } as const
  if (job.arrayIndex === undefined || state.jobs.has(job.jobId)) return stopJob(state, job, cause, 'cancelled', now)
  const child = unspawnedChild(state, job.jobId, seq, now)
  if (!child) return []
  return [
    childSpawned(child, now),
    endUnstarted(child, cause, 'cancelled', now),
    ...parentEnd(state, [{ child, status: 'FAILED' }], now),
  ]
}
