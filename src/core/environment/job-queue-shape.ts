/** A job queue as DescribeJobQueues shows it: as it was created, and with an update merged in. */
import type {
  ComputeEnvironmentOrder,
  CreateJobQueueRequest,
  JobQueueDetail,
  UpdateJobQueueRequest,
} from '../../model/generated/batch.ts'
import { jobQueueTypeOf, type QueueReferences } from './job-queue.ts'

type Environments = Pick<QueueReferences, 'computeEnvironment'>

/** For a request that passed `validateCreateJobQueue`. Status is the caller's to overlay. */
export function normaliseJobQueue(
  request: CreateJobQueueRequest,
  arn: string,
  references: Environments,
): JobQueueDetail {
  const order = request.computeEnvironmentOrder ?? []
  return {
    ...request,
    jobQueueArn: arn,
    state: request.state ?? 'ENABLED',
    computeEnvironmentOrder: inOrder(order, references),
    serviceEnvironmentOrder: [],
    jobQueueType: jobQueueTypeOf(order, references),
    tags: request.tags ?? {},
    jobStateTimeLimitActions: request.jobStateTimeLimitActions ?? [],
  }
}

/** Only what the update gives changes; lists are replaced whole. For a request that passed `validateUpdateJobQueue`. */
export function mergeJobQueue(
  current: JobQueueDetail,
  request: UpdateJobQueueRequest,
  references: Environments,
): JobQueueDetail {
  const {
    jobQueue: _,
    computeEnvironmentOrder: order,
    serviceEnvironmentOrder: __,
    schedulingPolicyArn,
    ...given
  } = request
  return {
    ...current,
    ...given,
    ...(schedulingPolicyArn && { schedulingPolicyArn }),
    ...(order && { computeEnvironmentOrder: inOrder(order, references) }),
  }
}

/** Kept as ARNs, whatever they were given as, in the order they are tried. */
function inOrder(order: readonly ComputeEnvironmentOrder[], references: Environments): ComputeEnvironmentOrder[] {
  return order
    .map((entry) => ({
      order: entry.order,
      computeEnvironment: references.computeEnvironment(entry.computeEnvironment)?.arn ?? entry.computeEnvironment,
    }))
    .sort((a, b) => a.order - b.order)
}
