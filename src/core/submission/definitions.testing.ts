/** Job definitions and submissions of them, for tests. */
import type {
  ContainerOverrides,
  ContainerProperties,
  JobDefinition,
  RegisterJobDefinitionRequest,
  SubmitJobRequest,
} from '../../model/generated/batch.ts'
import { normaliseJobDefinition } from '../job-definition/normalise.ts'
import type { QueueTraits } from './request.ts'
import { request } from './resolve.testing.ts'

export const arn = 'arn:aws:batch:us-west-2:123456789012:job-definition/align:7'
export const plain: ContainerProperties = {
  image: 'ubuntu:24.04',
  command: ['echo', 'hello'],
  environment: [{ name: 'LAB', value: 'doe' }],
  resourceRequirements: [
    { type: 'VCPU', value: '1' },
    { type: 'MEMORY', value: '512' },
  ],
}
export const legacy: ContainerProperties = { image: 'ubuntu:24.04', vcpus: 1, memory: 512 }
const fargateContainer: ContainerProperties = {
  ...plain,
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
  resourceRequirements: [
    { type: 'VCPU', value: '1' },
    { type: 'MEMORY', value: '2048' },
  ],
}

export const fairQueue: QueueTraits = { platform: 'EC2', fairShare: true }

export function define(
  container: ContainerProperties,
  rest: Partial<RegisterJobDefinitionRequest> = {},
): JobDefinition {
  const request = { jobDefinitionName: 'align', type: 'container', containerProperties: container, ...rest } as const
  return normaliseJobDefinition(request, { arn, revision: 7 })
}

export const definition = define(plain)
export const withSecret: ContainerProperties = {
  ...plain,
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
  secrets: [{ name: 'TOKEN', valueFrom: '/lab/token' }],
}
export const fargate = define(fargateContainer, { platformCapabilities: ['FARGATE'] })

export function overriding(containerOverrides: ContainerOverrides): SubmitJobRequest {
  return request({ containerOverrides })
}

const { containerProperties: _, ...withoutContainer } = definition
export const ofTask: JobDefinition = {
  ...withoutContainer,
  ecsProperties: { taskProperties: [{ containers: [{ image: 'ubuntu', name: 'main' }] }] },
}
export const ofNodes: JobDefinition = {
  ...withoutContainer,
  type: 'multinode',
  nodeProperties: { numNodes: 2, mainNode: 0, nodeRangeProperties: [{ targetNodes: '0:1', container: plain }] },
}
export type Row = [text: string, of: JobDefinition, submitted: SubmitJobRequest, queue?: QueueTraits]

export const onFifo =
  'Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share scheduling policy.'
