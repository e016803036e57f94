import { describe, expect, test } from 'vitest'
import type { SubmitServiceJobRequest } from '../../model/generated/batch.ts'
import { checkServiceJob, type ServiceQueue } from './check.ts'

const queue = (policy: ServiceQueue['policy']): ServiceQueue => ({
  policy,
  quotaShareState: (name) => (({ open: 'ENABLED', closed: 'DISABLED' }) as const)[name],
})
const request = (more: Partial<SubmitServiceJobRequest> = {}): SubmitServiceJobRequest => ({
  ...{ jobName: 'train', jobQueue: 'q', serviceJobType: 'SAGEMAKER_TRAINING', serviceRequestPayload: '{"a":1}' },
  ...more,
})
const ofSize = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`

describe('refused', () => {
  const rows: [text: string, policy: ServiceQueue['policy'], more: Partial<SubmitServiceJobRequest>][] = [
    ['Job name should match valid pattern', 'FIFO', { jobName: '-a' }],
    [
      'Job with shareIdentifier can only be submitted to job queue with fair share scheduling policy.',
      'FIFO',
      { shareIdentifier: 'a' },
    ],
    [
      'Job with quotaShareName or preemptionConfiguration can only be submitted to job queue with quota share scheduling policy.',
      'FAIR_SHARE',
      { shareIdentifier: 'a', quotaShareName: 'open' },
    ],
    [
      'Job with quotaShareName or preemptionConfiguration can only be submitted to job queue with quota share scheduling policy.',
      'FIFO',
      { preemptionConfiguration: {} },
    ],
    [
      'Job must have a shareIdentifier when submitted to a job queue with fair share scheduling policy.',
      'FAIR_SHARE',
      {},
    ],
    ['ShareIdentifier name should match a valid pattern.', 'FAIR_SHARE', { shareIdentifier: 'a b' }],
    [
      'Job must have a quotaShareName when submitted to a job queue with quota share scheduling policy.',
      'QUOTA_SHARE',
      {},
    ],
    ['QuotaShare none not found.', 'QUOTA_SHARE', { quotaShareName: 'none' }],
    ['Quota share closed is not in ENABLED state.', 'QUOTA_SHARE', { quotaShareName: 'closed' }],
    [
      'preemptionRetriesBeforeTermination must be non-negative, got -1.',
      'QUOTA_SHARE',
      { quotaShareName: 'open', preemptionConfiguration: { preemptionRetriesBeforeTermination: -1 } },
    ],
    ['Scheduling priority must be between 0 and 9999.', 'FIFO', { schedulingPriority: 10_000 }],
    [
      'RetryAttempts must be between 1 and 10, got 11 in retryStrategy.attempts.',
      'FIFO',
      { retryStrategy: { attempts: 11 } },
    ],
    [
      'Maximum allowed size of evaluateOnExit is 5',
      'FIFO',
      { retryStrategy: { attempts: 1, evaluateOnExit: Array(6).fill({ action: 'EXIT', onStatusReason: '*' }) } },
    ],
    [
      'EvaluateOnExit should contain action and onStatusReason',
      'FIFO',
      { retryStrategy: { attempts: 1, evaluateOnExit: [{ action: 'EXIT' }] } },
    ],
    [
      'Evaluate on exit condition cannot exceed 512 characters.',
      'FIFO',
      { retryStrategy: { attempts: 1, evaluateOnExit: [{ action: 'EXIT', onStatusReason: 'x'.repeat(513) }] } },
    ],
    [
      'Timeout must be at least 60 seconds, got 59 in timeoutConfig.attemptDurationSeconds.',
      'FIFO',
      { timeoutConfig: { attemptDurationSeconds: 59 } },
    ],
    [
      'Service request payload size must be less than 10 KiB, got 11 KiB',
      'FIFO',
      { serviceRequestPayload: ofSize(10_241) },
    ],
    [
      'Job size must be less than 30 KiB, got 32 KiB',
      'FIFO',
      { tags: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${n}`.padStart(128, 'k'), 'ü'.repeat(256)])) },
    ],
    ['Service request payload must be a JSON object.', 'FIFO', { serviceRequestPayload: '[]' }],
    ['Service request payload must be a JSON object.', 'FIFO', { serviceRequestPayload: '{' }],
  ]
  test.each(rows)('%s (%s)', (text, policy, more) => expect(checkServiceJob(request(more), queue(policy))).toBe(text))
})

test.each<[ServiceQueue['policy'], Partial<SubmitServiceJobRequest>]>([
  ['FIFO', { retryStrategy: { attempts: 10, evaluateOnExit: [{ action: 'RETRY', onStatusReason: 'Host*' }] } }],
  ['FIFO', { serviceRequestPayload: ofSize(10_240), timeoutConfig: { attemptDurationSeconds: 60 } }],
  ['FAIR_SHARE', { shareIdentifier: 'lab', schedulingPriority: 9999 }],
  [
    'QUOTA_SHARE',
    {
      quotaShareName: 'open',
      preemptionConfiguration: { preemptionRetriesBeforeTermination: 0 },
      schedulingPriority: 0,
    },
  ],
])('accepted: %s', (policy, more) => expect(checkServiceJob(request(more), queue(policy))).toBeUndefined())
