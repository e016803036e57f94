/**
 * The ARNs of resources given by name or by ARN, for authorisation. This reference lists the kinds
 * of resource for each action:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
 */
import { type Account, arn, parseArn, type ResourceKind } from '../../../model/arn.ts'
import type { UpdateJobQueueRequest } from '../../../model/generated/batch.ts'

export function resourceArn(account: Account, kind: ResourceKind, nameOrArn: string): string {
  return parseArn(nameOrArn) ? nameOrArn : arn(account, kind, nameOrArn)
}

/** Returns an ARN for each; if nothing is named, everything of the kind. */
export function resourceArns(account: Account, kind: ResourceKind, namesOrArns: readonly string[]): readonly string[] {
  return (namesOrArns.length > 0 ? [...new Set(namesOrArns)] : ['*']).map((it) => resourceArn(account, kind, it))
}

type QueueReferences = Pick<UpdateJobQueueRequest, 'computeEnvironmentOrder' | 'schedulingPolicyArn'>

/** The resources that a queue is attached to and ordered by, as far as the request names them. */
export function queueReferences(
  account: Account,
  { computeEnvironmentOrder = [], schedulingPolicyArn }: QueueReferences,
): readonly string[] {
  const environments = computeEnvironmentOrder.map(({ computeEnvironment }) =>
    resourceArn(account, 'compute-environment', computeEnvironment),
  )
  return schedulingPolicyArn ? [...environments, schedulingPolicyArn] : environments
}
