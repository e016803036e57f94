/**
 * Scheduling policies. They have no life cycle; it only matters whether a queue uses them (docs/aws
 * §9.3, §9.8).
 */

import type { SchedulingPolicy } from '../../model/account-resource.ts'
import { arn } from '../../model/arn.ts'
import type {
  CreateSchedulingPolicyRequest,
  CreateSchedulingPolicyResponse,
  UpdateSchedulingPolicyRequest,
} from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'
import { refuse, refuseWrapped } from '../../model/refusal.ts'
import { accept, type Command, events } from '../decision.ts'
import { schedulingPolicyNotFound } from '../reference.ts'
import { normalisePolicy, validateCreateSchedulingPolicy, validateUpdateSchedulingPolicy } from './check.ts'
import { findSchedulingPolicy } from './read.ts'

export function createSchedulingPolicy(
  request: CreateSchedulingPolicyRequest,
): Command<CreateSchedulingPolicyResponse> {
  return (state, { now }) => {
    const refusal = validateCreateSchedulingPolicy(request)
    if (refusal) return refusal
    const { name } = request
    const policyArn = arn(state.account, 'scheduling-policy', name)
    if (state.schedulingPolicies.has(policyArn)) return refuse('Object already exists', 409)
    if (state.schedulingPolicies.size >= limits.schedulingPolicies)
      return refuseWrapped(`There are ${limits.schedulingPolicies} scheduling policies, the most an account may have.`)
    const resource: SchedulingPolicy = {
      kind: 'scheduling-policy',
      name,
      arn: policyArn,
      tags: request.tags ?? {},
      createdAtMs: now,
      shape: { name, arn: policyArn, ...normalisePolicy(request) },
    }
    return accept({ name, arn: policyArn }, [{ type: 'resourceChanged', resource }])
  }
}

/** The given policy replaces the old one as a whole. */
export function updateSchedulingPolicy(request: UpdateSchedulingPolicyRequest): Command {
  return (state) => {
    const current = findSchedulingPolicy(state, request.arn)
    if (!current) return schedulingPolicyNotFound(request.arn)
    const refusal = validateUpdateSchedulingPolicy(current.shape, request)
    if (refusal) return refusal
    const given = request.fairsharePolicy || request.quotaSharePolicy ? normalisePolicy(request) : {}
    const resource: SchedulingPolicy = { ...current, shape: { ...current.shape, ...given } }
    return events({ type: 'resourceChanged', resource })
  }
}

export function deleteSchedulingPolicy(policyArn: string): Command {
  return (state) => {
    const current = findSchedulingPolicy(state, policyArn)
    if (!current) return schedulingPolicyNotFound(policyArn)
    for (const jobQueue of state.jobQueues.values())
      if (jobQueue.shape.schedulingPolicyArn === current.arn)
        return refuse('Cannot delete, found existing JobQueue relationship')
    return events({ type: 'resourceGone', kind: current.kind, arn: current.arn })
  }
}
