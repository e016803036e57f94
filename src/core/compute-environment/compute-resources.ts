/**
 * The `computeResources` of a managed compute environment, created or updated. It is as tolerant as
 * AWS Batch: roles, subnets, security groups and images are kept and returned, not looked up
 * (docs/aws §1.7, §10).
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html
 */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type { ComputeResource, ComputeResourceUpdate, CRType, Ec2Configuration } from '../../model/generated/batch.ts'
import { checkInstanceTypes, isBundle } from './instance-types.ts'

export type AnyComputeResources = ComputeResource | ComputeResourceUpdate

export function isFargate(type: CRType | undefined): boolean {
  return type === 'FARGATE' || type === 'FARGATE_SPOT'
}

/**
 * Checks the given members, whether these are all or only the changed ones. `type` is the resulting
 * type.
 */
export function checkComputeResources(resources: AnyComputeResources, type: CRType): Complaint {
  return (
    (isFargate(type) ? checkFargateResources(resources) : undefined) ??
    checkInstanceTypes(resources.instanceTypes) ??
    checkAllocationStrategy(resources) ??
    checkBidPercentage(resources.bidPercentage) ??
    checkScalingPolicy(resources.scalingPolicy?.minScaleDownDelayMinutes) ??
    checkLaunchTemplate(resources) ??
    firstComplaint(resources.ec2Configuration, checkImage)
  )
}

/** Checks the resulting environment, because an update may give only one of the three. */
export function checkCapacity(minvCpus: number, maxvCpus: number, desiredvCpus: number | undefined): Complaint {
  if (minvCpus < 0) return `minvCpus must be at least 0, got ${minvCpus}.`
  if (maxvCpus < minvCpus) return `maxvCpus should not be less than minvCpus, got ${maxvCpus} and ${minvCpus}.`
  return desiredvCpus !== undefined && (desiredvCpus < minvCpus || desiredvCpus > maxvCpus)
    ? 'desiredvCpus should be between minvCpus and maxvCpus.'
    : undefined
}

const ec2Only = [
  'allocationStrategy',
  'minvCpus',
  'desiredvCpus',
  'instanceTypes',
  'imageId',
  'ec2KeyPair',
  'instanceRole',
  'tags',
  'placementGroup',
  'bidPercentage',
  'spotIamFleetRole',
  'launchTemplate',
  'ec2Configuration',
  'scalingPolicy',
] as const

function checkFargateResources(resources: AnyComputeResources): Complaint {
  const given: Partial<Record<string, unknown>> = { ...resources }
  const refused = ec2Only.find((member) => !isEmpty(given[member]))
  if (refused) return `${refused} is not applicable for Fargate.`
  if ((resources.securityGroupIds?.length ?? 0) > 5) return 'Fargate supports a maximum of 5 security groups.'
  return (resources.subnets?.length ?? 0) > 16 ? 'Fargate supports a maximum of 16 subnets.' : undefined
}

function checkAllocationStrategy({ allocationStrategy: strategy, instanceTypes }: AnyComputeResources): Complaint {
  const ordered = strategy === 'BEST_FIT_PROGRESSIVE_ORDERED' || strategy === 'SPOT_CAPACITY_OPTIMIZED_PRIORITIZED'
  return ordered && instanceTypes?.some(isBundle)
    ? 'Instance type bundles (e.g. optimal, default_x86_64) are not allowed for ' +
        `${strategy} allocation strategy. Specify instance families or types directly.`
    : undefined
}

function checkBidPercentage(percent: number | undefined): Complaint {
  return percent === undefined || (percent >= 0 && percent <= 100)
    ? undefined
    : `bidPercentage must be between 0 and 100, got ${percent}.`
}

function checkScalingPolicy(minutes: number | undefined): Complaint {
  return minutes === undefined || minutes === 0 || (minutes >= 20 && minutes <= 10_080)
    ? undefined
    : `minScaleDownDelayMinutes must be 0 or between 20 and 10080, got ${minutes}.`
}

function checkLaunchTemplate({ launchTemplate }: AnyComputeResources): Complaint {
  const overrides = launchTemplate?.overrides ?? []
  if (overrides.length > 10) return 'LaunchTemplate.overrides size cannot be greater than 10'
  return firstComplaint(overrides, ({ targetInstanceTypes }) =>
    targetInstanceTypes?.length ? undefined : 'LaunchTemplate.overrides.targetInstanceTypes[] is required',
  )
}

/** The lists of image types and of Kubernetes versions grow with the years. Their forms do not. */
function checkImage({ imageType, imageKubernetesVersion: version }: Ec2Configuration): Complaint {
  if (!/^(ECS|EKS)_[A-Z0-9_]+$/.test(imageType)) return 'Invalid imageType in ComputeResources.ec2Configuration'
  return version === undefined || /^1\.[1-9][0-9]$/.test(version)
    ? undefined
    : 'At least one imageKubernetesVersion in EC2Configuration is not supported.'
}

/**
 * Terraform and CloudFormation send empty lists, maps and strings for omitted members. Zero is not
 * empty.
 */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '') return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
