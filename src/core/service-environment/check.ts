/**
 * Whether a service environment may be created or updated. The request has passed the shape's JSON schema.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateServiceEnvironment.html
 */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type {
  CapacityLimit,
  CreateServiceEnvironmentRequest,
  ServiceEnvironmentDetail,
  UpdateServiceEnvironmentRequest,
} from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'
import { isResourceName } from '../../model/names.ts'
import { type Refusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import { checkTags } from '../../model/tags.ts'
import { isChanging } from '../life-cycle.ts'

export function validateCreateServiceEnvironment(request: CreateServiceEnvironmentRequest): Refusal | undefined {
  const complaint =
    (isResourceName(request.serviceEnvironmentName)
      ? undefined
      : 'Service environment name should match a valid pattern.') ??
    checkTags(request.tags) ??
    checkCapacityLimits(request.capacityLimits)
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

/**
 * `current` is as DescribeServiceEnvironments shows it. `hasQuotaShares`: the queue that it serves
 * has a quota share policy.
 */
export function validateUpdateServiceEnvironment(
  current: ServiceEnvironmentDetail,
  request: UpdateServiceEnvironmentRequest,
  hasQuotaShares: boolean,
): Refusal | undefined {
  if (isChanging(current.status)) return refuse('Cannot update, resource is being modified')
  const complaint =
    (request.capacityLimits && checkCapacityLimits(request.capacityLimits)) ??
    (hasQuotaShares && request.capacityLimits && countsInstances(request.capacityLimits)
      ? instanceTypesNeeded
      : undefined)
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

export const instanceTypesNeeded =
  'The service environment of a job queue with a quota share scheduling policy must have capacity limits by instance type, not NUM_INSTANCES.'

/** Whether the limit counts instances of all types together, not each type by itself. */
export function countsInstances(capacityLimits: readonly CapacityLimit[]): boolean {
  return capacityLimits.some(isInstances)
}

/** The member may be omitted. */
function isInstances({ capacityUnit = 'NUM_INSTANCES' }: CapacityLimit): boolean {
  return capacityUnit === 'NUM_INSTANCES'
}

function checkCapacityLimits(capacityLimits: readonly CapacityLimit[]): Complaint {
  if (capacityLimits.length === 0) return 'At least one capacity limit is required.'
  return (
    checkSizes(capacityLimits) ??
    firstComplaint(capacityLimits, (limit) =>
      isInstances(limit) ? undefined : checkInstanceType(limit.capacityUnit ?? ''),
    ) ??
    (countsInstances(capacityLimits) && !capacityLimits.every(isInstances)
      ? 'Capacity units must specify either number of instances OR instance type'
      : undefined) ??
    checkUnitsDiffer(capacityLimits)
  )
}

export function checkSizes(capacityLimits: readonly CapacityLimit[]): Complaint {
  if (capacityLimits.length > limits.capacityLimits)
    return `Number of capacity limits exceeds ${limits.capacityLimits}.`
  return firstComplaint(capacityLimits, ({ maxCapacity = 0 }) =>
    maxCapacity > 0 ? undefined : 'Max capacity must be more than 0.',
  )
}

/** Checks the form only: SageMaker knows which types exist. */
export function checkInstanceType(capacityUnit: string): Complaint {
  return /^ml\.[a-z0-9-]{1,32}\.[a-z0-9-]{1,32}$/.test(capacityUnit)
    ? undefined
    : `Capacity unit '${capacityUnit}' is not valid. Valid capacity units: NUM_INSTANCES, or an instance type such as ml.m5.large.`
}

export function checkUnitsDiffer(capacityLimits: readonly CapacityLimit[]): Complaint {
  const units = capacityLimits.map(({ capacityUnit = 'NUM_INSTANCES' }) => capacityUnit)
  const twice = units.find((unit, index) => units.indexOf(unit) < index)
  return twice === undefined ? undefined : `Duplicate capacity unit ${twice}.`
}
