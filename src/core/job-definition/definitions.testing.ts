/** Job definitions for tests: an accepted one of each kind, to be changed. */
import type {
  ContainerProperties,
  EcsTaskProperties,
  EksContainer,
  EksPodProperties,
  NodeProperties,
  PlatformCapability,
  RegisterJobDefinitionRequest,
  TaskContainerProperties,
} from '../../model/generated/batch.ts'

export const needs = (vcpus: string, memory: string) =>
  [
    { type: 'VCPU', value: vcpus },
    { type: 'MEMORY', value: memory },
  ] as const

export const plain: ContainerProperties = { image: 'ubuntu:24.04', resourceRequirements: needs('1', '512') }
const onFargate: ContainerProperties = { ...plain, executionRoleArn: 'arn:aws:iam::123456789012:role/execution' }

export type Request = RegisterJobDefinitionRequest

export function ec2(container: Partial<ContainerProperties>, rest: Partial<Request> = {}): Request {
  return { jobDefinitionName: 'align', type: 'container', containerProperties: { ...plain, ...container }, ...rest }
}

export function fargate(container: Partial<ContainerProperties>): Request {
  const containerProperties = { ...onFargate, resourceRequirements: needs('1', '2048'), ...container }
  return { jobDefinitionName: 'align', type: 'container', platformCapabilities: ['FARGATE'], containerProperties }
}

/** A container with secrets of these names. */
export function secret(...names: string[]): Request {
  const { executionRoleArn } = onFargate
  return ec2({ executionRoleArn: executionRoleArn!, secrets: names.map((name) => ({ name, valueFrom: '/lab/token' })) })
}

export function secretNotUnique(name: string): string {
  return `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${name}'.`
}

export function windows(container: Partial<ContainerProperties>, cpuArchitecture = 'X86_64'): Request {
  return fargate({
    runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE', cpuArchitecture },
    ...container,
  })
}

export const alpha: TaskContainerProperties = { ...plain, image: 'alpha', name: 'alpha' }
export const beta: TaskContainerProperties = { ...plain, image: 'beta', name: 'beta', essential: false }

export function task(properties: Partial<EcsTaskProperties>, platformCapabilities?: PlatformCapability[]): Request {
  return {
    jobDefinitionName: 'align',
    type: 'container',
    ...(platformCapabilities && { platformCapabilities }),
    ecsProperties: { taskProperties: [{ containers: [alpha], ...properties }] },
  }
}

export function pod(limits: Record<string, string>, requests?: Record<string, string>): Request {
  return podOf({ containers: [{ image: 'busybox', resources: { limits, ...(requests && { requests }) } }] })
}

export const busybox: EksContainer = { image: 'busybox', resources: { limits: { cpu: '1', memory: '512Mi' } } }

export function podOf(properties: EksPodProperties): Request {
  const podProperties = { containers: [busybox], ...properties }
  return { jobDefinitionName: 'align', type: 'container', eksProperties: { podProperties } }
}

export function nodes(properties: Partial<NodeProperties>, rest: Partial<Request> = {}): Request {
  const nodeProperties = {
    numNodes: 4,
    mainNode: 0,
    nodeRangeProperties: [{ targetNodes: '0:', container: plain }],
    ...properties,
  }
  return { jobDefinitionName: 'align', type: 'multinode', nodeProperties, ...rest }
}

export const tooMany = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, '']))
