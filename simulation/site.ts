/**
 * What a scenario sets up before its first job: the calls that an operator would make, in order.
 */
import { createComputeEnvironment } from '../src/core/compute-environment/decide.ts'
import type { Command } from '../src/core/decision.ts'
import { registerJobDefinition } from '../src/core/job-definition/decide.ts'
import { createJobQueue } from '../src/core/job-queue/decide.ts'
import { createSchedulingPolicy } from '../src/core/scheduling-policy/decide.ts'
import { driverTag } from '../src/model/compute-environment.ts'
import type {
  CreateComputeEnvironmentRequest,
  CreateJobQueueRequest,
  CreateSchedulingPolicyRequest,
  RegisterJobDefinitionRequest,
} from '../src/model/generated/batch.ts'
import type { Scenario } from './scenario.ts'
import type { ComputeEnvironment, HostKind, JobQueue, SchedulingPolicy } from './scenario-schema.ts'

export interface Opening {
  /** The part of the scenario that the call comes from, for refusals. */
  readonly where: string
  readonly command: Command<unknown>
}

export function* openingsOf(scenario: Scenario): Generator<Opening> {
  for (const [name, policy] of Object.entries(scenario.schedulingPolicies))
    yield { where: `schedulingPolicies.${name}`, command: createSchedulingPolicy(policyRequest(name, policy)) }
  for (const [name, environment] of Object.entries(scenario.computeEnvironments))
    yield {
      where: `computeEnvironments.${name}`,
      command: createComputeEnvironment(environmentRequest(name, environment, scenario.hosts)),
    }
  for (const [name, queue] of Object.entries(scenario.jobQueues))
    yield { where: `jobQueues.${name}`, command: createJobQueue(queueRequest(name, queue)) }
  for (const request of definitions)
    yield {
      where: `job definition ${request.jobDefinitionName}`,
      command: registerJobDefinition(request, 'simulation'),
    }
}

/** What the core must know about a queue's jobs. */
export function traitsOf({ jobQueues, computeEnvironments }: Scenario, jobQueue: string) {
  const queue = jobQueues[jobQueue]!
  const { type } = computeEnvironments[queue.computeEnvironments[0]!]!
  return {
    jobDefinition: isFargate(type) ? 'fargate' : 'ec2',
    fairShare: queue.schedulingPolicy !== undefined,
  }
}

export function policyRequest(name: string, policy: SchedulingPolicy): CreateSchedulingPolicyRequest {
  const { shareDecaySeconds, computeReservation } = policy
  const shareDistribution = Object.entries(policy.shareDistribution).map(([shareIdentifier, weightFactor]) => ({
    shareIdentifier,
    weightFactor,
  }))
  return { name, fairsharePolicy: { shareDecaySeconds, computeReservation, shareDistribution } }
}

export function environmentRequest(
  name: string,
  { type, driver, bidPercentage, tags, ...given }: ComputeEnvironment,
  hosts: Readonly<Record<string, HostKind>>,
): CreateComputeEnvironmentRequest {
  const ofDriver = Object.values(hosts)
    .filter((kind) => kind.driver === driver)
    .reduce((sum, { count, vcpus }) => sum + count * vcpus, 0)
  const maxvCpus = given.maxvCpus ?? Math.max(1, Math.floor(ofDriver))
  return {
    computeEnvironmentName: name,
    type: 'MANAGED',
    computeResources: {
      type: type as 'EC2',
      maxvCpus,
      subnets: ['subnet-1'],
      ...(isFargate(type)
        ? { securityGroupIds: ['sg-1'] }
        : { minvCpus: 0, instanceTypes: ['optimal'], instanceRole: 'simulation' }),
      ...(bidPercentage === undefined ? {} : { bidPercentage }),
    },
    tags: { ...tags, [driverTag]: driver },
  }
}

export function queueRequest(name: string, queue: JobQueue): CreateJobQueueRequest {
  const { priority, computeEnvironments, schedulingPolicy, tags } = queue
  return {
    jobQueueName: name,
    priority,
    tags,
    computeEnvironmentOrder: computeEnvironments.map((computeEnvironment, at) => ({
      order: at + 1,
      computeEnvironment,
    })),
    ...(schedulingPolicy === undefined
      ? {}
      : { schedulingPolicyArn: `arn:aws:batch:us-west-2:123456789012:scheduling-policy/${schedulingPolicy}` }),
  }
}

export function isFargate(type: string): boolean {
  return type.startsWith('FARGATE')
}

/** The core's refusal, without the parts for the wire. */
export function refusalText(message: string): string {
  return message.replace(/^Error executing request, Exception : /, '').replace(/, RequestId: [^,]*$/, '')
}

const definitions: readonly RegisterJobDefinitionRequest[] = [
  {
    jobDefinitionName: 'ec2',
    type: 'container',
    schedulingPriority: 0,
    containerProperties: {
      image: 'simulated',
      resourceRequirements: [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '1024' },
      ],
    },
  },
  {
    jobDefinitionName: 'fargate',
    type: 'container',
    platformCapabilities: ['FARGATE'],
    containerProperties: {
      image: 'simulated',
      executionRoleArn: 'arn:aws:iam::123456789012:role/simulation',
      resourceRequirements: [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '2048' },
      ],
    },
  },
]
