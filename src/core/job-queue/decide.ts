/**
 * The life of a job queue: CREATING → VALID, UPDATING, DISABLED before delete, DELETING → gone
 * (docs/aws §9.1).
 */

import type { SchedulingPolicy } from '../../model/account-resource.ts'
import { arn } from '../../model/arn.ts'
import type {
  CreateJobQueueRequest,
  CreateJobQueueResponse,
  JobQueueDetail,
  UpdateJobQueueRequest,
  UpdateJobQueueResponse,
} from '../../model/generated/batch.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { limits } from '../../model/limits.ts'
import { refuse, refuseWrapped } from '../../model/refusal.ts'
import { statusReasons } from '../../model/status-reasons.ts'
import { findEnvironment } from '../compute-environment/read.ts'
import { accept, type Command, events, nothing } from '../decision.ts'
import type { Event } from '../events.ts'
import { stopJob } from '../job/cancel.ts'
import { isChanging } from '../life-cycle.ts'
import { quotaSharesOf } from '../quota-share/read.ts'
import { jobQueueNotFound } from '../reference.ts'
import { findSchedulingPolicy } from '../scheduling-policy/read.ts'
import { findServiceEnvironment, queuesOf } from '../service-environment/read.ts'
import { policyOf } from '../state/policy-of.ts'
import type { State } from '../state/state.ts'
import { type QueueReferences, validateCreateJobQueue, validateUpdateJobQueue } from './check.ts'
import { describeJobQueue, findJobQueue } from './read.ts'
import { mergeJobQueue, normaliseJobQueue } from './shape.ts'

/** Jobs of a deleted queue that one decision ends. The next decision follows at once. */
const jobsStoppedAtOnce = 500

export function createJobQueue(request: CreateJobQueueRequest): Command<CreateJobQueueResponse> {
  return (state) => {
    const refusal = validateCreateJobQueue(request, referencesOf(state))
    if (refusal) return refusal
    const name = request.jobQueueName
    if (state.jobQueues.has(name)) return refuse('Object already exists', 409)
    if (state.jobQueues.size >= limits.jobQueues)
      return refuseWrapped(`There are ${limits.jobQueues} job queues, the most an account may have.`)
    const jobQueueArn = arn(state.account, 'job-queue', name)
    const shape = normaliseJobQueue(request, jobQueueArn, referencesOf(state))
    const jobQueue = fromShape(state, shape, request.tags ?? {}, 'CREATING')
    return accept({ jobQueueName: name, jobQueueArn }, [{ type: 'jobQueueChanged', jobQueue }])
  }
}

export function updateJobQueue(request: UpdateJobQueueRequest): Command<UpdateJobQueueResponse> {
  return (state) => {
    const current = findJobQueue(state, request.jobQueue)
    if (!current) return jobQueueNotFound(request.jobQueue)
    const refusal = validateUpdateJobQueue(describeJobQueue(current), request, referencesOf(state))
    if (refusal) return refusal
    const shape = mergeJobQueue(describeJobQueue(current), request, referencesOf(state))
    const jobQueue = fromShape(state, shape, current.tags, 'UPDATING')
    return accept({ jobQueueName: current.name, jobQueueArn: current.arn }, [{ type: 'jobQueueChanged', jobQueue }])
  }
}

export function deleteJobQueue(reference: string): Command {
  return (state) => {
    const current = findJobQueue(state, reference)
    if (!current) return jobQueueNotFound(reference)
    if (current.status === 'DELETING') return nothing('it is being deleted already')
    if (isChanging(current.status)) return refuse('Cannot delete, resource is being modified')
    if (current.state !== 'DISABLED') return refuse('Cannot delete, state must be DISABLED')
    if (quotaSharesOf(state, current).length > 0) return refuse('Cannot delete, found existing QuotaShare relationship')
    return events({ type: 'jobQueueChanged', jobQueue: { ...current, status: 'DELETING' } })
  }
}

/** Completes a change. A queue that is being deleted ends its jobs first, some at a time. */
export function settleJobQueue(name: string): Command {
  return (state, { now }) => {
    const current = state.jobQueues.get(name)
    if (!current) return nothing('it is gone')
    if (current.status !== 'DELETING') {
      if (!isChanging(current.status)) return nothing('it is settled')
      const jobQueue: JobQueue = { ...current, status: 'VALID', statusReason: statusReasons.queueHealthy }
      return events({ type: 'jobQueueChanged', jobQueue })
    }
    if ((state.liveJobs.get(name) ?? 0) === 0) return events({ type: 'jobQueueGone', name })
    const stopped: Event[] = []
    let left = jobsStoppedAtOnce
    for (const job of state.jobs.values()) {
      // An array ends its own children.
      if (job.spec.jobQueue !== name || job.arrayIndex !== undefined || left === 0) continue
      const following = stopJob(state, job, { kind: 'queueDeleted' }, 'terminated', now)
      if (job.isTerminated || following.length === 0) continue
      stopped.push(...following)
      left--
    }
    const again: Event[] = left === 0 ? [{ type: 'jobQueueChanged', jobQueue: current }] : []
    return stopped.length > 0
      ? events(...stopped, ...again)
      : nothing('its last jobs are being stopped; their end settles it')
  }
}

function referencesOf(state: State): QueueReferences {
  return {
    computeEnvironment(nameOrArn) {
      const found = findEnvironment(state, nameOrArn)
      if (!found) return undefined
      const { computeResources, eksConfiguration } = found.shape
      return {
        arn: found.arn,
        status: found.status,
        ...(computeResources ? { computeResourcesType: computeResources.type } : {}),
        ...(eksConfiguration ? { eks: true } : {}),
      }
    },
    serviceEnvironment(nameOrArn) {
      const found = findServiceEnvironment(state, nameOrArn)
      if (!found) return undefined
      const servedQueues = queuesOf(state, found).map((queue) => ({
        jobQueueName: queue.name,
        policy: policyKind(policyOf(state, queue)),
      }))
      return { arn: found.arn, status: found.status, capacityLimits: found.shape.capacityLimits, servedQueues }
    },
    schedulingPolicy(policyArn) {
      const found = findSchedulingPolicy(state, policyArn)
      return found && { arn: found.arn, kind: policyKind(found)! }
    },
  }
}

function policyKind(policy: SchedulingPolicy | undefined): 'FAIR_SHARE' | 'QUOTA_SHARE' | undefined {
  return policy && (policy.shape.quotaSharePolicy ? 'QUOTA_SHARE' : 'FAIR_SHARE')
}

function fromShape(
  state: State,
  shape: JobQueueDetail,
  tags: Readonly<Record<string, string>>,
  status: JobQueue['status'],
): JobQueue {
  return {
    name: shape.jobQueueName,
    arn: shape.jobQueueArn,
    state: shape.state,
    status,
    statusReason: '',
    priority: shape.priority,
    computeEnvironments: shape.computeEnvironmentOrder.flatMap(
      (entry) => findEnvironment(state, entry.computeEnvironment)?.name ?? [],
    ),
    tags,
    shape,
  }
}
