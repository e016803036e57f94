/**
 * Whether a failed attempt is followed by another: `attempts` counts all of them, `evaluateOnExit` may end it earlier
 * (docs/aws §2.6, §2.7). https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html
 */
import type { EvaluateOnExit, RetryStrategy } from '../../model/generated/batch.ts'

/** What is known of an attempt that failed. What was cancelled, terminated or timed out is never asked about: AWS never retries it. */
export interface FailedAttempt {
  /** From 1. */
  readonly attemptNumber: number
  /** Absent when the container never ran, or nobody knows. */
  readonly exitCode?: number
  /** The container's reason; absent on a plain exit. */
  readonly reason?: string
  readonly statusReason: string
}

/** The first entry that matches decides; when none does, AWS retries. No verdict gives more attempts than there are. */
export function retryVerdict(strategy: RetryStrategy | undefined, attempt: FailedAttempt): 'RETRY' | 'FAIL' {
  if (attempt.attemptNumber >= (strategy?.attempts ?? 1)) return 'FAIL'
  const entry = strategy?.evaluateOnExit?.find((candidate) => matches(candidate, attempt))
  return entry?.action.toUpperCase() === 'EXIT' ? 'FAIL' : 'RETRY'
}

/** All conditions an entry has must hold. An empty one is none: the CLI's skeleton leaves such behind. */
function matches(entry: EvaluateOnExit, attempt: FailedAttempt): boolean {
  const conditions: [pattern: string | undefined, value: string | undefined][] = [
    [entry.onExitCode, attempt.exitCode?.toString()],
    [entry.onReason, attempt.reason],
    [entry.onStatusReason, attempt.statusReason],
  ]
  const given = conditions.filter(([pattern]) => pattern)
  return given.length > 0 && given.every(([pattern, value]) => matchesPattern(pattern!, value))
}

/**
 * Literal, case-sensitive, with an optional trailing `*`. A lone `*` matches a missing value too: AWS documents
 * `onReason: "*"` as what catches everything else.
 */
function matchesPattern(pattern: string, value: string | undefined): boolean {
  return pattern.endsWith('*') ? (value ?? '').startsWith(pattern.slice(0, -1)) : value === pattern
}
