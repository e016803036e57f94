/**
 * The roles that a definition gives to its jobs. An execution role is not among them: nothing is done
 * with it here.
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

function ofContainer(container: ContainerProperties | undefined): (string | undefined)[] {
  return [container?.jobRoleArn]
}

function ofTasks(properties: EcsProperties | undefined): (string | undefined)[] {
  return (properties?.taskProperties ?? []).map((task) => task.taskRoleArn)
}
