/**
 * The life of a service environment: CREATING → VALID, UPDATING, DISABLED before delete, DELETING →
 * gone (docs/aws §9.9).
 */

import type { ServiceEnvironment } from '../../model/account-resource.ts'
import { arn } from '../../model/arn.ts'
import type {
  CreateServiceEnvironmentRequest,
  CreateServiceEnvironmentResponse,
  UpdateServiceEnvironmentRequest,
  UpdateServiceEnvironmentResponse,
} from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'
import { refuse, refuseWrapped } from '../../model/refusal.ts'
import { accept, type Command, events, nothing } from '../decision.ts'
import { isChanging } from '../life-cycle.ts'
import { serviceEnvironmentNotFound } from '../reference.ts'
import { policyOf } from '../state/policy-of.ts'
import { validateCreateServiceEnvironment, validateUpdateServiceEnvironment } from './check.ts'
import { describeServiceEnvironment, findServiceEnvironment, queuesOf } from './read.ts'

export function createServiceEnvironment(
  request: CreateServiceEnvironmentRequest,
): Command<CreateServiceEnvironmentResponse> {
  return (state, { now }) => {
    const refusal = validateCreateServiceEnvironment(request)
    if (refusal) return refusal
    const { serviceEnvironmentName: name, serviceEnvironmentType, capacityLimits } = request
    const serviceEnvironmentArn = arn(state.account, 'service-environment', name)
    if (state.serviceEnvironments.has(serviceEnvironmentArn)) return refuse('Object already exists', 409)
    if (state.serviceEnvironments.size >= limits.serviceEnvironments)
      return refuseWrapped(
        `There are ${limits.serviceEnvironments} service environments, the most an account may have.`,
      )
    const resource: ServiceEnvironment = {
      kind: 'service-environment',
      name,
      arn: serviceEnvironmentArn,
      tags: request.tags ?? {},
      createdAtMs: now,
      state: request.state ?? 'ENABLED',
      status: 'CREATING',
      shape: { serviceEnvironmentName: name, serviceEnvironmentArn, serviceEnvironmentType, capacityLimits },
    }
    return accept({ serviceEnvironmentName: name, serviceEnvironmentArn }, [{ type: 'resourceChanged', resource }])
  }
}

export function updateServiceEnvironment(
  request: UpdateServiceEnvironmentRequest,
): Command<UpdateServiceEnvironmentResponse> {
  return (state) => {
    const current = findServiceEnvironment(state, request.serviceEnvironment)
    if (!current) return serviceEnvironmentNotFound(request.serviceEnvironment)
    const hasQuotaShares = queuesOf(state, current).some((queue) => policyOf(state, queue)?.shape.quotaSharePolicy)
    const refusal = validateUpdateServiceEnvironment(describeServiceEnvironment(current), request, hasQuotaShares)
    if (refusal) return refusal
    const { capacityLimits = current.shape.capacityLimits } = request
    const resource: ServiceEnvironment = {
      ...current,
      state: request.state ?? current.state,
      status: 'UPDATING',
      shape: { ...current.shape, capacityLimits },
    }
    return accept({ serviceEnvironmentName: current.name, serviceEnvironmentArn: current.arn }, [
      { type: 'resourceChanged', resource },
    ])
  }
}

export function deleteServiceEnvironment(reference: string): Command {
  return (state) => {
    const current = findServiceEnvironment(state, reference)
    if (!current) return serviceEnvironmentNotFound(reference)
    if (current.status === 'DELETING') return nothing('it is being deleted already')
    if (isChanging(current.status)) return refuse('Cannot delete, resource is being modified')
    if (current.state !== 'DISABLED') return refuse('Cannot delete, state must be DISABLED')
    if (queuesOf(state, current).length > 0) return refuse('Cannot delete, found existing JobQueue relationship')
    return events({ type: 'resourceChanged', resource: { ...current, status: 'DELETING' } })
  }
}
