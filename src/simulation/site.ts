/** What a scenario sets up before its first job: the calls an operator would make, in their order. */
import { createComputeEnvironment } from '../core/decide/compute-environment.ts'
import { registerJobDefinition } from '../core/decide/job-definition.ts'
import { createJobQueue } from '../core/decide/job-queue.ts'
import { createSchedulingPolicy } from '../core/decide/scheduling-policy.ts'
import type { Command } from '../core/decision.ts'
import { driverTag } from '../model/compute-environment.ts'
import type { CreateComputeEnvironmentRequest, RegisterJobDefinitionRequest } from '../model/generated/batch.ts'
import type { Scenario } from './scenario.ts'

export interface Opening {
  /** The part of the scenario that it comes from, for what is refused. */
  readonly where: string
  readonly command: Command<unknown>
}

export function* openingsOf(scenario: Scenario): Generator<Opening> {
  for (const [name, { shareDecaySeconds, computeReservation, shareDistribution }] of Object.entries(
    scenario.schedulingPolicies,
  )) {
    const shares = Object.entries(shareDistribution).map(([shareIdentifier, weightFactor]) => ({
      shareIdentifier,
      weightFactor,
    }))
    const fairsharePolicy = { shareDecaySeconds, computeReservation, shareDistribution: shares }
    yield { where: `schedulingPolicies.${name}`, command: createSchedulingPolicy({ name, fairsharePolicy }) }
  }
  for (const name of Object.keys(scenario.computeEnvironments))
    yield {
      where: `computeEnvironments.${name}`,
      command: createComputeEnvironment(environmentRequest(scenario, name)),
    }
  for (const [name, { priority, computeEnvironments, schedulingPolicy, tags }] of Object.entries(scenario.jobQueues))
    yield {
      where: `jobQueues.${name}`,
      command: createJobQueue({
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
      }),
    }
  for (const request of definitions)
    yield {
      where: `job definition ${request.jobDefinitionName}`,
      command: registerJobDefinition(request, 'simulation'),
    }
}

/** What the core must know of a queue's jobs. */
export function traitsOf({ jobQueues, computeEnvironments }: Scenario, jobQueue: string) {
  const queue = jobQueues[jobQueue]!
  const isFargate = computeEnvironments[queue.computeEnvironments[0]!]!.type.startsWith('FARGATE')
  return {
    jobDefinition: isFargate ? 'fargate' : 'ec2',
    fairShare: queue.schedulingPolicy !== undefined,
  }
}

function environmentRequest(scenario: Scenario, name: string): CreateComputeEnvironmentRequest {
  const { type, driver, bidPercentage, tags, ...given } = scenario.computeEnvironments[name]!
  const ofDriver = Object.values(scenario.hosts)
    .filter((kind) => kind.driver === driver)
    .reduce((sum, { count, vcpus }) => sum + count * vcpus, 0)
  const maxvCpus = given.maxvCpus ?? Math.max(1, Math.floor(ofDriver))
  const isFargate = type.startsWith('FARGATE')
  return {
    computeEnvironmentName: name,
    type: 'MANAGED',
    computeResources: {
      type: type as 'EC2',
      maxvCpus,
      subnets: ['subnet-1'],
      ...(isFargate
        ? { securityGroupIds: ['sg-1'] }
        : { minvCpus: 0, instanceTypes: ['optimal'], instanceRole: 'simulation' }),
      ...(bidPercentage === undefined ? {} : { bidPercentage }),
    },
    tags: { ...tags, [driverTag]: driver },
  }
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
