/** Requests to register job definitions, each with one unacceptable thing. */
import {
  type ContainerProperties,
  type EcsTaskProperties,
  type NodeProperties,
  RegisterJobDefinitionCommand,
  type RegisterJobDefinitionCommandInput,
  type ResourceType,
  type TaskContainerProperties,
} from '@aws-sdk/client-batch'
import { type Row, type RowOptions, row } from './row.ts'

export type Request = Partial<RegisterJobDefinitionCommandInput>

/** No row may create it. */
export const refusedDefinition = 'refused'

export function refused(what: string, text: Row['text'], request: Request, options?: RowOptions): Row {
  const input = { jobDefinitionName: refusedDefinition, type: 'container', ...request } as const
  return row(what, text, (batch) => batch.send(new RegisterJobDefinitionCommand(input)), options)
}

export const amount = (type: ResourceType, value: string) => ({ type, value })
export const vcpu = (value: string) => amount('VCPU', value)
export const memory = (value: string) => amount('MEMORY', value)
const role = 'arn:aws:iam::123456789012:role/job'

export const container: ContainerProperties = { image: 'busybox', resourceRequirements: [vcpu('1'), memory('64')] }
export const onEc2 = (changes: Partial<ContainerProperties>): Request => ({
  containerProperties: { ...container, ...changes },
})
export const onFargate = (changes: Partial<ContainerProperties>): Request => ({
  platformCapabilities: ['FARGATE'],
  containerProperties: {
    image: 'busybox',
    executionRoleArn: role,
    resourceRequirements: [vcpu('1'), memory('2048')],
    ...changes,
  },
})

export const member = (name: string, changes: Partial<TaskContainerProperties> = {}): TaskContainerProperties => ({
  name,
  image: 'busybox',
  resourceRequirements: [vcpu('1'), memory('64')],
  ...changes,
})
export const task = (containers: TaskContainerProperties[], changes: Partial<EcsTaskProperties> = {}): Request => ({
  ecsProperties: { taskProperties: [{ containers, ...changes }] },
})
export const pod = (resources?: { limits: Record<string, string> }) => ({
  podProperties: { containers: [{ image: 'busybox', ...(resources && { resources }) }] },
})

export const nodes = (changes: Partial<NodeProperties>): Request => ({
  type: 'multinode',
  nodeProperties: { numNodes: 2, mainNode: 0, nodeRangeProperties: [{ targetNodes: '0:', container }], ...changes },
})
