/**
 * Whether a consumable resource may be created or updated. The request has passed the shape's JSON schema.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateConsumableResource.html
 */
import type { ConsumableResource } from '../../model/account-resource.ts'
import type { CreateConsumableResourceRequest, UpdateConsumableResourceRequest } from '../../model/generated/batch.ts'
import { isResourceName } from '../../model/names.ts'
import { type Refusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import { checkTags } from '../../model/tags.ts'

export function validateCreateConsumableResource(request: CreateConsumableResourceRequest): Refusal | undefined {
  const { totalQuantity = 0, resourceType } = request
  const complaint =
    (isResourceName(request.consumableResourceName)
      ? undefined
      : 'Consumable resource name should match a valid pattern.') ??
    checkTags(request.tags) ??
    (totalQuantity < 0 ? `Total quantity must be non-negative, got ${totalQuantity}.` : undefined) ??
    (resourceType === undefined || isResourceType(resourceType)
      ? undefined
      : 'Resource type must be one of [REPLENISHABLE, NON_REPLENISHABLE].')
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

/** The type in a request that passed; REPLENISHABLE by default. */
export function resourceTypeOf(request: CreateConsumableResourceRequest): ConsumableResource['resourceType'] {
  return isResourceType(request.resourceType) ? request.resourceType : 'REPLENISHABLE'
}

/** Returns the total after the update, or why it is refused. */
export function updatedTotal(current: ConsumableResource, request: UpdateConsumableResourceRequest): number | Refusal {
  const { operation, quantity } = request
  if (operation !== 'SET' && operation !== 'ADD' && operation !== 'REMOVE')
    return refuseWrapped('Operation must be one of [SET, ADD, REMOVE].')
  if (quantity === undefined) return refuseWrapped('Quantity is required.')
  if (quantity < 0) return refuseWrapped(`Quantity must be non-negative, got ${quantity}.`)
  if (operation === 'SET') return quantity
  const total = current.totalQuantity + (operation === 'ADD' ? quantity : -quantity)
  if (total < 0)
    return refuse(
      `Cannot remove ${quantity} from consumable resource ${current.name}, its total quantity is ${current.totalQuantity}.`,
    )
  // Larger whole numbers are not exact, neither here nor in a client that reads JSON.
  if (!Number.isSafeInteger(total)) return refuse(`Total quantity must be at most ${Number.MAX_SAFE_INTEGER}.`)
  return total
}

/** The content of an update, to compare with the earlier request under the same token. */
export function requestText({ operation, quantity }: UpdateConsumableResourceRequest): string {
  return `${operation} ${quantity}`
}

function isResourceType(text: string | undefined): text is ConsumableResource['resourceType'] {
  return text === 'REPLENISHABLE' || text === 'NON_REPLENISHABLE'
}
