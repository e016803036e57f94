/**
 * Decides the consequences of ends: jobs that waited for them start or fail, in the same
 * transaction (docs/aws §4). Repeated until nothing is due, because a failure here is an end too.
 */
import { childStatus, haltChildren, isUnspawned } from '../../model/array-children.ts'
import { type HaltedChildren, type Job, parseChildId, type TerminalStatus } from '../../model/job.ts'
import { statusReasons } from '../../model/status-reasons.ts'
import type { TimeMs } from '../../model/time.ts'
import { type Command, events } from '../decision.ts'
import type { Event } from '../events.ts'
import { childrenOf } from '../state/children.ts'
import { isSequential } from '../state/dependencies.ts'
import type { State } from '../state/state.ts'
import { finishedParent, parentEnd } from './array-end.ts'
import { stopReason } from './stopping.ts'

export function followEnds(): Command {
  return (state, { now }) => {
    const decided: Event[] = [{ type: 'endsFollowed' }]
    const failedChildren = new Map<Job, number[]>()
    const ended = new Set<Job>()
    for (const [jobId, how] of state.dueAfterEnds) {
      const job = state.jobs.get(jobId)
      if (!job) {
        collectChild(state, jobId, failedChildren)
        continue
      }
      const following = followWhole(job, how, now)
      decided.push(...following)
      if (following.some((event) => event.type === 'jobFinished')) ended.add(job)
    }
    let seq = state.nextSeq
    for (const [parent, indexes] of failedChildren) {
      if (ended.has(parent)) continue
      if (isSequential(parent))
        decided.push(...haltArray(parent, { statusReason: statusReasons.dependencyFailed, atMs: now }))
      else {
        decided.push(...failChildren(state, parent, indexes, seq, now))
        seq += indexes.length
      }
    }
    return events(...decided)
  }
}

function followWhole(job: Job, how: 'met' | 'failed', now: TimeMs): Event[] {
  if (job.state.status !== 'PENDING') return []
  const { stopping } = job.state
  if (how === 'met' && !stopping) return [{ type: 'jobMadeRunnable', jobId: job.jobId, atMs: now }]
  if (stopping) return endWaitingJob(job, stopReason(stopping.cause), now, job.stop)
  return endWaitingJob(job, statusReasons.dependencyFailed, now)
}

/** Ends a job that waits for others, and an array with all its children. */
export function endWaitingJob(job: Job, statusReason: string, now: TimeMs, stop?: HaltedChildren['stop']): Event[] {
  if (childrenOf(job)) return haltArray(job, { statusReason, atMs: now, ...(stop && { stop }) }, statusReason)
  return [{ type: 'jobFinished', jobId: job.jobId, finished: { status: 'FAILED', statusReason, stoppedAtMs: now } }]
}

/** Ends all children that wait without a record, and the array too if none is left. */
function haltArray(parent: Job, halted: HaltedChildren, ofParent?: string): Event[] {
  const children = childrenOf(parent)
  if (!children) return []
  const after = { ...children, statuses: children.statuses.slice(), counts: [...children.counts] }
  if (haltChildren(after, halted).length === 0) return []
  const end = finishedParent(parent, after.counts, halted.atMs, halted, ofParent)
  return [{ type: 'childrenHalted', jobId: parent.jobId, ...halted }, ...(end ? [end] : [])]
}

function collectChild(state: State, jobId: string, into: Map<Job, number[]>): void {
  const child = parseChildId(jobId)
  const parent = child && state.jobs.get(child.parentId)
  const children = childrenOf(parent)
  if (!parent || !children || !isUnspawned(children, child!.index)) return
  const indexes = into.get(parent) ?? []
  into.set(parent, indexes)
  indexes.push(child!.index)
}

/** They get records in order to end. */
function failChildren(state: State, parent: Job, indexes: readonly number[], firstSeq: number, now: TimeMs): Event[] {
  const finished = { status: 'FAILED', statusReason: statusReasons.dependencyFailed, stoppedAtMs: now } as const
  const ended: { child: Job; status: TerminalStatus }[] = []
  const decided: Event[] = []
  const children = childrenOf(parent)!
  for (const [at, index] of indexes.entries()) {
    const jobId = `${parent.jobId}:${index}`
    const child: Job = {
      jobId,
      seq: firstSeq + at,
      spec: parent.spec,
      arrayIndex: index,
      state: childStatus(children, index) === 'PENDING' ? { status: 'PENDING' } : { status: 'RUNNABLE', sinceMs: now },
      attempts: [],
      tags: {},
    }
    ended.push({ child, status: 'FAILED' })
    decided.push(
      { type: 'childSpawned', jobId, seq: child.seq, index, atMs: now },
      { type: 'jobFinished', jobId, finished },
    )
  }
  return [...decided, ...parentEnd(state, ended, now)]
}
