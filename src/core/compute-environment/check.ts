/**
 * Whether a compute environment may be created or updated. The request has passed the shape's JSON schema.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateComputeEnvironment.html
 */
import type { Complaint } from '../../model/complaint.ts'
import type {
  ComputeEnvironmentDetail,
  ComputeResourceUpdate,
  CRType,
  CreateComputeEnvironmentRequest,
  EksConfiguration,
  UpdateComputeEnvironmentRequest,
} from '../../model/generated/batch.ts'
import { isResourceName } from '../../model/names.ts'
import { type Refusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import { checkTags } from '../../model/tags.ts'
import { isChanging } from '../life-cycle.ts'
import { checkCapacity, checkComputeResources, isFargate } from './compute-resources.ts'

export function validateCreateComputeEnvironment(request: CreateComputeEnvironmentRequest): Refusal | undefined {
  const complaint =
    (isResourceName(request.computeEnvironmentName)
      ? undefined
      : 'Compute Environment name should match a valid pattern.') ??
    (request.state === 'DISABLED' ? 'Compute Environment must be created in ENABLED state.' : undefined) ??
    checkTags(request.tags) ??
    (request.type === 'MANAGED' ? checkManaged(request) : checkUnmanaged(request))
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

/** `current` as DescribeComputeEnvironments shows it now, `status` and `desiredvCpus` included. */
export function validateUpdateComputeEnvironment(
  current: ComputeEnvironmentDetail,
  request: UpdateComputeEnvironmentRequest,
): Refusal | undefined {
  if (isChanging(current.status)) return refuse('Cannot update, resource is being modified')
  const complaint =
    checkUnmanagedvCpus(current.type, request.unmanagedvCpus) ??
    (request.computeResources && checkResourcesUpdate(current, request.computeResources))
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

function checkManaged(request: CreateComputeEnvironmentRequest): Complaint {
  const { computeResources: resources, eksConfiguration } = request
  if (!resources) return 'ComputeResources is required.'
  const { type, minvCpus, maxvCpus, desiredvCpus, instanceRole } = resources
  if (type === 'ECS_MANAGED_INSTANCES') return notBuilt('ECS_MANAGED_INSTANCES compute environments')
  return (
    (eksConfiguration && checkEks(eksConfiguration, type)) ??
    checkUnmanagedvCpus('MANAGED', request.unmanagedvCpus) ??
    checkComputeResources(resources, type) ??
    (isFargate(type) || instanceRole ? undefined : 'Instance role is required.') ??
    (isFargate(type) || minvCpus !== undefined ? undefined : 'Resource minvCpus is required.') ??
    checkCapacity(minvCpus ?? 0, maxvCpus, desiredvCpus)
  )
}

/**
 * For an unmanaged environment AWS ignores computeResources, and makes a role of its own if none is
 * given.
 */
function checkUnmanaged(request: CreateComputeEnvironmentRequest): Complaint {
  if (request.eksConfiguration) return 'eksConfiguration is not applicable for UNMANAGED compute environments.'
  return checkUnmanagedvCpus('UNMANAGED', request.unmanagedvCpus)
}

function checkUnmanagedvCpus(type: ComputeEnvironmentDetail['type'], vcpus: number | undefined): Complaint {
  if (vcpus === undefined) return undefined
  if (type !== 'UNMANAGED') return 'unmanagedvCpus is only applicable for UNMANAGED compute environments.'
  return vcpus >= 0 ? undefined : `unmanagedvCpus must be at least 0, got ${vcpus}.`
}

function checkResourcesUpdate(current: ComputeEnvironmentDetail, update: ComputeResourceUpdate): Complaint {
  const before = current.computeResources
  if (!before) return 'computeResources is not applicable for UNMANAGED compute environments.'
  const type = update.type ?? before.type
  const minvCpus = update.minvCpus ?? before.minvCpus ?? 0
  return (
    checkTypeChange(before.type, type) ??
    checkComputeResources(update, type) ??
    checkCapacity(minvCpus, update.maxvCpus ?? before.maxvCpus, update.desiredvCpus) ??
    ((update.desiredvCpus ?? Number.POSITIVE_INFINITY) < (before.desiredvCpus ?? 0)
      ? // The two spaces are AWS's.
        'Manually scaling down compute environment is not supported.  Disconnecting job queues from compute environment will cause it to scale-down to minvCpus.'
      : undefined)
  )
}

/** EC2 and SPOT may be exchanged for each other, and so may FARGATE and FARGATE_SPOT. */
function checkTypeChange(before: CRType, after: CRType): Complaint {
  const movable = isFargate(before) === isFargate(after) && after !== 'ECS_MANAGED_INSTANCES'
  return before === after || movable
    ? undefined
    : `Compute environment type cannot be changed from ${before} to ${after}.`
}

/** The cluster is kept and shown. Pods run where the environment's driver puts them. */
function checkEks({ eksClusterArn, kubernetesNamespace: namespace }: EksConfiguration, type: CRType): Complaint {
  if (isFargate(type)) return `Compute resources of type ${type} are not applicable for EKS compute environments.`
  if (!/^arn:aws[a-z-]*:eks:[a-z0-9-]+:[0-9]{12}:cluster\/.+$/.test(eksClusterArn)) {
    return 'eksClusterArn must be an EKS cluster ARN.'
  }
  const legal = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace) && !/^(default$|kube-)/.test(namespace)
  return legal ? undefined : `kubernetesNamespace ${namespace} is not valid.`
}

function notBuilt(what: string): string {
  return `${what} are not built in this version of openbatch`
}
