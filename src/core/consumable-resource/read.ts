/** Finds consumable resources by reference, and shows them. */
import type { ConsumableResource } from '../../model/account-resource.ts'
import { arn } from '../../model/arn.ts'
import type { ConsumableResourceSummary, DescribeConsumableResourceResponse } from '../../model/generated/batch.ts'
import { nameInReference } from '../reference.ts'
import type { State } from '../state/state.ts'

export function findConsumableResource(state: State, reference: string): ConsumableResource | undefined {
  const name = nameInReference(reference, 'consumable-resource', state.account)
  return name === undefined ? undefined : state.consumableResources.get(arn(state.account, 'consumable-resource', name))
}

/**
 * As DescribeConsumableResource shows it. If the total was set below what is in use, nothing is
 * available.
 */
export function describeConsumableResource(
  state: State,
  resource: ConsumableResource,
): DescribeConsumableResourceResponse {
  const summary = summariseConsumableResource(state, resource)
  return {
    ...summary,
    availableQuantity: Math.max(0, resource.totalQuantity - (summary.inUseQuantity ?? 0)),
    createdAt: resource.createdAtMs,
    tags: { ...resource.tags },
  }
}

/** As ListConsumableResources shows it. */
export function summariseConsumableResource(state: State, resource: ConsumableResource): ConsumableResourceSummary {
  return {
    consumableResourceName: resource.name,
    consumableResourceArn: resource.arn,
    resourceType: resource.resourceType,
    totalQuantity: resource.totalQuantity,
    inUseQuantity: state.locked.get(resource.arn) ?? 0,
  }
}
