/**
 * Recognises a time in which no server looked, or a clock that was set ahead: nothing is deleted for
 * a while after it. The time of the last round, which outlives the server, shows such a gap.
 */
import type { TimeMs } from '../../model/time.ts'

export interface Rounds {
  readonly lastAtMs: TimeMs
  /** Nothing is deleted before this time. */
  readonly heldUntilMs: TimeMs
}

/**
 * The longest time between two rounds. More means that nobody looked, or that the clock was set.
 */
const longestGapMs = 86_400_000

/** After a gap, nothing is deleted for as long again, at most for `mostHeldMs`. */
export function nextRounds(before: Rounds | undefined, nowMs: TimeMs, mostHeldMs: number): Rounds {
  const { lastAtMs, heldUntilMs: wasHeldUntilMs } = before ?? { lastAtMs: nowMs, heldUntilMs: 0 }
  const gapMs = nowMs - lastAtMs
  const wantedMs = gapMs > longestGapMs ? nowMs + gapMs : wasHeldUntilMs
  // Not even after a clock that was far ahead.
  const heldUntilMs = Math.min(Math.max(wantedMs, wasHeldUntilMs), nowMs + mostHeldMs)
  return { lastAtMs: nowMs, heldUntilMs }
}
