/**
 * CancelJob and TerminateJob, every cell of docs/aws §2.9. A job that has not started ends at once.
 * A running job is stopped by terminate and left alone by cancel. An ended or unknown job is not an
 * error.
 */
import { childStatus, isUnspawned } from '../../model/array-children.ts'
import type { Complaint } from '../../model/complaint.ts'
import {
  type HaltedChildren,
  isTerminal,
  type Job,
  type JobStatus,
  jobStatuses,
  parseChildId,
} from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import { refuse } from '../../model/refusal.ts'
import { type StopCause, stopRecordOf } from '../../model/stop-record.ts'
import type { TimeMs } from '../../model/time.ts'
import { type Command, type Decision, events, nothing } from '../decision.ts'
import type { Event } from '../events.ts'
import { childrenOf } from '../state/children.ts'
import type { State } from '../state/state.ts'
import { finishedParent, parentEnd } from './array-end.ts'
import { endWaitingJob } from './follow-ends.ts'
import { stopReason } from './stopping.ts'

type Kind = 'cancelled' | 'terminated'

export interface StopRequest {
  /** A job, an array parent, or an array child `parent:index`. */
  readonly jobId: string
  readonly reason: string
  /** The user who asks. */
  readonly by?: string
}

export function cancelJob(request: StopRequest): Command {
  return (state, { now }) => stopRequested(state, request, 'cancelled', now)
}

export function terminateJob(request: StopRequest): Command {
  return (state, { now }) => stopRequested(state, request, 'terminated', now)
}

function stopRequested(state: State, request: StopRequest, kind: Kind, now: TimeMs): Decision {
  const complaint = (request.jobId === '' ? emptyJobId : undefined) ?? checkReason(request.reason)
  if (complaint !== undefined) return refuse(complaint)
  const job = state.jobs.get(request.jobId)
  if (!job) return stopUnspawnedChild(state, request, kind, now)
  const cause = causeOf(request, now)
  return events(...stopJob(state, job, cause, kind, now))
}

export function causeOf({ reason, by }: Pick<StopRequest, 'reason' | 'by'>, now: TimeMs): StopCause {
  return { kind: 'terminated', reason, ...(by === undefined ? {} : { by }), atMs: now }
}

export const emptyJobId = 'JobId must not be empty.'

export function checkReason(reason: string): Complaint {
  if (reason === '') return 'Reason must not be empty.'
  return reason.length > limits.reasonLength ? `Reason must be at most ${limits.reasonLength} characters.` : undefined
}

/** Returns everything that follows when a live job is to stop for this cause. */
export function stopJob(state: State, job: Job, cause: StopCause, kind: Kind, now: TimeMs): Event[] {
  switch (job.state.status) {
    case 'SUBMITTED':
    case 'RUNNABLE':
      return [endUnstarted(job, cause, kind, now), ...parentEnd(state, [{ child: job, status: 'FAILED' }], now)]
    case 'STARTING':
    case 'RUNNING':
      // A second terminate changes nothing: the first reason stands.
      if (kind === 'cancelled' || (job.state.stopping && job.state.stopping.kind !== 'reclaimed')) return []
      return [{ type: 'attemptStopping', jobId: job.jobId, number: job.state.attempt.number, cause }]
    case 'PENDING':
      return stopPending(state, job, cause, kind, now)
    default:
      return []
  }
}

/**
 * A job that waits for others ends when they have ended, with the reason given now. If its queue is
 * deleted, it ends at once.
 */
function stopPending(state: State, job: Job, cause: StopCause, kind: Kind, now: TimeMs): Event[] {
  if (!state.awaited.has(job.jobId)) return stopArray(state, job, cause, kind, now)
  if (cause.kind === 'queueDeleted') return endWaitingJob(job, stopReason(cause), now)
  const isStopping = job.state.status === 'PENDING' && job.state.stopping !== undefined
  return isStopping ? [] : [{ type: 'stopAccepted', jobId: job.jobId, stop: { cause, as: kind } }]
}

function stopArray(state: State, parent: Job, cause: StopCause, kind: Kind, now: TimeMs): Event[] {
  const children = childrenOf(parent)
  if (!children) return []
  const counts = [...children.counts]
  const move = (from: JobStatus, to: JobStatus) => {
    counts[jobStatuses.indexOf(from)]!--
    counts[jobStatuses.indexOf(to)]!++
  }
  const followed: Event[] = []
  let halts = false
  for (let index = 0; index < children.statuses.length; index++) {
    if (isUnspawned(children, index)) {
      halts = true
      move(childStatus(children, index), 'FAILED')
      continue
    }
    if (isTerminal(childStatus(children, index))) continue
    const child = state.jobs.get(`${parent.jobId}:${index}`)!
    if (child.state.status === 'RUNNABLE') {
      followed.push(endUnstarted(child, cause, kind, now))
      move('RUNNABLE', 'FAILED')
    } else followed.push(...stopJob(state, child, cause, kind, now))
  }
  const stop = stopRecordOf(cause, kind)
  const halted: HaltedChildren = {
    statusReason: stopReason(cause),
    atMs: now,
    ...(stop && { stop }),
  }
  const end = finishedParent(parent, counts, now, halts ? halted : undefined, stop?.reason)
  return [
    { type: 'jobMarked', jobId: parent.jobId, as: kind, ...(stop && { stop }) },
    ...(halts ? [{ type: 'childrenHalted', jobId: parent.jobId, ...halted } as const] : []),
    ...followed,
    ...(end ? [end] : []),
  ]
}

/** A child without a record gets one in order to end. */
function stopUnspawnedChild(state: State, request: StopRequest, kind: Kind, now: TimeMs): Decision {
  const child = unspawnedChild(state, request.jobId, state.nextSeq, now)
  if (!child) return nothing('unknown ids and ended jobs are no error')
  return events(
    childSpawned(child, now),
    endUnstarted(child, causeOf(request, now), kind, now),
    ...parentEnd(state, [{ child, status: 'FAILED' }], now),
  )
}

/** The child of a live array that would get its record now; undefined for anything else. */
export function unspawnedChild(state: State, jobId: string, seq: number, now: TimeMs): Job | undefined {
  const id = parseChildId(jobId)
  const parent = id && state.jobs.get(id.parentId)
  const children = childrenOf(parent)
  if (!parent || !children || !isUnspawned(children, id!.index)) return undefined
  const waits = childStatus(children, id!.index) === 'PENDING'
  return {
    jobId,
    seq,
    spec: parent.spec,
    arrayIndex: id!.index,
    state: waits ? { status: 'PENDING' } : { status: 'RUNNABLE', sinceMs: now },
    attempts: [],
    tags: {},
  }
}

export function childSpawned(child: Job, atMs: TimeMs): Event {
  return { type: 'childSpawned', jobId: child.jobId, seq: child.seq, index: child.arrayIndex!, atMs }
}

export function endUnstarted(job: Job, cause: StopCause, kind: Kind, now: TimeMs): Event {
  const last = job.attempts.at(-1)
  const stop = stopRecordOf(cause, kind)
  return {
    type: 'jobFinished',
    jobId: job.jobId,
    finished: {
      status: 'FAILED',
      statusReason: stopReason(cause),
      ...(last?.startedAtMs === undefined ? {} : { startedAtMs: last.startedAtMs }),
      stoppedAtMs: now,
    },
    ...(stop && { stop }),
  }
}
