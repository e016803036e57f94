/**
 * Service jobs. openbatch has no engine for SageMaker training jobs. A submission is checked as AWS
 * checks it, so that its mistakes are reported, and then refused. So there never is a service job,
 * and every id is unknown.
 */
import type { SubmitServiceJobRequest, UpdateServiceJobRequest } from '../../model/generated/batch.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { type Refusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import { checkSchedulingPriority } from '../job-definition/job-settings.ts'
import { quotaSharesOf } from '../quota-share/read.ts'
import { jobQueueDisabled, jobQueueNotFound, nameInReference } from '../reference.ts'
import { policyOf } from '../state/policy-of.ts'
import type { State } from '../state/state.ts'
import { checkServiceJob, type ServiceQueue } from './check.ts'

/** Returns the reason for the refusal. There always is one. */
export function refuseServiceJob(state: State, request: SubmitServiceJobRequest): Refusal {
  const jobQueue = state.jobQueues.get(nameInReference(request.jobQueue, 'job-queue', state.account) ?? '')
  if (!jobQueue || jobQueue.status === 'DELETING') return jobQueueNotFound(request.jobQueue)
  if (jobQueue.state !== 'ENABLED') return jobQueueDisabled(jobQueue.name)
  if (jobQueue.shape.jobQueueType !== 'SAGEMAKER_TRAINING')
    return refuseWrapped(
      `Job queue ${jobQueue.name} is not of type SAGEMAKER_TRAINING. Submit jobs to it with SubmitJob.`,
    )
  return refuseWrapped(checkServiceJob(request, traitsOf(state, jobQueue)) ?? noEngine)
}

const noEngine =
  'The service job is valid, but openbatch has no engine for SageMaker training jobs. Run the training container as a job of its own with SubmitJob'

export function refuseServiceJobUpdate({ jobId, schedulingPriority }: UpdateServiceJobRequest): Refusal {
  const complaint = checkSchedulingPriority(schedulingPriority)
  return complaint === undefined ? serviceJobNotFound(jobId) : refuse(complaint)
}

export function serviceJobNotFound(jobId: string): Refusal {
  return refuse(jobId === '' ? 'JobId must not be empty.' : `Service job ${jobId} not found.`)
}

function traitsOf(state: State, jobQueue: JobQueue): ServiceQueue {
  const shape = policyOf(state, jobQueue)?.shape
  return {
    policy: shape?.quotaSharePolicy ? 'QUOTA_SHARE' : shape?.fairsharePolicy ? 'FAIR_SHARE' : 'FIFO',
    quotaShareState: (name) => quotaSharesOf(state, jobQueue).find((share) => share.name === name)?.state,
  }
}
