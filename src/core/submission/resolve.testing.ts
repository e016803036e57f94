/**
 * For tests of submissions: a queue of each kind, an account with two consumable resources, and a
 * check of the outcome.
 */
import type { JobDefinition, RegisterJobDefinitionRequest, SubmitJobRequest } from '../../model/generated/batch.ts'
import { isRefusal } from '../../model/refusal.ts'
import { validateJobDefinition } from '../job-definition/check.ts'
import { normaliseJobDefinition } from '../job-definition/normalise.ts'
import { rulesOfAws } from '../state/state.ts'
import type { QueueTraits } from './request.ts'
import { type ResolvedJob, resolveSubmission } from './resolve.ts'

export const ec2Queue: QueueTraits = { platform: 'EC2', fairShare: false }
export const fargateQueue: QueueTraits = { platform: 'FARGATE', fairShare: false }
export const eksQueue: QueueTraits = { platform: 'EKS', fairShare: false }

export const consumableArn = (name: string) => `arn:aws:batch:us-west-2:123456789012:consumable-resource/${name}`

/** Registers a definition. A refusal fails the test. */
export function register(members: Partial<RegisterJobDefinitionRequest>): JobDefinition {
  const type = members.nodeProperties ? 'multinode' : 'container'
  const request: RegisterJobDefinitionRequest = { jobDefinitionName: 'align', type, ...members }
  const refusal = validateJobDefinition(request)
  if (refusal) throw new Error(refusal.message)
  const arn = 'arn:aws:batch:us-west-2:123456789012:job-definition/align:7'
  return normaliseJobDefinition(request, { arn, revision: 7 })
}

export function request(members: Partial<SubmitJobRequest> = {}): SubmitJobRequest {
  return { jobName: 'jdoe-test', jobQueue: 'default', jobDefinition: 'align:7', ...members }
}

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
