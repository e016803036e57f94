/** Consumable resources: how many exist, and how many live attempts hold (docs/aws §9.7). */

import type { AppliedUpdate, ConsumableResource } from '../../model/account-resource.ts'
import { arn } from '../../model/arn.ts'
import type {
  CreateConsumableResourceRequest,
  CreateConsumableResourceResponse,
  UpdateConsumableResourceRequest,
  UpdateConsumableResourceResponse,
} from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'
import { isRefusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import { accept, type Command, events } from '../decision.ts'
import { consumableResourceNotFound } from '../reference.ts'
import { requestText, resourceTypeOf, updatedTotal, validateCreateConsumableResource } from './check.ts'
import { findConsumableResource } from './read.ts'

export function createConsumableResource(
  request: CreateConsumableResourceRequest,
): Command<CreateConsumableResourceResponse> {
  return (state, { now }) => {
    const refusal = validateCreateConsumableResource(request)
    if (refusal) return refusal
    const name = request.consumableResourceName
    const consumableResourceArn = arn(state.account, 'consumable-resource', name)
    if (state.consumableResources.has(consumableResourceArn)) return refuse('Object already exists', 409)
    if (state.consumableResources.size >= limits.consumableResources)
      return refuseWrapped(
        `There are ${limits.consumableResources} consumable resources, the most an account may have.`,
      )
    const resource: ConsumableResource = {
      kind: 'consumable-resource',
      name,
      arn: consumableResourceArn,
      tags: request.tags ?? {},
      createdAtMs: now,
      resourceType: resourceTypeOf(request),
      totalQuantity: request.totalQuantity ?? 0,
      updates: [],
    }
    return accept({ consumableResourceName: name, consumableResourceArn }, [{ type: 'resourceChanged', resource }])
  }
}

/**
 * A token counts for 8 hours. The same request with it succeeds and changes nothing; another
 * request is refused.
 */
export function updateConsumableResource(
  request: UpdateConsumableResourceRequest,
): Command<UpdateConsumableResourceResponse> {
  return (state, { now }) => {
    const current = findConsumableResource(state, request.consumableResource)
    if (!current) return consumableResourceNotFound(request.consumableResource)
    const answer = (totalQuantity: number) => ({
      consumableResourceName: current.name,
      consumableResourceArn: current.arn,
      totalQuantity,
    })
    const token = request.clientToken
    const valid = current.updates.filter(({ atMs }) => now - atMs < limits.updateTokenMs)
    const earlier = valid.find((update) => update.token === token)
    if (earlier)
      return earlier.request === requestText(request)
        ? accept(answer(earlier.totalQuantity), [])
        : refuse(`The clientToken ${token} was used for another update of ${current.name}.`)

    const totalQuantity = updatedTotal(current, request)
    if (isRefusal(totalQuantity)) return totalQuantity
    const applied: AppliedUpdate[] =
      token === undefined ? [] : [{ token, request: requestText(request), atMs: now, totalQuantity }]
    const updates = [...valid, ...applied].slice(-limits.updateTokens)
    const resource: ConsumableResource = { ...current, totalQuantity, updates }
    return accept(answer(totalQuantity), [{ type: 'resourceChanged', resource }])
  }
}

export function deleteConsumableResource(reference: string): Command {
  return (state) => {
    const current = findConsumableResource(state, reference)
    if (!current) return consumableResourceNotFound(reference)
    for (const { spec } of state.jobs.values())
      if (spec.consumables?.some((need) => need.arn === current.arn))
        return refuse('Cannot delete, found existing Job relationship')
    return events({ type: 'resourceGone', kind: current.kind, arn: current.arn })
  }
}
