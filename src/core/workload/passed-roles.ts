/**
 * The roles that a definition gives to its jobs. An execution role is among them where the
 * definition names secrets: it says which of them its jobs may have, and nothing else is done with it.
 */
import type { ContainerProperties, EcsProperties, RegisterJobDefinitionRequest } from '../../model/generated/batch.ts'

type Definition = Pick<RegisterJobDefinitionRequest, 'containerProperties' | 'ecsProperties' | 'nodeProperties'>

/** As the request writes them, each once. Takes any request of the right shape. */
export function passedRoles({ containerProperties, ecsProperties, nodeProperties }: Definition): readonly string[] {
  const ranges = nodeProperties?.nodeRangeProperties ?? []
  const roles = [
    ...ofContainer(containerProperties),
    ...ofTasks(ecsProperties),
    ...ranges.flatMap((range) => [...ofContainer(range.container), ...ofTasks(range.ecsProperties)]),
  ]
  return [...new Set(roles.filter((role) => role !== undefined && role !== ''))] as string[]
}

type Container = Pick<ContainerProperties, 'logConfiguration' | 'secrets'>

function ofContainer(container: ContainerProperties | undefined): (string | undefined)[] {
  return [container?.jobRoleArn, ...(hasSecrets(container) ? [container?.executionRoleArn] : [])]
}

function ofTasks(properties: EcsProperties | undefined): (string | undefined)[] {
  return (properties?.taskProperties ?? []).flatMap(({ taskRoleArn, executionRoleArn, containers = [] }) => [
    taskRoleArn,
    ...(containers.some(hasSecrets) ? [executionRoleArn] : []),
  ])
}

function hasSecrets(container: Container | undefined): boolean {
  const { secrets = [], logConfiguration } = container ?? {}
  return secrets.length > 0 || (logConfiguration?.secretOptions ?? []).length > 0
}
