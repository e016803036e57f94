/** Asks the policies for more than the action of the operation. */
import { authorise } from '../../../access/authorise.ts'
import { actingIn } from '../../../access/principal.ts'
import type { Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { ApiFailure, failureOf } from '../../errors.ts'
import { requestValues } from '../../request-values.ts'

/** Why the caller may not; undefined if they may. */
export function refusalTo(context: RequestContext, action: string, resource: string): Refusal | undefined {
  const principal = actingIn(context.principal, action)
  const values = requestValues(context, resource, { principal })
  return authorise(principal, { action, resource, values }, context.backend.account)
}

/** Throws AccessDenied. */
export function mustBeAllowed(context: RequestContext, action: string, resource: string): void {
  const refusal = refusalTo(context, action, resource)
  if (refusal) throw new ApiFailure(failureOf(refusal))
}
