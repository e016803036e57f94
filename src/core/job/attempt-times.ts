/**
 * When an attempt began and ended, of what its engine says. The engine's clock may be another, or have been set meanwhile: nothing begins
 * before it was placed, or in the future, and nothing ends before it began.
 */
import type { ContainerRun } from '../../model/job.ts'
import type { TimeMs } from '../../model/time.ts'

export interface Times {
  readonly startedAtMs?: TimeMs | undefined
  readonly stoppedAtMs?: TimeMs | undefined
}

/** What the server knows for itself. */
export interface Bounds {
  readonly placedAtMs: TimeMs
  readonly now: TimeMs
  /** What was recorded when it was seen to run. */
  readonly startedAtMs?: TimeMs | undefined
}

/** The times the engine gave, moved into what the server knows; how long it ran is kept where it can be. */
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

/** The same for each container of an attempt that has several. What was recorded of their starts stays. */
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
