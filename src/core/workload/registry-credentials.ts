/** The secrets with which a definition has its images pulled. */
import type { EcsProperties, RegisterJobDefinitionRequest, RepositoryCredentials } from '../../model/generated/batch.ts'

type Definition = Pick<RegisterJobDefinitionRequest, 'containerProperties' | 'ecsProperties' | 'nodeProperties'>
type Container = { readonly repositoryCredentials?: RepositoryCredentials }

/** `credentialsParameter` as the request writes it, each once. Takes any request of the right shape. */
export function registryCredentials(definition: Definition): readonly string[] {
  const { containerProperties, ecsProperties, nodeProperties } = definition
  const ranges = nodeProperties?.nodeRangeProperties ?? []
  const containers: (Container | undefined)[] = [
    containerProperties,
    ...ofTasks(ecsProperties),
    ...ranges.flatMap((range) => [range.container, ...ofTasks(range.ecsProperties)]),
  ]
  const named = containers.map((container) => container?.repositoryCredentials?.credentialsParameter)
  return [...new Set(named.filter((it) => it !== undefined && it !== ''))] as string[]
}

function ofTasks(properties: EcsProperties | undefined): Container[] {
  return (properties?.taskProperties ?? []).flatMap((task) => task.containers ?? [])
}
