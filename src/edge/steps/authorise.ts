/** The third step: asks the policies. Every resource that the call touches must be allowed. */
import { authorise } from '../../access/authorise.ts'
import { actingIn } from '../../access/principal.ts'
import type { Refusal } from '../../model/refusal.ts'
import type { RequestContext } from '../context.ts'
import { ApiFailure, failureOf, notCarriedOut } from '../errors.ts'
import { requestTagsOf } from '../request-tags.ts'
import { requestValues } from '../request-values.ts'
import { resourcePolicies } from '../resource-policies.ts'
import type { Call } from '../service.ts'

/** Why the principal may not act on a resource, by its ARN. */
export type Refused = ReadonlyMap<string, Refusal>

const none: Refused = new Map()

/**
 * Throws AWS's AccessDenied, or for an allowed caller the trouble that keeps the server from
 * answering (`memoryTrouble`). Returns the refused resources if the operation answers for each.
 */
export function authoriseCall(
  call: Call,
  resources: readonly string[],
  context: RequestContext,
  memoryTrouble: (() => string | undefined) | undefined,
): Refused {
  const { operation } = call
  const refused = operation.needsNoPermission ? none : refusedOf(call, resources, context)
  for (const refusal of refused.values()) if (!operation.refusesEach) throw new ApiFailure(failureOf(refusal))
  const trouble = operation.inTrouble ? undefined : memoryTrouble?.()
  if (trouble !== undefined) throw new ApiFailure(notCarriedOut(trouble))
  return refused
}

const noOwnValues = [{}]

function refusedOf({ operation, input }: Call, resources: readonly string[], context: RequestContext): Refused {
  const { action } = operation
  // With an empty list the loop below would allow the call without asking any policy.
  if (resources.length === 0) throw new Error(`${action} names no resource to authorise`)
  const { requestTags, tagKeys } = requestTagsOf(operation, input)
  const given = operation.conditionValues?.(input as never) ?? noOwnValues
  const { backend } = context
  const principal = actingIn(context.principal, action)
  const refused = new Map<string, Refusal>()
  for (const resource of resources) {
    const ofResource = resourcePolicies(backend.objects, resource, { principal, action })
    for (const own of given.length > 0 ? given : noOwnValues) {
      const values = requestValues(context, resource, { principal, requestTags, tagKeys, own })
      const wish = { action, resource, values, resourcePolicies: ofResource }
      const refusal = authorise(principal, wish, backend.account)
      if (refusal) refused.set(resource, refusal)
    }
  }
  return refused
}
