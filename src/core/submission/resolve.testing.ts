/** For tests of submissions: a queue of each kind, an account with two consumable resources, and outcomes told apart. */
import type { JobDefinition, SubmitJobRequest } from '../../model/generated/batch.ts'
import { isRefusal } from '../../model/refusal.ts'
import { rulesOfAws } from '../state.ts'
import type { QueueTraits } from './request.ts'
import { type ResolvedJob, resolveSubmission } from './resolve.ts'

export const ec2Queue: QueueTraits = { platform: 'EC2', fairShare: false }
export const fargateQueue: QueueTraits = { platform: 'FARGATE', fairShare: false }
export const eksQueue: QueueTraits = { platform: 'EKS', fairShare: false }

export const consumableArn = (name: string) => `arn:aws:batch:us-west-2:123456789012:consumable-resource/${name}`

function known(nameOrArn: string): string | undefined {
  return ['licence', 'token'].map(consumableArn).find((arn) => arn === nameOrArn || arn === consumableArn(nameOrArn))
}

export function submit(of: JobDefinition, submitted: SubmitJobRequest, queue = ec2Queue, rules = rulesOfAws) {
  return resolveSubmission(of, submitted, { queue, rules, consumableArn: known })
}

export function resolved(of: JobDefinition, submitted: SubmitJobRequest, queue = ec2Queue): ResolvedJob {
  const outcome = submit(of, submitted, queue)
  if (isRefusal(outcome)) throw new Error(outcome.message)
  return outcome
}
