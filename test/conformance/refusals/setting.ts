/**
 * The resources that the rows refer to: definitions, compute environments and queues made before
 * the first row.
 */
import {
  type BatchClient,
  type ComputeEnvironmentDetail,
  type ContainerProperties,
  type CRType,
  CreateComputeEnvironmentCommand,
  type CreateComputeEnvironmentCommandInput,
  CreateJobQueueCommand,
  DeregisterJobDefinitionCommand,
  DescribeComputeEnvironmentsCommand,
  DescribeJobQueuesCommand,
  type JobQueueDetail,
  RegisterJobDefinitionCommand,
  type RegisterJobDefinitionCommandInput,
  UpdateComputeEnvironmentCommand,
} from '@aws-sdk/client-batch'
import { eventually } from '../../support/eventually.ts'

export const definitions = {
  plain: 'plain',
  withReference: 'with-reference',
  onFargate: 'on-fargate',
  multiContainer: 'multi-container',
  multinode: 'multinode',
  pod: 'pod',
  deregistered: 'deregistered',
} as const

/** At least 4 vCPUs, so that it can be scaled down. */
export const kept = 'kept'
/** Disabled, and still the environment of `disabledQueue`. */
export const disabled = 'disabled'
export const disabledQueue = 'disabled'
export const fargate = 'fargate'
export const fargateQueue = 'fargate'

export async function prepare(batch: BatchClient): Promise<void> {
  for (const [name, request] of Object.entries(shapes()))
    await batch.send(new RegisterJobDefinitionCommand({ jobDefinitionName: name, type: 'container', ...request }))
  await batch.send(new DeregisterJobDefinitionCommand({ jobDefinition: `${definitions.deregistered}:1` }))

  await createEnvironment(batch, kept, ec2Resources({ minvCpus: 4 }))
  await createEnvironment(batch, disabled, ec2Resources())
  await createEnvironment(batch, fargate, fargateResources())
  await createQueue(batch, disabledQueue, disabled, 'DISABLED')
  await createQueue(batch, fargateQueue, fargate)
  await batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment: disabled, state: 'DISABLED' }))
  await validEnvironment(batch, disabled)
}

type Resources = NonNullable<CreateComputeEnvironmentCommandInput['computeResources']>

export function ec2Resources(changes: Partial<Resources> = {}): Resources {
  const placed = { subnets: ['subnet-0a'], securityGroupIds: ['sg-0b'] }
  const type: CRType = 'EC2'
  return { type, minvCpus: 0, maxvCpus: 16, instanceTypes: ['optimal'], instanceRole: 'ecs', ...placed, ...changes }
}

export function fargateResources(changes: Partial<Resources> = {}): Resources {
  return { type: 'FARGATE', maxvCpus: 4, subnets: ['subnet-0a'], securityGroupIds: ['sg-0b'], ...changes }
}

async function createEnvironment(batch: BatchClient, name: string, computeResources: Resources): Promise<void> {
  const input = { computeEnvironmentName: name, type: 'MANAGED', computeResources } as const
  await batch.send(new CreateComputeEnvironmentCommand(input))
  await validEnvironment(batch, name)
}

async function createQueue(
  batch: BatchClient,
  name: string,
  computeEnvironment: string,
  state: 'ENABLED' | 'DISABLED' = 'ENABLED',
): Promise<void> {
  const computeEnvironmentOrder = [{ order: 1, computeEnvironment }]
  await batch.send(new CreateJobQueueCommand({ jobQueueName: name, priority: 1, state, computeEnvironmentOrder }))
  await eventually(`the queue ${name} is VALID`, async () => (await queueOf(batch, name))?.status === 'VALID')
}

export function validEnvironment(batch: BatchClient, name: string): Promise<ComputeEnvironmentDetail> {
  return eventually(`the compute environment ${name} is VALID`, async () => {
    const environment = await environmentOf(batch, name)
    return environment?.status === 'VALID' && environment
  })
}

export async function environmentOf(batch: BatchClient, name: string): Promise<ComputeEnvironmentDetail | undefined> {
  const command = new DescribeComputeEnvironmentsCommand({ computeEnvironments: [name] })
  return (await batch.send(command)).computeEnvironments?.[0]
}

export async function queueOf(batch: BatchClient, name: string): Promise<JobQueueDetail | undefined> {
  return (await batch.send(new DescribeJobQueuesCommand({ jobQueues: [name] }))).jobQueues?.[0]
}

function shapes(): Readonly<Record<string, Partial<RegisterJobDefinitionCommandInput>>> {
  const resourceRequirements = (vcpus: string, memory: string): ContainerProperties['resourceRequirements'] => [
    { type: 'VCPU', value: vcpus },
    { type: 'MEMORY', value: memory },
  ]
  const container = { image: 'busybox', resourceRequirements: resourceRequirements('1', '64') }
  return {
    [definitions.plain]: { containerProperties: container },
    [definitions.deregistered]: { containerProperties: container },
    [definitions.withReference]: { containerProperties: { ...container, command: ['echo', 'Ref::job_id'] } },
    [definitions.onFargate]: {
      platformCapabilities: ['FARGATE'],
      containerProperties: {
        ...{ image: 'busybox', executionRoleArn: 'arn:aws:iam::123456789012:role/execution' },
        resourceRequirements: resourceRequirements('1', '2048'),
      },
    },
    [definitions.multiContainer]: {
      ecsProperties: { taskProperties: [{ containers: [{ ...container, name: 'main' }] }] },
    },
    [definitions.pod]: {
      eksProperties: {
        podProperties: { containers: [{ image: 'busybox', resources: { limits: { cpu: '1', memory: '64Mi' } } }] },
      },
    },
    [definitions.multinode]: {
      type: 'multinode',
      nodeProperties: { numNodes: 2, mainNode: 0, nodeRangeProperties: [{ targetNodes: '0:', container }] },
    },
  }
}
