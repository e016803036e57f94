/** What is known of one container of a node, and how the job records it. Pure. */
import type { AttemptOutcome } from '../../core/job/attempt.ts'
import type { Observation } from '../../drivers/driver.ts'
import type { ContainerRun } from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import { containerReasons } from '../../model/status-reasons.ts'
import type { TimeMs } from '../../model/time.ts'

export type ContainerState =
  /** Not begun: nothing of the container exists. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'starting' }
  /** `sinceMs` is when the container began by the clock that nobody can set (`steady`), `startedAtMs` by the engine's. */
  | { readonly kind: 'running'; readonly startedAtMs: TimeMs; readonly sinceMs: number; readonly address?: string }
  | EndedContainer

export interface EndedContainer {
  readonly kind: 'ended'
  readonly outcome: AttemptOutcome
  /** Absent when the container never ran. */
  readonly startedAtMs?: TimeMs
  readonly stoppedAtMs: TimeMs
  readonly address?: string
  /**
   * The container ended before a stop was requested and before another container decided the node's
   * end.
   */
  readonly onItsOwn: boolean
  /** The log holds the container's last line. */
  readonly stored: boolean
}

/** Returns how the observed container ended. Undefined when it did not end, or nobody can tell. */
export function endingOf(observation: Observation | undefined): AttemptOutcome | undefined {
  if (observation?.kind === 'exited') return { ...observation, kind: 'exited' }
  if (observation?.kind !== 'lost') return undefined
  const { startedAtMs, stoppedAtMs } = observation
  return { kind: 'lost', ...(startedAtMs === undefined ? {} : { startedAtMs }), stoppedAtMs }
}

/**
 * Returns the state that follows when a container in `state` ends with this outcome. The engine's
 * times win over earlier ones.
 */
export function endedState(
  state: ContainerState,
  outcome: AttemptOutcome,
  { onItsOwn, nowMs, stored }: { onItsOwn: boolean; nowMs: TimeMs; stored: boolean },
): EndedContainer {
  const known = state.kind === 'running' ? state : undefined
  const observed = outcome.kind === 'failedToStart' ? undefined : outcome
  const startedAtMs = observed?.startedAtMs ?? known?.startedAtMs
  return {
    kind: 'ended',
    outcome,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    stoppedAtMs: observed?.stoppedAtMs ?? nowMs,
    ...addressOf(known),
    onItsOwn,
    stored,
  }
}

/**
 * Returns the state of a container whose end an earlier server recorded. If the driver still has
 * the container, the rest of its output is yet to be stored.
 */
export function recordedEnd(run: ContainerRun, seen: Observation): EndedContainer {
  const { exitCode, reason, startedAtMs, stoppedAtMs = 0 } = run
  const common = {
    kind: 'ended' as const,
    stoppedAtMs,
    ...addressOf(run),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    onItsOwn: true,
  }
  const ending = endingOf(seen)
  if (ending && startedAtMs !== undefined) return { ...common, outcome: ending, stored: false }
  if (startedAtMs === undefined)
    return { ...common, outcome: { kind: 'failedToStart', reason: reason ?? '' }, stored: true }
  if (exitCode === undefined) return { ...common, outcome: { kind: 'lost' }, stored: true }
  const exited = { kind: 'exited', exitCode, outOfMemory: false, startedAtMs, stoppedAtMs } as const
  return { ...common, outcome: { ...exited, ...(reason === undefined ? {} : { reason }) }, stored: true }
}

/**
 * Returns what the job records of the container. Undefined for a container that has not begun, or
 * was stopped before it began.
 */
export function runOf(state: ContainerState): ContainerRun | undefined {
  if (state.kind === 'running') return { startedAtMs: state.startedAtMs, ...addressOf(state) }
  if (state.kind !== 'ended') return undefined
  const { onItsOwn, outcome, startedAtMs, stoppedAtMs } = state
  const reason = reasonOf(outcome)
  if (startedAtMs === undefined && (!onItsOwn || reason === undefined)) return undefined
  return {
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...addressOf(state),
    stoppedAtMs: Math.max(stoppedAtMs, startedAtMs ?? 0),
    ...(outcome.kind === 'exited' && outcome.exitCode !== undefined ? { exitCode: outcome.exitCode } : {}),
    ...(reason === undefined ? {} : { reason: reason.slice(0, limits.containerReasonLength) }),
  }
}

function reasonOf(outcome: AttemptOutcome): string | undefined {
  if (outcome.kind === 'lost') return undefined
  return outcome.kind === 'exited' && outcome.outOfMemory ? containerReasons.outOfMemory : outcome.reason
}

export function addressOf(of: { readonly address?: string } | undefined): { readonly address?: string } {
  return of?.address === undefined ? {} : { address: of.address }
}
