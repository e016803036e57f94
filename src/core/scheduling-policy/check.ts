/**
 * Whether a scheduling policy may be created or updated. The request has passed the shape's JSON schema.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateSchedulingPolicy.html
 */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type {
  CreateSchedulingPolicyRequest,
  FairsharePolicy,
  SchedulingPolicyDetail,
  ShareAttributes,
  UpdateSchedulingPolicyRequest,
} from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'
import { isResourceName, isShareIdentifier } from '../../model/names.ts'
import { type Refusal, refuseWrapped } from '../../model/refusal.ts'
import { checkTags } from '../../model/tags.ts'

export function validateCreateSchedulingPolicy(request: CreateSchedulingPolicyRequest): Refusal | undefined {
  const complaint =
    (isResourceName(request.name) ? undefined : 'Scheduling policy name should match a valid pattern.') ??
    checkTags(request.tags) ??
    checkOneKind(request) ??
    checkFairshare(request.fairsharePolicy)
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

/**
 * `current` is as DescribeSchedulingPolicies shows it. A policy keeps the kind it was created with.
 */
export function validateUpdateSchedulingPolicy(
  current: SchedulingPolicyDetail,
  request: UpdateSchedulingPolicyRequest,
): Refusal | undefined {
  const complaint =
    checkOneKind(request) ??
    (request.quotaSharePolicy && !current.quotaSharePolicy
      ? 'A fairsharePolicy cannot be changed to a quotaSharePolicy.'
      : undefined) ??
    (request.fairsharePolicy && !current.fairsharePolicy
      ? 'A quotaSharePolicy cannot be changed to a fairsharePolicy.'
      : undefined) ??
    checkFairshare(request.fairsharePolicy)
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

/** A policy that names neither kind is a fair-share policy in which all shares weigh the same. */
export function normalisePolicy(
  request: CreateSchedulingPolicyRequest | UpdateSchedulingPolicyRequest,
): Pick<SchedulingPolicyDetail, 'fairsharePolicy' | 'quotaSharePolicy'> {
  if (request.quotaSharePolicy) return { quotaSharePolicy: request.quotaSharePolicy }
  return {
    fairsharePolicy: { shareDecaySeconds: 0, computeReservation: 0, shareDistribution: [], ...request.fairsharePolicy },
  }
}

function checkOneKind(request: CreateSchedulingPolicyRequest | UpdateSchedulingPolicyRequest): Complaint {
  return request.fairsharePolicy && request.quotaSharePolicy
    ? 'Only one of fairsharePolicy or quotaSharePolicy can be set.'
    : undefined
}

function checkFairshare(policy: FairsharePolicy | undefined): Complaint {
  const { shareDecaySeconds = 0, computeReservation = 0, shareDistribution = [] } = policy ?? {}
  if (shareDecaySeconds < 0 || shareDecaySeconds > limits.shareDecaySeconds)
    return `Share decay seconds should be between 0 and ${limits.shareDecaySeconds}.`
  if (computeReservation < 0 || computeReservation > 99) return 'Compute reservation should be between 0 and 99.'
  if (shareDistribution.length > limits.shareDistributionEntries)
    return `ShareDistribution size cannot be greater than ${limits.shareDistributionEntries}.`
  return firstComplaint(shareDistribution, checkShare) ?? checkOverlap(shareDistribution)
}

function checkShare({ shareIdentifier, weightFactor = 1 }: ShareAttributes): Complaint {
  if (!isShareIdentifier(shareIdentifier.replace(/\*$/, '')))
    return 'ShareIdentifier name should match a valid pattern.'
  return weightFactor >= 0.0001 && weightFactor <= 999.9999
    ? undefined
    : 'Weight factor should be between 0.0001 and 999.9999.'
}

/** No entry may cover another: each share has one weight. */
function checkOverlap(shares: readonly ShareAttributes[]): Complaint {
  return firstComplaint(shares, ({ shareIdentifier: one }, index) => {
    const other = shares
      .slice(0, index)
      .find(({ shareIdentifier }) => covers(shareIdentifier, one) || covers(one, shareIdentifier))
    return other && `Share identifier ${one} matches another share identifier ${other.shareIdentifier}`
  })
}

function covers(pattern: string, identifier: string): boolean {
  return pattern.endsWith('*') ? identifier.startsWith(pattern.slice(0, -1)) : pattern === identifier
}
