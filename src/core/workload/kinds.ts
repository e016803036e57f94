/**
 * The only list of the kinds of workload, and where each stands in a definition, a submission, a
 * node range and its override.
 */
import type {
  ContainerOverrides,
  ContainerProperties,
  EcsProperties,
  EcsPropertiesOverride,
  EksProperties,
  EksPropertiesOverride,
  JobDefinition,
  NodeOverrides,
  NodeProperties,
  SubmitJobRequest,
} from '../../model/generated/batch.ts'
import { container } from './container/kind.ts'
import { ecsTask } from './ecs-task/kind.ts'
import type { WorkloadKind } from './kind.ts'
import { multiNode } from './multi-node/kind.ts'
import { pod } from './pod/kind.ts'

type WithWorkload = Pick<JobDefinition, 'containerProperties' | 'ecsProperties' | 'eksProperties' | 'nodeProperties'>
type WithOverrides = Pick<
  SubmitJobRequest,
  'containerOverrides' | 'ecsPropertiesOverride' | 'eksPropertiesOverride' | 'nodeOverrides'
>

/** Where a submission holds the overrides of each kind. */
export const overridesMembers = [container, ecsTask, pod, multiNode].map((kind) => kind.overridesMember)

/** The member of a definition that holds the properties of a kind. */
export function definitionMember({ member }: Pick<WorkloadKind<never, never>, 'member'>): keyof WithWorkload {
  return member === 'container' ? 'containerProperties' : member
}

/** An operation on a workload of any kind. */
type OfAnyKind<Result> = <Properties, Overrides>(
  kind: WorkloadKind<Properties, Overrides>,
  properties: Properties,
  overrides: Overrides,
) => Result

/**
 * For a definition that holds one workload. Overrides of another kind are ignored; without any, the
 * overrides are empty.
 */
export function ofDefinition<Result>(
  definition: WithWorkload,
  submitted: WithOverrides,
  act: OfAnyKind<Result>,
): Result {
  const { ecsProperties: task, eksProperties, nodeProperties: nodes } = definition
  if (task) return act<EcsProperties, EcsPropertiesOverride>(ecsTask, task, submitted.ecsPropertiesOverride ?? {})
  if (eksProperties)
    return act<EksProperties, EksPropertiesOverride>(pod, eksProperties, submitted.eksPropertiesOverride ?? {})
  if (nodes) return act<NodeProperties, NodeOverrides>(multiNode, nodes, submitted.nodeOverrides ?? {})
  const properties = definition.containerProperties ?? {}
  return act<ContainerProperties, ContainerOverrides>(container, properties, submitted.containerOverrides ?? {})
}
