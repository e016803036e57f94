/**
 * Whether AWS would accept a service job. The request has passed the shape's JSON schema.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitServiceJob.html
 */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type { ServiceJobRetryStrategy, SubmitServiceJobRequest } from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'
import { isJobName, isShareIdentifier } from '../../model/names.ts'
import { checkTags } from '../../model/tags.ts'
import { checkSchedulingPriority } from '../job-definition/job-settings.ts'
import { checkJobSize } from '../submission/job-size.ts'

/** What a submission must know of its job queue. */
export interface ServiceQueue {
  readonly policy: 'FIFO' | 'FAIR_SHARE' | 'QUOTA_SHARE'
  /** The state of the queue's quota share of that name; undefined if there is none. */
  quotaShareState(name: string): 'ENABLED' | 'DISABLED' | undefined
}

export function checkServiceJob(request: SubmitServiceJobRequest, queue: ServiceQueue): Complaint {
  return (
    (isJobName(request.jobName) ? undefined : 'Job name should match valid pattern') ??
    checkTags(request.tags) ??
    checkShares(request, queue) ??
    checkRetry(request.retryStrategy) ??
    checkTimeout(request.timeoutConfig?.attemptDurationSeconds) ??
    checkPayload(request)
  )
}

function checkShares(request: SubmitServiceJobRequest, queue: ServiceQueue): Complaint {
  const { shareIdentifier, quotaShareName, schedulingPriority, preemptionConfiguration } = request
  if (queue.policy !== 'FAIR_SHARE' && shareIdentifier !== undefined)
    return 'Job with shareIdentifier can only be submitted to job queue with fair share scheduling policy.'
  if (queue.policy !== 'QUOTA_SHARE' && (quotaShareName !== undefined || preemptionConfiguration !== undefined))
    return 'Job with quotaShareName or preemptionConfiguration can only be submitted to job queue with quota share scheduling policy.'
  if (queue.policy === 'FAIR_SHARE') {
    if (shareIdentifier === undefined)
      return 'Job must have a shareIdentifier when submitted to a job queue with fair share scheduling policy.'
    if (!isShareIdentifier(shareIdentifier)) return 'ShareIdentifier name should match a valid pattern.'
  }
  if (queue.policy === 'QUOTA_SHARE') {
    if (quotaShareName === undefined)
      return 'Job must have a quotaShareName when submitted to a job queue with quota share scheduling policy.'
    const state = queue.quotaShareState(quotaShareName)
    if (state === undefined) return `QuotaShare ${quotaShareName} not found.`
    if (state === 'DISABLED') return `Quota share ${quotaShareName} is not in ENABLED state.`
    const preemptions = preemptionConfiguration?.preemptionRetriesBeforeTermination ?? 0
    if (preemptions < 0) return `preemptionRetriesBeforeTermination must be non-negative, got ${preemptions}.`
  }
  return checkSchedulingPriority(schedulingPriority)
}

function checkRetry(strategy: ServiceJobRetryStrategy | undefined): Complaint {
  if (!strategy) return undefined
  const { attempts, evaluateOnExit } = strategy
  if (!(attempts >= 1 && attempts <= limits.retryAttempts))
    return `RetryAttempts must be between 1 and ${limits.retryAttempts}, got ${attempts} in retryStrategy.attempts.`
  if ((evaluateOnExit?.length ?? 0) > limits.evaluateOnExitEntries)
    return `Maximum allowed size of evaluateOnExit is ${limits.evaluateOnExitEntries}`
  return firstComplaint(evaluateOnExit, ({ action, onStatusReason = '' }) => {
    if (action === undefined || onStatusReason === '') return 'EvaluateOnExit should contain action and onStatusReason'
    return onStatusReason.length <= limits.evaluateOnExitLength
      ? undefined
      : `Evaluate on exit condition cannot exceed ${limits.evaluateOnExitLength} characters.`
  })
}

function checkTimeout(seconds: number | undefined): Complaint {
  return seconds === undefined || seconds >= 60
    ? undefined
    : `Timeout must be at least 60 seconds, got ${seconds} in timeoutConfig.attemptDurationSeconds.`
}

function checkPayload(request: SubmitServiceJobRequest): Complaint {
  const bytes = Buffer.byteLength(request.serviceRequestPayload)
  if (bytes > limits.servicePayloadBytes)
    return `Service request payload size must be less than ${limits.servicePayloadBytes / 1024} KiB, got ${Math.ceil(bytes / 1024)} KiB`
  return (
    checkJobSize(request) ??
    (isJsonObject(request.serviceRequestPayload) ? undefined : 'Service request payload must be a JSON object.')
  )
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
