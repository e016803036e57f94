/**
 * The times at which an attempt began and ended, from its engine's report. The engine's clock may
 * differ, or have been set meanwhile. An attempt never begins before it was placed or in the
 * future, and never ends before it began.
 */
import type { ContainerRun } from '../../model/job.ts'
import type { TimeMs } from '../../model/time.ts'

export interface Times {
  readonly startedAtMs?: TimeMs | undefined
  readonly stoppedAtMs?: TimeMs | undefined
}

/** What the server itself knows. */
export interface Bounds {
  readonly placedAtMs: TimeMs
  readonly now: TimeMs
  /** The start that was recorded when the attempt was seen to run. */
  readonly startedAtMs?: TimeMs | undefined
}

/** Moves the engine's times within the server's bounds. Keeps the running time where possible. */
export function timesWithin(
  { startedAtMs: toldStartMs, stoppedAtMs: toldStopMs }: Times,
  { placedAtMs, now, startedAtMs: knownStartMs }: Bounds,
): Times {
  const latestMs = Math.max(now, placedAtMs)
  const startedAtMs =
    toldStartMs === undefined ? undefined : Math.min(Math.max(toldStartMs, placedAtMs), knownStartMs ?? latestMs)
  if (toldStopMs === undefined) return { startedAtMs }
  const movedMs = startedAtMs === undefined ? 0 : startedAtMs - toldStartMs!
  const stoppedAtMs = Math.max(Math.min(toldStopMs + movedMs, latestMs), startedAtMs ?? knownStartMs ?? placedAtMs)
  return { startedAtMs, stoppedAtMs }
}

/** The same for each container of an attempt with several. Recorded starts stay. */
export function runWithin(
  run: ContainerRun,
  known: ContainerRun | undefined,
  bounds: Omit<Bounds, 'startedAtMs'>,
): ContainerRun {
  const { startedAtMs, stoppedAtMs } = timesWithin(run, { ...bounds, startedAtMs: known?.startedAtMs })
  return {
    ...run,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(stoppedAtMs === undefined ? {} : { stoppedAtMs }),
  }
}
