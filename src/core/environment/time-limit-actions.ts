/** `jobStateTimeLimitActions` of a job queue; https://docs.aws.amazon.com/batch/latest/APIReference/API_JobStateTimeLimitAction.html */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type { JobStateTimeLimitAction } from '../../model/generated/batch.ts'

const reasons: readonly string[] = [
  'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
  'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
  'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
  'MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED',
]

export function checkTimeLimitActions(actions: readonly JobStateTimeLimitAction[] | undefined): Complaint {
  const seen = new Set<string>()
  return firstComplaint(actions, ({ action, reason, maxTimeSeconds }) => {
    if (action !== 'CANCEL') return 'Invalid job action. Valid job actions: [CANCEL]'
    if (!reasons.includes(reason)) return `Invalid job state limit reason. Valid reasons: [${reasons.join(', ')}]`
    if (!(maxTimeSeconds >= 600 && maxTimeSeconds <= 86_400)) {
      return `maxTimeSeconds must be between 600 and 86400, got ${maxTimeSeconds}.`
    }
    if (seen.has(reason)) return 'Duplicate job state limit actions are not allowed.'
    seen.add(reason)
    return undefined
  })
}
