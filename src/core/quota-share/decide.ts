/**
 * The life of a quota share: a part of a SageMaker queue's capacity that is set aside for some of
 * its jobs (docs/aws §9.8).
 */

import type { QuotaShare } from '../../model/account-resource.ts'
import { quotaShareArn } from '../../model/arn.ts'
import type {
  CapacityLimit,
  CreateQuotaShareRequest,
  CreateQuotaShareResponse,
  UpdateQuotaShareRequest,
  UpdateQuotaShareResponse,
} from '../../model/generated/batch.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { limits } from '../../model/limits.ts'
import { type Refusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import { accept, type Command, events, nothing } from '../decision.ts'
import { isChanging } from '../life-cycle.ts'
import { jobQueueNotFound, nameInReference, quotaShareNotFound } from '../reference.ts'
import { policyOf } from '../state/policy-of.ts'
import type { State } from '../state/state.ts'
import { normaliseSharing, validateCreateQuotaShare, validateUpdateQuotaShare } from './check.ts'
import { describeQuotaShare, findQuotaShare, quotaSharesOf } from './read.ts'

export function createQuotaShare(request: CreateQuotaShareRequest): Command<CreateQuotaShareResponse> {
  return (state, { now }) => {
    const jobQueue = state.jobQueues.get(nameInReference(request.jobQueue, 'job-queue', state.account) ?? '')
    if (!jobQueue) return jobQueueNotFound(request.jobQueue)
    const refusal = unfit(state, jobQueue) ?? validateCreateQuotaShare(request, capacityOf(state, jobQueue))
    if (refusal) return refusal
    const name = request.quotaShareName
    const shareArn = quotaShareArn(state.account, jobQueue.name, name)
    if (state.quotaShares.has(shareArn)) return refuse('Object already exists', 409)
    if (quotaSharesOf(state, jobQueue).length >= limits.quotaShares)
      return refuseWrapped(`There are ${limits.quotaShares} quota shares, the most a job queue may have.`)
    const resource: QuotaShare = {
      kind: 'quota-share',
      name,
      arn: shareArn,
      tags: request.tags ?? {},
      createdAtMs: now,
      jobQueue: jobQueue.name,
      state: request.state ?? 'ENABLED',
      status: 'CREATING',
      shape: {
        quotaShareName: name,
        quotaShareArn: shareArn,
        jobQueueArn: jobQueue.arn,
        capacityLimits: request.capacityLimits,
        resourceSharingConfiguration: normaliseSharing(request.resourceSharingConfiguration),
        preemptionConfiguration: request.preemptionConfiguration,
      },
    }
    return accept({ quotaShareName: name, quotaShareArn: shareArn }, [{ type: 'resourceChanged', resource }])
  }
}

/** Only what the update gives changes; lists and structures are replaced whole. */
export function updateQuotaShare(request: UpdateQuotaShareRequest): Command<UpdateQuotaShareResponse> {
  return (state) => {
    const current = findQuotaShare(state, request.quotaShareArn)
    if (!current) return quotaShareNotFound(request.quotaShareArn)
    const jobQueue = state.jobQueues.get(current.jobQueue)
    const refusal = validateUpdateQuotaShare(
      describeQuotaShare(current),
      request,
      jobQueue ? capacityOf(state, jobQueue) : [],
    )
    if (refusal) return refusal
    const { quotaShareArn: _, state: wanted = current.state, resourceSharingConfiguration: sharing, ...given } = request
    const resource: QuotaShare = {
      ...current,
      state: wanted,
      status: 'UPDATING',
      shape: {
        ...current.shape,
        ...given,
        ...(sharing && { resourceSharingConfiguration: normaliseSharing(sharing) }),
      },
    }
    return accept({ quotaShareName: current.name, quotaShareArn: current.arn }, [{ type: 'resourceChanged', resource }])
  }
}

export function deleteQuotaShare(shareArn: string): Command {
  return (state) => {
    const current = findQuotaShare(state, shareArn)
    if (!current) return quotaShareNotFound(shareArn)
    if (current.status === 'DELETING') return nothing('it is being deleted already')
    if (isChanging(current.status)) return refuse('Cannot delete, resource is being modified')
    if (current.state !== 'DISABLED') return refuse('Cannot delete, state must be DISABLED')
    return events({ type: 'resourceChanged', resource: { ...current, status: 'DELETING' } })
  }
}

function unfit(state: State, jobQueue: JobQueue): Refusal | undefined {
  if (jobQueue.shape.jobQueueType !== 'SAGEMAKER_TRAINING')
    return refuseWrapped('Quota Management feature is only supported for SageMaker Training job queues.')
  if (!policyOf(state, jobQueue)?.shape.quotaSharePolicy)
    return refuseWrapped(`Job queue ${jobQueue.name} does not have a quota share scheduling policy.`)
  return jobQueue.status === 'VALID' || jobQueue.status === 'UPDATING'
    ? undefined
    : refuseWrapped('Job queues must be created and valid before attaching quota shares to them.')
}

/** The capacity of its service environment. */
function capacityOf(state: State, jobQueue: JobQueue): readonly CapacityLimit[] {
  return (jobQueue.shape.serviceEnvironmentOrder ?? []).flatMap(
    ({ serviceEnvironment }) => state.serviceEnvironments.get(serviceEnvironment)?.shape.capacityLimits ?? [],
  )
}
