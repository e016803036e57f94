/**
 * Whether a job queue may be created or updated. The request has passed the shape's JSON schema.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html
 */
import type { Complaint } from '../../model/complaint.ts'
import type {
  CEStatus,
  ComputeEnvironmentOrder,
  CRType,
  CreateJobQueueRequest,
  JobQueueDetail,
  JobQueueType,
  UpdateJobQueueRequest,
} from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'
import { isResourceName } from '../../model/names.ts'
import { type Refusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import { checkTags } from '../../model/tags.ts'
import { isFargate } from './compute-resources.ts'
import { isChanging } from './life-cycle.ts'
import { checkTimeLimitActions } from './time-limit-actions.ts'

/** What a job queue refers to. */
export interface QueueReferences {
  computeEnvironment(nameOrArn: string): FoundComputeEnvironment | undefined
  schedulingPolicyExists(arn: string): boolean
}

interface FoundComputeEnvironment {
  readonly arn: string
  readonly status: CEStatus
  /** Absent for UNMANAGED, which counts as EC2. */
  readonly computeResourcesType?: CRType
}

export function validateCreateJobQueue(
  request: CreateJobQueueRequest,
  references: QueueReferences,
): Refusal | undefined {
  const complaint =
    (isResourceName(request.jobQueueName) ? undefined : 'Job Queue name should match a valid pattern.') ??
    checkTags(request.tags) ??
    checkPriority(request.priority) ??
    checkServiceEnvironments(request) ??
    checkComputeEnvironments(request.computeEnvironmentOrder ?? [], references) ??
    checkType(request.jobQueueType, request.computeEnvironmentOrder ?? [], references) ??
    checkSchedulingPolicy(request.schedulingPolicyArn, references) ??
    checkTimeLimitActions(request.jobStateTimeLimitActions)
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

/** `current` as DescribeJobQueues shows it now, `status` included. */
export function validateUpdateJobQueue(
  current: JobQueueDetail,
  request: UpdateJobQueueRequest,
  references: QueueReferences,
): Refusal | undefined {
  if (isChanging(current.status)) return refuse('Cannot update, resource is being modified')
  const { computeEnvironmentOrder: order, schedulingPolicyArn: policy } = request
  const complaint =
    checkPriority(request.priority) ??
    checkServiceEnvironments(request) ??
    (order && checkComputeEnvironments(order, references)) ??
    (order && checkType(current.jobQueueType, order, references)) ??
    (policy === undefined ? undefined : checkPolicyChange(current, policy)) ??
    checkSchedulingPolicy(policy || undefined, references) ??
    checkTimeLimitActions(request.jobStateTimeLimitActions)
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

/** What the environments of a queue make it, for those that passed. */
export function jobQueueTypeOf(
  order: readonly ComputeEnvironmentOrder[],
  references: Pick<QueueReferences, 'computeEnvironment'>,
): JobQueueType {
  const types = order.map((entry) => references.computeEnvironment(entry.computeEnvironment)?.computeResourcesType)
  return types.some(isFargate) ? 'ECS_FARGATE' : 'ECS'
}

/** The range is that of CloudFormation and the console. */
function checkPriority(priority: number | undefined): Complaint {
  return priority === undefined || (priority >= 0 && priority <= 1000)
    ? undefined
    : `Job Queue priority must be between 0 and 1000, got ${priority}.`
}

function checkServiceEnvironments(request: CreateJobQueueRequest | UpdateJobQueueRequest): Complaint {
  const type = 'jobQueueType' in request ? request.jobQueueType : undefined
  const given = (request.serviceEnvironmentOrder?.length ?? 0) > 0
  if (type === 'SAGEMAKER_TRAINING' && !given) {
    return 'Job queues of type SAGEMAKER_TRAINING must have serviceEnvironmentOrder.'
  }
  if (given && request.computeEnvironmentOrder?.length) {
    return 'computeEnvironmentOrder and serviceEnvironmentOrder cannot both be set.'
  }
  return given ? 'Service environments are not built in this version of openbatch' : undefined
}

function checkComputeEnvironments(order: readonly ComputeEnvironmentOrder[], references: QueueReferences): Complaint {
  if (order.length < 1 || order.length > limits.computeEnvironmentsPerQueue) {
    return `computeEnvironmentOrder must have between 1 and ${limits.computeEnvironmentsPerQueue} compute environments.`
  }
  if (new Set(order.map((entry) => entry.order)).size < order.length) {
    return 'Duplicate ComputeEnvironment order values.'
  }
  const found = order.map((entry) => references.computeEnvironment(entry.computeEnvironment))
  // An environment that takes an update was valid before and is about to be again.
  if (!found.every((environment) => environment?.status === 'VALID' || environment?.status === 'UPDATING')) {
    return 'Compute Environments must be created and valid before attaching them to a job queue'
  }
  if (new Set(found.map((environment) => environment?.arn)).size < order.length) {
    return 'Duplicate ComputeEnvironment values.'
  }
  const fargate = found.filter((environment) => isFargate(environment?.computeResourcesType))
  return fargate.length > 0 && fargate.length < found.length
    ? 'Fargate and EC2 compute environments can not be mixed.'
    : undefined
}

function checkType(
  type: JobQueueType | undefined,
  order: readonly ComputeEnvironmentOrder[],
  references: QueueReferences,
): Complaint {
  const actual = jobQueueTypeOf(order, references)
  return type === undefined || type === actual
    ? undefined
    : `Job queue type ${type} does not match its compute environments, which are of type ${actual}.`
}

function checkSchedulingPolicy(arn: string | undefined, references: QueueReferences): Complaint {
  return arn === undefined || references.schedulingPolicyExists(arn) ? undefined : `SchedulingPolicy ${arn} not found.`
}

/** A policy may take another's place; a queue never gains nor loses one (batch-semantics §9.1). */
function checkPolicyChange(current: JobQueueDetail, arn: string): Complaint {
  if (arn === '') {
    return current.schedulingPolicyArn === undefined
      ? undefined
      : 'The scheduling policy of a job queue cannot be removed, only replaced.'
  }
  return current.schedulingPolicyArn === undefined
    ? 'A scheduling policy cannot be added to a job queue that was created without one.'
    : undefined
}
