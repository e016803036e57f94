/** `jobStateTimeLimitActions` of a job queue; https://docs.aws.amazon.com/batch/latest/APIReference/API_JobStateTimeLimitAction.html */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type { JobStateTimeLimitAction } from '../../model/generated/batch.ts'

interface Allowed {
  readonly action: 'CANCEL' | 'TERMINATE'
  readonly reasons: readonly string[]
}

const ofComputeEnvironments: Allowed = {
  action: 'CANCEL',
  reasons: [
    'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
    'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
    'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
    'MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED',
  ],
}

/** https://docs.aws.amazon.com/batch/latest/userguide/sm_job_stuck_in_runnable_time_limit_actions.html */
const ofServiceEnvironments: Allowed = {
  action: 'TERMINATE',
  reasons: [
    'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
    'MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE',
    'MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED',
  ],
}

export function checkTimeLimitActions(
  actions: readonly JobStateTimeLimitAction[] | undefined,
  type: 'ofComputeEnvironments' | 'ofServiceEnvironments',
): Complaint {
  const allowed = type === 'ofServiceEnvironments' ? ofServiceEnvironments : ofComputeEnvironments
  const seen = new Set<string>()
  return firstComplaint(actions, ({ action, reason, maxTimeSeconds }) => {
    if (action !== allowed.action) return `Invalid job action. Valid job actions: [${allowed.action}]`
    if (!allowed.reasons.includes(reason))
      return `Invalid job state limit reason. Valid reasons: [${allowed.reasons.join(', ')}]`
    if (!(maxTimeSeconds >= 600 && maxTimeSeconds <= 86_400)) {
      return `maxTimeSeconds must be between 600 and 86400, got ${maxTimeSeconds}.`
    }
    if (seen.has(reason)) return 'Duplicate job state limit actions are not allowed.'
    seen.add(reason)
    return undefined
  })
}
