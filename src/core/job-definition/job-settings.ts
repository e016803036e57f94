/**
 * Settings that both a definition and a submission may have: retries, timeout, scheduling priority.
 */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type { EvaluateOnExit, JobTimeout, RetryStrategy } from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_RetryStrategy.html */
export function checkRetryStrategy(strategy: RetryStrategy | undefined): Complaint {
  if (!strategy || Object.keys(strategy).length === 0) return undefined
  const { attempts, evaluateOnExit } = strategy
  if (attempts === undefined) return 'RetryAttempts must be provided with retry strategy'
  if (!(attempts >= 1 && attempts <= limits.retryAttempts)) {
    return `RetryAttempts must be between 1 and ${limits.retryAttempts}, got ${attempts} in retryStrategy.attempts.`
  }
  if ((evaluateOnExit?.length ?? 0) > limits.evaluateOnExitEntries) {
    return `Maximum allowed size of evaluateOnExit is ${limits.evaluateOnExitEntries}`
  }
  return firstComplaint(evaluateOnExit, checkEvaluateOnExit)
}

function checkEvaluateOnExit({ onExitCode, onReason, onStatusReason }: EvaluateOnExit): Complaint {
  const conditions = [onExitCode, onReason, onStatusReason]
  if (!conditions.some(Boolean)) {
    return 'EvaluateOnExit should contain at least one of onExitCode, onReason or onStatusReason'
  }
  if (conditions.some((condition) => (condition ?? '').length > limits.evaluateOnExitLength)) {
    return `Evaluate on exit condition cannot exceed ${limits.evaluateOnExitLength} characters.`
  }
  const legal =
    /^[0-9]*\*?$/.test(onExitCode ?? '') &&
    [onReason, onStatusReason].every((condition) => /^[A-Za-z0-9.:\s]*\*?$/.test(condition ?? ''))
  return legal ? undefined : 'Evaluate on exit condition contains restricted characters.'
}

/** Seconds an attempt may run: at least 60, no maximum. The live text was not captured. */
export function checkTimeout(timeout: JobTimeout | undefined): Complaint {
  const seconds = timeout?.attemptDurationSeconds
  return seconds === undefined || seconds >= 60
    ? undefined
    : `Timeout must be at least 60 seconds, got ${seconds} in timeout.attemptDurationSeconds.`
}

export function checkSchedulingPriority(priority: number | undefined): Complaint {
  return priority === undefined || (priority >= 0 && priority <= 9999)
    ? undefined
    : 'Scheduling priority must be between 0 and 9999.'
}
