/**
 * A compute environment as DescribeComputeEnvironments shows it: newly created, or with an update
 * merged in.
 */
import type {
  ComputeEnvironmentDetail,
  ComputeResource,
  ComputeResourceUpdate,
  CreateComputeEnvironmentRequest,
  LaunchTemplateSpecification,
  UpdateComputeEnvironmentRequest,
  UpdatePolicy,
} from '../../model/generated/batch.ts'
import { isFargate } from './compute-resources.ts'

export interface EnvironmentIdentity {
  readonly arn: string
  readonly uuid: string
  readonly ecsClusterArn: string
}

/**
 * Expects a request that passed `validateCreateComputeEnvironment`. The caller overlays state,
 * status and desiredvCpus.
 */
export function normaliseComputeEnvironment(
  request: CreateComputeEnvironmentRequest,
  { arn, uuid, ecsClusterArn }: EnvironmentIdentity,
): ComputeEnvironmentDetail {
  const { computeResources, ...asGiven } = request
  return {
    ...asGiven,
    computeEnvironmentArn: arn,
    ...(request.eksConfiguration ? {} : { ecsClusterArn }),
    uuid,
    state: 'ENABLED',
    tags: request.tags ?? {},
    containerOrchestrationType: request.eksConfiguration ? 'EKS' : 'ECS',
    ...(computeResources && request.type === 'MANAGED' && { computeResources: normaliseResources(computeResources) }),
  }
}

/**
 * Only what the update gives changes; lists and maps are replaced whole. Expects a request that
 * passed `validateUpdateComputeEnvironment`.
 */
export function mergeComputeEnvironment(
  current: ComputeEnvironmentDetail,
  request: UpdateComputeEnvironmentRequest,
): ComputeEnvironmentDetail {
  const { computeEnvironment: _, computeResources, updatePolicy, ecsSettings, ...given } = request
  return {
    ...current,
    ...given,
    ...(ecsSettings && { ecsSettings: { ...current.ecsSettings, ...ecsSettings } }),
    ...(updatePolicy && { updatePolicy: mergeUpdatePolicy(current.updatePolicy, updatePolicy) }),
    ...(computeResources &&
      current.computeResources && { computeResources: mergeResources(current.computeResources, computeResources) }),
  }
}

function normaliseResources(resources: ComputeResource): ComputeResource {
  return {
    ...resources,
    subnets: resources.subnets ?? [],
    securityGroupIds: resources.securityGroupIds ?? [],
    tags: resources.tags ?? {},
    ...(!isFargate(resources.type) && { instanceTypes: resources.instanceTypes ?? [] }),
  }
}

/** An empty string removes the member (docs/aws §10.6). */
const clearable = ['imageId', 'ec2KeyPair', 'placementGroup'] as const

function mergeResources(current: ComputeResource, update: ComputeResourceUpdate): ComputeResource {
  // Managed instances are not built; updateToLatestImageVersion is a command, not a member.
  const { updateToLatestImageVersion: _, managedInstancesProvider: __, ...given } = update
  const merged: ComputeResource = { ...current, ...given }
  for (const member of clearable) if (merged[member] === '') delete merged[member]
  if (update.launchTemplate && namesNone(update.launchTemplate)) delete merged.launchTemplate
  return merged
}

function namesNone({ launchTemplateId, launchTemplateName, overrides }: LaunchTemplateSpecification): boolean {
  return !launchTemplateId && !launchTemplateName && !overrides?.length
}

/** AWS's defaults if neither says otherwise: jobs may run on for half an hour. */
function mergeUpdatePolicy(current: UpdatePolicy | undefined, update: UpdatePolicy): UpdatePolicy {
  return { terminateJobsOnUpdate: false, jobExecutionTimeoutMinutes: 30, ...current, ...update }
}
