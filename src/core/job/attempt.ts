/** Decides what follows from the reports of drivers and clocks about an attempt. */

import {
  allowedAttempts,
  type ContainerRun,
  type ContainerRuns,
  type EndedAttempt,
  type FinishedState,
  type Job,
  type LiveAttempt,
  liveAttempt,
  type Part,
  partKey,
} from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import { logDestination } from '../../model/log-destination.ts'
import { containerReasons, hostTerminated, statusReasons } from '../../model/status-reasons.ts'
import type { StopCause } from '../../model/stop-record.ts'
import type { TimeMs } from '../../model/time.ts'
import { type Command, type Decision, events, nothing } from '../decision.ts'
import type { State } from '../state/state.ts'
import { hasParts } from '../workload/tasks.ts'
import { parentEnd } from './array-end.ts'
import { runWithin, timesWithin } from './attempt-times.ts'
import { retryVerdict } from './retry-verdict.ts'
import { stoppingOf, stopReason } from './stopping.ts'

export interface AttemptReport {
  readonly jobId: string
  readonly attempt: number
}

/**
 * How an attempt ended, as its driver knows. With several containers, this is the end of the one
 * that decided.
 */
export type AttemptOutcome = OutcomeKind & {
  /** How each begun container ended, for an attempt with several. */
  readonly containers?: ContainerRuns
  /** The most that it had on the disk, MiB. */
  readonly scratchMib?: number
}

export interface AttemptEnd extends AttemptReport {
  readonly outcome: AttemptOutcome
  /**
   * The longest that it can have run since it was RUNNING, by a clock that nobody can set. Absent
   * if this server did not see all of it: then only the engine knows.
   */
  readonly ranAtMostMs?: number | undefined
}

type OutcomeKind =
  | {
      readonly kind: 'exited'
      readonly exitCode?: number
      readonly outOfMemory: boolean
      readonly reason?: string
      readonly startedAtMs?: TimeMs
      readonly stoppedAtMs: TimeMs
    }
  /** Nothing ran: the image was not pulled, or the command was not found. */
  | { readonly kind: 'failedToStart'; readonly reason: string }
  /**
   * Its host, its engine or its watcher went away, and nobody saw its own end. Or the engine is
   * healthy and has denied knowing it for the whole grace. `stoppedAtMs` is the last time something
   * was known of it.
   */
  | { readonly kind: 'lost'; readonly startedAtMs?: TimeMs; readonly stoppedAtMs?: TimeMs }

export function attemptStarted(report: AttemptReport & { readonly startedAtMs: TimeMs }): Command {
  return (state, { now }) => {
    const job = state.jobs.get(report.jobId)
    const attempt = job && liveAttempt(job)
    if (!job || attempt?.number !== report.attempt) return nothing('a report of an older attempt')
    if (job.state.status !== 'STARTING') return nothing('it was known to run')
    const times = timesWithin(report, { placedAtMs: attempt.placedAtMs, now })
    const atMs = times.startedAtMs ?? now
    return events({ type: 'attemptStarted', jobId: job.jobId, number: report.attempt, atMs })
  }
}

/** One of several containers began or ended. */
export function containerSeen(report: AttemptReport & { readonly part: Part; readonly run: ContainerRun }): Command {
  return (state, { now }) => {
    const job = state.jobs.get(report.jobId)
    const attempt = job && liveAttempt(job)
    if (!job || attempt?.number !== report.attempt) return nothing('a report of an older attempt')
    const { part } = report
    const known = attempt.containers?.[partKey(part)]
    const run = runWithin(report.run, known, { placedAtMs: attempt.placedAtMs, now })
    if (known?.stoppedAtMs !== undefined || isSame(known, run)) return nothing('it was known')
    return events({ type: 'containerSeen', jobId: job.jobId, number: report.attempt, part, run, atMs: now })
  }
}

function isSame(known: ContainerRun | undefined, run: ContainerRun): boolean {
  return (
    known?.startedAtMs === run.startedAtMs && known?.stoppedAtMs === run.stoppedAtMs && known?.address === run.address
  )
}

export function attemptEnded(report: AttemptEnd): Command {
  return (state, { now }) => {
    const job = state.jobs.get(report.jobId)
    if (!job) return nothing('the job had already finished')
    const attempt = liveAttempt(job)
    if (attempt?.number !== report.attempt) return nothing('a report of an older attempt')
    return decideEnd(state, job, attempt, report, now)
  }
}

/**
 * The attempt's time is up (docs/aws §2.8), and its driver says that it still runs. The reporter
 * has measured how long it ran, because the time of the command is the machine's clock, which may
 * have been set.
 */
export function attemptTimedOut(report: AttemptReport): Command {
  return (state) => {
    const job = state.jobs.get(report.jobId)
    if (job?.state.status !== 'RUNNING' || job.state.attempt.number !== report.attempt)
      return nothing('the attempt had already ended')
    if (job.state.stopping && job.state.stopping.kind !== 'reclaimed') return nothing('it is being stopped already')
    if (job.spec.timeoutSeconds === undefined) return nothing('it may take as long as it likes')
    return events({ type: 'attemptStopping', jobId: job.jobId, number: report.attempt, cause: { kind: 'timedOut' } })
  }
}

function decideEnd(state: State, job: Job, attempt: LiveAttempt, end: AttemptEnd, now: TimeMs): Decision {
  const { outcome } = end
  const stopping = ranTooLong(job, end) ? ({ kind: 'timedOut' } as const) : stoppingOf(job)
  const ended = endedAttempt(job, attempt, outcome, stopping, now)
  // A reclaimed attempt may still end well in its grace time. Otherwise it is retried like one that
  // failed by itself (docs/aws §10.5).
  const isFinal = stopping !== undefined && stopping.kind !== 'reclaimed'
  const succeeded = ended.exitCode === 0 && outcome.kind === 'exited' && !isFinal
  const again = succeeded || isFinal ? undefined : triedAgain(state, job, ended, outcome)
  if (again)
    return events({ type: 'attemptEnded', jobId: job.jobId, ended: again, next: { status: 'RUNNABLE', sinceMs: now } })
  const next: FinishedState = {
    status: succeeded ? 'SUCCEEDED' : 'FAILED',
    statusReason: ended.statusReason,
    ...(ended.startedAtMs === undefined ? {} : { startedAtMs: ended.startedAtMs }),
    stoppedAtMs: ended.stoppedAtMs,
  }
  return events(
    { type: 'attemptEnded', jobId: job.jobId, ended, next },
    ...parentEnd(state, [{ child: job, status: next.status }], now),
  )
}

/**
 * Returns the attempt's record if another attempt follows: by its retry strategy, or by the
 * operator's setting for lost hosts.
 */
function triedAgain(
  { rules }: State,
  job: Job,
  ended: EndedAttempt,
  outcome: AttemptOutcome,
): EndedAttempt | undefined {
  // Attempts granted by the operator do not count against the strategy.
  const requeued = job.attempts.filter((attempt) => attempt.requeued).length
  const number = ended.number - requeued
  if (number < allowedAttempts(job.spec)) {
    const verdict = retryVerdict(job.spec.retryStrategy, { ...ended, attemptNumber: number })
    if (verdict === 'RETRY') return ended
  }
  return outcome.kind === 'lost' && requeued < (rules.lostHostRetries ?? 0) ? { ...ended, requeued: true } : undefined
}

/**
 * Whether it ended by itself after its time was up, while no server was there to stop it. An end in
 * time stays as it was, whenever it is discovered. It ran no longer than its engine says, and no
 * longer than this server can have seen: the engine's clock may have been set, or the machine have
 * slept.
 */
function ranTooLong(job: Job, { outcome, ranAtMostMs = Number.POSITIVE_INFINITY }: AttemptEnd): boolean {
  const { state, spec } = job
  if (state.status !== 'RUNNING' || spec.timeoutSeconds === undefined || outcome.kind !== 'exited') return false
  if (state.stopping && state.stopping.kind !== 'reclaimed') return false
  const startedAtMs = (hasParts(spec) ? undefined : outcome.startedAtMs) ?? state.startedAtMs
  return Math.min(outcome.stoppedAtMs - startedAtMs, ranAtMostMs) > spec.timeoutSeconds * 1000
}

export function endedAttempt(
  job: Job,
  attempt: LiveAttempt,
  outcome: AttemptOutcome,
  stopping: StopCause | undefined,
  now: TimeMs,
): EndedAttempt {
  const known = job.state.status === 'RUNNING' ? job.state.startedAtMs : undefined
  const bounds = { placedAtMs: attempt.placedAtMs, now, startedAtMs: known }
  // The engine knows better than the report of the start, which came a moment later. With several
  // containers, it reports the one that decided.
  const times = timesWithin(outcome.kind === 'failedToStart' ? {} : outcome, bounds)
  const { workload } = job.spec
  const startedAtMs = hasParts(job.spec) ? (known ?? times.startedAtMs) : (times.startedAtMs ?? known)
  const log =
    startedAtMs === undefined || workload.kind !== 'container'
      ? undefined
      : logDestination(workload.properties, job.spec.jobDefinition, attempt.taskId)
  const exitCode = outcome.kind === 'exited' ? outcome.exitCode : undefined
  const reason = containerReason(outcome)
  return {
    number: attempt.number,
    taskId: attempt.taskId,
    computeEnvironment: attempt.computeEnvironment,
    instanceId: attempt.instanceId,
    placedAtMs: attempt.placedAtMs,
    ...(log ? { logStreamName: log.stream } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(reason === undefined ? {} : { reason: reason.slice(0, limits.containerReasonLength) }),
    statusReason: reasonOf(outcome, job, attempt, stopping),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    stoppedAtMs: Math.max(times.stoppedAtMs ?? now, startedAtMs ?? 0),
    ...(attempt.nodes ? { nodes: attempt.nodes } : {}),
    ...(outcome.scratchMib === undefined ? {} : { scratchMib: outcome.scratchMib }),
    ...(outcome.containers ? { containers: containersWithin(outcome.containers, attempt, now) } : {}),
  }
}

function containersWithin(runs: ContainerRuns, { containers, placedAtMs }: LiveAttempt, now: TimeMs): ContainerRuns {
  const within = Object.entries(runs).map(([key, run]) => [key, runWithin(run, containers?.[key], { placedAtMs, now })])
  return Object.fromEntries(within)
}

function containerReason(outcome: AttemptOutcome): string | undefined {
  if (outcome.kind === 'lost') return undefined
  if (outcome.kind === 'failedToStart') return outcome.reason
  return outcome.outOfMemory ? containerReasons.outOfMemory : outcome.reason
}

function reasonOf(outcome: AttemptOutcome, job: Job, attempt: LiveAttempt, stopping: StopCause | undefined): string {
  if (stopping?.kind !== 'reclaimed') return stopping ? stopReason(stopping) : plainReason(outcome, job, attempt)
  if (outcome.kind === 'exited' && outcome.exitCode === 0) return statusReasons.containerExited
  return attempt.spot === 'FARGATE_SPOT' ? statusReasons.spotTaskInterrupted : hostTerminated(attempt.instanceId)
}

function plainReason(outcome: AttemptOutcome, job: Job, attempt: LiveAttempt): string {
  switch (outcome.kind) {
    case 'lost':
      return hostTerminated(attempt.instanceId)
    case 'failedToStart':
      return statusReasons.failedToStart
    case 'exited':
      if (outcome.startedAtMs !== undefined || outcome.exitCode === 0 || !outcome.reason)
        return statusReasons.containerExited
      // The attempt was seen to run: its driver lost what it knew about it.
      return job.state.status === 'RUNNING' && !hasParts(job.spec)
        ? hostTerminated(attempt.instanceId)
        : statusReasons.failedToStart
  }
}
