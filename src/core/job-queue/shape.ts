/** A job queue as DescribeJobQueues shows it: newly created, or with an update merged in. */
import type {
  ComputeEnvironmentOrder,
  CreateJobQueueRequest,
  JobQueueDetail,
  ServiceEnvironmentOrder,
  UpdateJobQueueRequest,
} from '../../model/generated/batch.ts'
import { jobQueueTypeOf, type QueueReferences } from './check.ts'

/** Expects a request that passed `validateCreateJobQueue`. The caller overlays the status. */
export function normaliseJobQueue(
  request: CreateJobQueueRequest,
  arn: string,
  references: QueueReferences,
): JobQueueDetail {
  return {
    ...request,
    jobQueueArn: arn,
    state: request.state ?? 'ENABLED',
    computeEnvironmentOrder: inOrder(request.computeEnvironmentOrder ?? [], references),
    serviceEnvironmentOrder: asArns(request.serviceEnvironmentOrder ?? [], references),
    jobQueueType: jobQueueTypeOf(request, references),
    tags: request.tags ?? {},
    jobStateTimeLimitActions: request.jobStateTimeLimitActions ?? [],
    ...policyOf(request.schedulingPolicyArn, references),
  }
}

/**
 * Only what the update gives changes; lists are replaced whole. Expects a request that passed
 * `validateUpdateJobQueue`.
 */
export function mergeJobQueue(
  current: JobQueueDetail,
  request: UpdateJobQueueRequest,
  references: QueueReferences,
): JobQueueDetail {
  const {
    jobQueue: _,
    computeEnvironmentOrder: order,
    serviceEnvironmentOrder: services,
    schedulingPolicyArn,
    ...given
  } = request
  return {
    ...current,
    ...given,
    ...policyOf(schedulingPolicyArn, references),
    ...(order && { computeEnvironmentOrder: inOrder(order, references) }),
    ...(services?.length && { serviceEnvironmentOrder: asArns(services, references) }),
  }
}

/** The ARN that the policy has here, whatever account or region it was given with. */
function policyOf(given: string | undefined, references: QueueReferences): Pick<JobQueueDetail, 'schedulingPolicyArn'> {
  return given ? { schedulingPolicyArn: references.schedulingPolicy(given)?.arn ?? given } : {}
}

/** ARNs, in whatever form they were given, in the order they are tried. */
function inOrder(order: readonly ComputeEnvironmentOrder[], references: QueueReferences): ComputeEnvironmentOrder[] {
  return order
    .map((entry) => ({
      order: entry.order,
      computeEnvironment: references.computeEnvironment(entry.computeEnvironment)?.arn ?? entry.computeEnvironment,
    }))
    .sort((a, b) => a.order - b.order)
}

function asArns(order: readonly ServiceEnvironmentOrder[], references: QueueReferences): ServiceEnvironmentOrder[] {
  return order.map((entry) => ({
    order: entry.order,
    serviceEnvironment: references.serviceEnvironment(entry.serviceEnvironment)?.arn ?? entry.serviceEnvironment,
  }))
}
