/**
 * The list of the kinds of workload: those that run on one node, and multi-node. Says where each
 * stands in a definition and a submission.
 */
import type { JobDefinition, SubmitJobRequest } from '../../model/generated/batch.ts'
import type { WorkloadKind } from './kind.ts'
import { multiNode } from './multi-node/kind.ts'
import { nodeKinds, ofRange } from './multi-node/range.ts'

type WithWorkload = Pick<JobDefinition, 'containerProperties' | 'ecsProperties' | 'eksProperties' | 'nodeProperties'>
type WithOverrides = Pick<
  SubmitJobRequest,
  'containerOverrides' | 'ecsPropertiesOverride' | 'eksPropertiesOverride' | 'nodeOverrides'
>

/** Where a submission holds the overrides of each kind. */
export const overridesMembers = [...nodeKinds, multiNode].map((kind) => kind.overridesMember)

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
  const { containerProperties: container, ecsProperties, eksProperties, nodeProperties } = definition
  if (nodeProperties) return act(multiNode, nodeProperties, submitted.nodeOverrides ?? {})
  return ofRange({ container, ecsProperties, eksProperties }, submitted, act)
}
