/** The scheduling policy of a queue. */
import type { SchedulingPolicy } from '../../model/account-resource.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { State } from './state.ts'

/** The policy that a queue follows; undefined for FIFO. */
export function policyOf(state: State, jobQueue: JobQueue): SchedulingPolicy | undefined {
  return state.schedulingPolicies.get(jobQueue.shape.schedulingPolicyArn ?? '')
}
