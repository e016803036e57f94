/** Asks the policies for more than the action of the operation. */
import { authorise } from '../../../access/authorise.ts'
import { actingIn } from '../../../access/principal.ts'
import type { Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { ApiFailure, failureOf } from '../../errors.ts'
import type { OwnConditionValues } from '../../operation.ts'
import { requestValues } from '../../request-values.ts'
import { resourcePolicies } from '../../resource-policies.ts'

/** Why the caller may not; undefined if they may. `own` are values of S3's condition keys. */
export function refusalTo(
  context: RequestContext,
  action: string,
  resource: string,
  own: OwnConditionValues = {},
): Refusal | undefined {
  const { account, objects } = context.backend
  const principal = actingIn(context.principal, action)
  const values = requestValues(context, resource, { principal, own })
  const ofResource = resourcePolicies(objects, resource, { principal, action })
  return authorise(principal, { action, resource, values, resourcePolicies: ofResource }, account)
}

/** Throws AccessDenied. */
export function mustBeAllowed(
  context: RequestContext,
  action: string,
  resource: string,
  own: OwnConditionValues = {},
): void {
  const refusal = refusalTo(context, action, resource, own)
  if (refusal) throw new ApiFailure(failureOf(refusal))
}
