/**
 * Decides whether a failed attempt is followed by another: `attempts` counts all of them, and
 * `evaluateOnExit` may end the job earlier (docs/aws §2.6, §2.7).
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html
 */
import type { EvaluateOnExit, RetryStrategy } from '../../model/generated/batch.ts'

/**
 * What is known about a failed attempt. Cancelled, terminated or timed out attempts are never asked
 * about, because AWS never retries them.
 */
export interface FailedAttempt {
  /** From 1. */
  readonly attemptNumber: number
  /** Absent when the container never ran, or nobody knows. */
  readonly exitCode?: number
  /** The container's reason; absent on a plain exit. */
  readonly reason?: string
  readonly statusReason: string
}

/**
 * The first matching entry decides. If none matches, AWS retries. No verdict gives more attempts
 * than the strategy allows.
 */
export function retryVerdict(strategy: RetryStrategy | undefined, attempt: FailedAttempt): 'RETRY' | 'FAIL' {
  if (attempt.attemptNumber >= (strategy?.attempts ?? 1)) return 'FAIL'
  const entry = strategy?.evaluateOnExit?.find((candidate) => matches(candidate, attempt))
  return entry?.action.toUpperCase() === 'EXIT' ? 'FAIL' : 'RETRY'
}

/**
 * All conditions of an entry must hold. An empty one does not count: the CLI's skeleton leaves
 * empty ones behind.
 */
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
 * Literal and case-sensitive, with an optional trailing `*`. A lone `*` also matches a missing
 * value: AWS documents `onReason: "*"` as the catch-all.
 */
function matchesPattern(pattern: string, value: string | undefined): boolean {
  return pattern.endsWith('*') ? (value ?? '').startsWith(pattern.slice(0, -1)) : value === pattern
}
