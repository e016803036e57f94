/**
 * Whether a quota share may be created or updated. The request has passed the shape's JSON schema.
 * https://docs.aws.amazon.com/batch/latest/userguide/quota-shares.html
 */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type {
  CapacityLimit,
  CreateQuotaShareRequest,
  QuotaShareCapacityLimit,
  QuotaShareDetail,
  QuotaShareResourceSharingConfiguration,
  UpdateQuotaShareRequest,
} from '../../model/generated/batch.ts'
import { isResourceName } from '../../model/names.ts'
import { type Refusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import { checkTags } from '../../model/tags.ts'
import { isChanging } from '../life-cycle.ts'
import { checkInstanceType, checkSizes, checkUnitsDiffer } from '../service-environment/check.ts'

/** `offered` are the capacity limits of the service environment of its queue. */
export function validateCreateQuotaShare(
  request: CreateQuotaShareRequest,
  offered: readonly CapacityLimit[],
): Refusal | undefined {
  const complaint =
    (isResourceName(request.quotaShareName) ? undefined : 'Quota share name should match a valid pattern.') ??
    checkTags(request.tags) ??
    checkQuota(request.capacityLimits, offered) ??
    checkSharing(request.resourceSharingConfiguration)
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

/** `current` as DescribeQuotaShare shows it. */
export function validateUpdateQuotaShare(
  current: QuotaShareDetail,
  request: UpdateQuotaShareRequest,
  offered: readonly CapacityLimit[],
): Refusal | undefined {
  if (isChanging(current.status)) return refuse('Cannot update, resource is being modified')
  const { capacityLimits, resourceSharingConfiguration } = request
  const complaint =
    (capacityLimits && checkQuota(capacityLimits, offered)) ??
    (resourceSharingConfiguration && checkSharing(resourceSharingConfiguration))
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

/** As it is shown: unlimited borrowing is −1. */
export function normaliseSharing(
  sharing: QuotaShareResourceSharingConfiguration,
): QuotaShareResourceSharingConfiguration {
  return sharing.strategy === 'LEND_AND_BORROW' ? { borrowLimit: -1, ...sharing } : sharing
}

function checkQuota(capacityLimits: readonly QuotaShareCapacityLimit[], offered: readonly CapacityLimit[]): Complaint {
  if (capacityLimits.length === 0) return 'At least one capacity limit is required.'
  return (
    checkSizes(capacityLimits) ??
    firstComplaint(
      capacityLimits,
      ({ capacityUnit }) =>
        checkInstanceType(capacityUnit) ??
        (offered.some((limit) => limit.capacityUnit === capacityUnit)
          ? undefined
          : `Capacity unit ${capacityUnit} is not among the capacity limits of the service environment of the job queue.`),
    ) ??
    checkUnitsDiffer(capacityLimits)
  )
}

function checkSharing({ strategy, borrowLimit }: QuotaShareResourceSharingConfiguration): Complaint {
  if (borrowLimit === undefined) return undefined
  if (strategy !== 'LEND_AND_BORROW') return 'borrowLimit is only applicable for the strategy LEND_AND_BORROW.'
  return borrowLimit >= -1 ? undefined : `borrowLimit must be at least -1, got ${borrowLimit}.`
}
