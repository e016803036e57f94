/**
 * Whether a job queue may be created or updated. The request has passed the shape's JSON schema.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html
 */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type {
  CapacityLimit,
  CEStatus,
  ComputeEnvironmentOrder,
  CRType,
  CreateJobQueueRequest,
  JobQueueDetail,
  JobQueueType,
  ServiceEnvironmentOrder,
  UpdateJobQueueRequest,
} from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'
import { isResourceName } from '../../model/names.ts'
import { type Refusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import { checkTags } from '../../model/tags.ts'
import { isFargate } from '../compute-environment/compute-resources.ts'
import { isChanging } from '../life-cycle.ts'
import { countsInstances, instanceTypesNeeded } from '../service-environment/check.ts'
import { checkTimeLimitActions } from './check-time-limit-actions.ts'

/** What a job queue refers to. */
export interface QueueReferences {
  computeEnvironment(nameOrArn: string): FoundComputeEnvironment | undefined
  serviceEnvironment(nameOrArn: string): FoundServiceEnvironment | undefined
  schedulingPolicy(arn: string): FoundPolicy | undefined
}

interface FoundComputeEnvironment {
  readonly arn: string
  readonly status: CEStatus
  /** Absent for UNMANAGED, which counts as EC2. */
  readonly computeResourcesType?: CRType
  /** Set for an EKS environment. */
  readonly eks?: boolean
}

interface FoundServiceEnvironment {
  readonly arn: string
  readonly status: CEStatus
  readonly capacityLimits: readonly CapacityLimit[]
  /** The queues that refer to it, and the kind of each queue's policy. */
  readonly servedQueues: readonly { readonly jobQueueName: string; readonly policy: PolicyKind | undefined }[]
}

type PolicyKind = 'FAIR_SHARE' | 'QUOTA_SHARE'

interface FoundPolicy {
  readonly arn: string
  readonly kind: PolicyKind
}

export function validateCreateJobQueue(
  request: CreateJobQueueRequest,
  references: QueueReferences,
): Refusal | undefined {
  const serves = isForServiceJobs(request)
  const policy = policyIn(request.schedulingPolicyArn, references)
  const complaint =
    (isResourceName(request.jobQueueName) ? undefined : 'Job Queue name should match a valid pattern.') ??
    checkTags(request.tags) ??
    checkPriority(request.priority) ??
    checkOneKind(request, request.jobQueueType) ??
    (serves
      ? checkServiceEnvironments(request.serviceEnvironmentOrder ?? [], references)
      : checkComputeEnvironments(request.computeEnvironmentOrder ?? [], references)) ??
    checkType(request.jobQueueType, request, references) ??
    checkSchedulingPolicy(request.schedulingPolicyArn, references) ??
    checkQuota(request.jobQueueName, request.serviceEnvironmentOrder ?? [], policy, references) ??
    checkTimeLimitActions(request.jobStateTimeLimitActions, serves ? 'ofServiceEnvironments' : 'ofComputeEnvironments')
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

/** `current` as DescribeJobQueues shows it now, `status` included. */
export function validateUpdateJobQueue(
  current: JobQueueDetail,
  request: UpdateJobQueueRequest,
  references: QueueReferences,
): Refusal | undefined {
  if (isChanging(current.status)) return refuse('Cannot update, resource is being modified')
  const serves = current.jobQueueType === 'SAGEMAKER_TRAINING'
  const { computeEnvironmentOrder: order, serviceEnvironmentOrder: services } = request
  const policy = policyIn(request.schedulingPolicyArn || current.schedulingPolicyArn, references)
  const complaint =
    checkPriority(request.priority) ??
    checkKindKept(current, request) ??
    (services?.length ? checkServiceEnvironments(services, references) : undefined) ??
    (order && !serves ? checkComputeEnvironments(order, references) : undefined) ??
    (order && !serves ? checkType(current.jobQueueType, request, references) : undefined) ??
    checkPolicyChange(current, request.schedulingPolicyArn, references) ??
    checkQuota(current.jobQueueName, services ?? current.serviceEnvironmentOrder ?? [], policy, references) ??
    checkTimeLimitActions(request.jobStateTimeLimitActions, serves ? 'ofServiceEnvironments' : 'ofComputeEnvironments')
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

/** The type that its environments give a queue, for environments that passed. */
export function jobQueueTypeOf(request: Orders, references: Pick<QueueReferences, 'computeEnvironment'>): JobQueueType {
  if (request.serviceEnvironmentOrder?.length) return 'SAGEMAKER_TRAINING'
  const found = (request.computeEnvironmentOrder ?? []).map((it) =>
    references.computeEnvironment(it.computeEnvironment),
  )
  if (found.some((environment) => environment?.eks)) return 'EKS'
  return found.some((environment) => isFargate(environment?.computeResourcesType)) ? 'ECS_FARGATE' : 'ECS'
}

type Orders = Pick<CreateJobQueueRequest, 'computeEnvironmentOrder' | 'serviceEnvironmentOrder'>

function isForServiceJobs({ jobQueueType, serviceEnvironmentOrder }: CreateJobQueueRequest): boolean {
  return jobQueueType === 'SAGEMAKER_TRAINING' || (serviceEnvironmentOrder?.length ?? 0) > 0
}

function policyIn(arn: string | undefined, references: QueueReferences): FoundPolicy | undefined {
  return arn === undefined ? undefined : references.schedulingPolicy(arn)
}

/** CloudFormation and the console have this range. */
function checkPriority(priority: number | undefined): Complaint {
  return priority === undefined || (priority >= 0 && priority <= 1000)
    ? undefined
    : `Job Queue priority must be between 0 and 1000, got ${priority}.`
}

/** A queue has environments of one kind, and keeps that kind. */
function checkOneKind(request: Orders, type: JobQueueType | undefined): Complaint {
  const given = (request.serviceEnvironmentOrder?.length ?? 0) > 0
  if (type === 'SAGEMAKER_TRAINING' && !given) {
    return 'Job queues of type SAGEMAKER_TRAINING must have serviceEnvironmentOrder.'
  }
  return given && request.computeEnvironmentOrder?.length
    ? 'computeEnvironmentOrder and serviceEnvironmentOrder cannot both be set.'
    : undefined
}

function checkKindKept(current: JobQueueDetail, request: Orders): Complaint {
  if (current.jobQueueType !== 'SAGEMAKER_TRAINING')
    return request.serviceEnvironmentOrder?.length
      ? 'serviceEnvironmentOrder is only applicable for job queues of type SAGEMAKER_TRAINING.'
      : undefined
  if (request.computeEnvironmentOrder?.length)
    return 'computeEnvironmentOrder is not applicable for job queues of type SAGEMAKER_TRAINING.'
  return request.serviceEnvironmentOrder?.length === 0
    ? 'Job queues of type SAGEMAKER_TRAINING must have serviceEnvironmentOrder.'
    : undefined
}

function checkServiceEnvironments(order: readonly ServiceEnvironmentOrder[], references: QueueReferences): Complaint {
  if (order.length > limits.serviceEnvironmentsPerQueue)
    return `serviceEnvironmentOrder must have exactly ${limits.serviceEnvironmentsPerQueue} service environment.`
  const found = order.map((entry) => references.serviceEnvironment(entry.serviceEnvironment))
  return found.every((environment) => environment?.status === 'VALID' || environment?.status === 'UPDATING')
    ? undefined
    : 'Service environments must be created and valid before attaching them to a job queue.'
}

/**
 * Quota shares divide a service environment among them. The environment counts instances by type,
 * and serves no other queue (docs/aws §9.8).
 */
function checkQuota(
  jobQueueName: string,
  order: readonly ServiceEnvironmentOrder[],
  policy: FoundPolicy | undefined,
  references: QueueReferences,
): Complaint {
  const quota = policy?.kind === 'QUOTA_SHARE'
  if (quota && order.length === 0)
    return 'Quota Management feature is only supported for SageMaker Training job queues.'
  return firstComplaint(order, ({ serviceEnvironment }) => {
    const found = references.serviceEnvironment(serviceEnvironment)
    if (quota && countsInstances(found?.capacityLimits ?? [])) return instanceTypesNeeded
    const others = (found?.servedQueues ?? []).filter((queue) => queue.jobQueueName !== jobQueueName)
    const hindering = quota ? others[0] : others.find((queue) => queue.policy === 'QUOTA_SHARE')
    return (
      hindering &&
      `Service environment ${serviceEnvironment} is attached to job queue ${hindering.jobQueueName}. With a quota share scheduling policy it can serve only one job queue.`
    )
  })
}

function checkComputeEnvironments(order: readonly ComputeEnvironmentOrder[], references: QueueReferences): Complaint {
  if (order.length < 1 || order.length > limits.computeEnvironmentsPerQueue) {
    return `computeEnvironmentOrder must have between 1 and ${limits.computeEnvironmentsPerQueue} compute environments.`
  }
  if (new Set(order.map((entry) => entry.order)).size < order.length) {
    return 'Duplicate ComputeEnvironment order values.'
  }
  const found = order.map((entry) => references.computeEnvironment(entry.computeEnvironment))
  // An environment that is being updated was valid before and is about to be valid again.
  if (!found.every((environment) => environment?.status === 'VALID' || environment?.status === 'UPDATING')) {
    return 'Compute Environments must be created and valid before attaching them to a job queue'
  }
  if (new Set(found.map((environment) => environment?.arn)).size < order.length) {
    return 'Duplicate ComputeEnvironment values.'
  }
  const eks = found.filter((environment) => environment?.eks)
  if (eks.length > 0 && eks.length < found.length) return 'EKS and ECS compute environments can not be mixed.'
  const fargate = found.filter((environment) => isFargate(environment?.computeResourcesType))
  return fargate.length > 0 && fargate.length < found.length
    ? 'Fargate and EC2 compute environments can not be mixed.'
    : undefined
}

function checkType(type: JobQueueType | undefined, orders: Orders, references: QueueReferences): Complaint {
  const actual = jobQueueTypeOf(orders, references)
  if (type === undefined || type === actual) return undefined
  const environments = actual === 'SAGEMAKER_TRAINING' ? 'service environments' : 'compute environments'
  return `Job queue type ${type} does not match its ${environments}, which are of type ${actual}.`
}

function checkSchedulingPolicy(arn: string | undefined, references: QueueReferences): Complaint {
  return arn === undefined || references.schedulingPolicy(arn) ? undefined : `SchedulingPolicy ${arn} not found.`
}

/**
 * A policy may be replaced by another of the same kind. A queue never gains or loses one (docs/aws
 * §9.1).
 */
function checkPolicyChange(current: JobQueueDetail, arn: string | undefined, references: QueueReferences): Complaint {
  if (arn === undefined) return undefined
  if (current.schedulingPolicyArn === undefined)
    return arn === '' ? undefined : 'A scheduling policy cannot be added to a job queue that was created without one.'
  if (arn === '') return 'The scheduling policy of a job queue cannot be removed, only replaced.'
  const after = references.schedulingPolicy(arn)
  if (!after) return `SchedulingPolicy ${arn} not found.`
  return policyIn(current.schedulingPolicyArn, references)?.kind === after.kind
    ? undefined
    : 'The scheduling policy of a job queue cannot be switched between fair-share and quota share.'
}
