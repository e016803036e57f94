/**
 * A node range holds one workload of the three kinds that run on one node, and acts by that kind.
 */
import type {
  ContainerOverrides,
  ContainerProperties,
  EcsProperties,
  EcsPropertiesOverride,
  EksProperties,
  EksPropertiesOverride,
  NodePropertyOverride,
  NodeRangeProperty,
} from '../../../model/generated/batch.ts'
import type { Resources } from '../../../model/resources.ts'
import type { NodeWorkload } from '../../../model/workload.ts'
import { container } from '../container/kind.ts'
import { ecsTask } from '../ecs-task/kind.ts'
import type { NodeKind } from '../kind.ts'
import { pod } from '../pod/kind.ts'

/** The kinds of workload that a node runs. */
export const nodeKinds = [container, ecsTask, pod] as const

/** An operation on the workload of a range, whatever its kind. */
type OfAnyNodeKind<Result> = <Properties, Overrides>(
  kind: NodeKind<Properties, Overrides>,
  properties: Properties,
  overrides: Overrides,
) => Result

/** What holds one workload as a range does. */
type WithNodeWorkload = {
  readonly [Member in (typeof nodeKinds)[number]['member']]?: NodeRangeProperty[Member] | undefined
}

/**
 * For what holds one workload as a range does. `override` is its own; without one, the
 * overrides are empty.
 */
export function ofRange<Result>(
  range: WithNodeWorkload,
  override: Pick<NodePropertyOverride, (typeof nodeKinds)[number]['overridesMember']>,
  act: OfAnyNodeKind<Result>,
): Result {
  const { ecsProperties: task, eksProperties } = range
  if (task) return act<EcsProperties, EcsPropertiesOverride>(ecsTask, task, override.ecsPropertiesOverride ?? {})
  if (eksProperties)
    return act<EksProperties, EksPropertiesOverride>(pod, eksProperties, override.eksPropertiesOverride ?? {})
  return act<ContainerProperties, ContainerOverrides>(
    container,
    range.container ?? {},
    override.containerOverrides ?? {},
  )
}

/** What a node of the range runs. */
export function workloadOfRange(range: NodeRangeProperty): NodeWorkload {
  return ofRange(range, {}, (kind, properties) => kind.workload(properties))
}

/** What a node of the range uses of its host. */
export function resourcesOfRange(range: NodeRangeProperty): Resources {
  return ofRange(range, {}, (kind, properties) => kind.resources(properties))
}
