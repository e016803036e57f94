/**
 * Turns events into effects: what the outside must do. Effects may run twice; drivers make them
 * idempotent by name.
 */
import type { AccountResource, AccountResourceKind } from '../model/account-resource.ts'
import { type Job, liveAttempt } from '../model/job.ts'
import type { TimeMs } from '../model/time.ts'
import type { Event } from './events.ts'
import type { State } from './state/state.ts'

export type Effect =
  /** Start (or adopt) the job's live attempt and follow it to its end. */
  | { readonly type: 'superviseAttempt'; readonly jobId: string }
  | { readonly type: 'stopAttempt'; readonly jobId: string; readonly name: string; readonly driver: string }
  /** The attempt has run since then, and may take this long. */
  | {
      readonly type: 'wakeForTimeout'
      readonly jobId: string
      readonly attempt: number
      readonly startedAtMs: TimeMs
      readonly timeoutMs: number
    }
  | { readonly type: 'settleComputeEnvironment'; readonly name: string }
  | { readonly type: 'settleJobQueue'; readonly name: string }
  | { readonly type: 'settleResource'; readonly kind: AccountResourceKind; readonly arn: string }

/** `state` is the state after the event. */
export function react(state: State, event: Event): Effect[] {
  switch (event.type) {
    case 'attemptPlaced':
      return [{ type: 'superviseAttempt', jobId: event.jobId }]
    case 'attemptStarted':
      return timeoutOf(state.jobs.get(event.jobId))
    case 'attemptStopping': {
      const attempt = liveAttempt(state.jobs.get(event.jobId)!)
      return attempt ? [{ type: 'stopAttempt', jobId: event.jobId, name: attempt.name, driver: attempt.driver }] : []
    }
    case 'jobReleased':
      return resumeJob(state.jobs.get(event.jobId)!)
    case 'computeEnvironmentChanged':
      return isSettled(event.computeEnvironment.status)
        ? []
        : [{ type: 'settleComputeEnvironment', name: event.computeEnvironment.name }]
    case 'jobQueueChanged':
      return isSettled(event.jobQueue.status) ? [] : [{ type: 'settleJobQueue', name: event.jobQueue.name }]
    case 'resourceChanged':
      return settling(event.resource)
    case 'attemptEnded':
      return [
        ...ifAwaitingEnds(state.computeEnvironments.get(event.ended.computeEnvironment), 'settleComputeEnvironment'),
        ...ifAwaitingEnds(queueOf(state, event.jobId), 'settleJobQueue'),
      ]
    case 'jobFinished':
      return ifAwaitingEnds(queueOf(state, event.jobId), 'settleJobQueue')
    default:
      return []
  }
}

/** The timeout counts from RUNNING. */
function timeoutOf(job: Job | undefined): Effect[] {
  if (job?.state.status !== 'RUNNING' || job.spec.timeoutSeconds === undefined) return []
  const { attempt, startedAtMs } = job.state
  const timeoutMs = job.spec.timeoutSeconds * 1000
  return [{ type: 'wakeForTimeout', jobId: job.jobId, attempt: attempt.number, startedAtMs, timeoutMs }]
}

function settling(resource: AccountResource): Effect[] {
  return 'status' in resource && !isSettled(resource.status)
    ? [{ type: 'settleResource', kind: resource.kind, arn: resource.arn }]
    : []
}

/**
 * A deleted queue or environment disappears when its last job ends, and instances are replaced when
 * the jobs on the old ones end.
 */
function ifAwaitingEnds(
  resource: { readonly name: string; readonly status: string; readonly replacing?: unknown } | undefined,
  type: 'settleComputeEnvironment' | 'settleJobQueue',
): Effect[] {
  return resource?.status === 'DELETING' || resource?.replacing ? [{ type, name: resource.name }] : []
}

function queueOf(state: State, jobId: string) {
  return state.jobQueues.get(state.jobs.get(jobId)?.spec.jobQueue ?? '')
}

/** What must be started again when the server starts. Only the state was remembered. */
export function resume(state: State): Effect[] {
  const effects: Effect[] = []
  for (const job of state.jobs.values()) effects.push(...resumeJob(job))
  for (const environment of state.computeEnvironments.values())
    if (!isSettled(environment.status)) effects.push({ type: 'settleComputeEnvironment', name: environment.name })
  for (const queue of state.jobQueues.values())
    if (!isSettled(queue.status)) effects.push({ type: 'settleJobQueue', name: queue.name })
  for (const resource of [...state.serviceEnvironments.values(), ...state.quotaShares.values()])
    effects.push(...settling(resource))
  return effects
}

/** A held job is not touched before its fate is known. */
function resumeJob(job: Job): Effect[] {
  const attempt = liveAttempt(job)
  if (!attempt || job.held || (job.state.status !== 'STARTING' && job.state.status !== 'RUNNING')) return []
  const { jobId } = job
  const stop = { type: 'stopAttempt', jobId, name: attempt.name, driver: attempt.driver } as const
  return [{ type: 'superviseAttempt', jobId }, ...timeoutOf(job), ...(job.state.stopping ? [stop] : [])]
}

function isSettled(status: string): boolean {
  return status === 'VALID' || status === 'INVALID'
}
