/** Asks the policies for more than the action of the operation. */
import { authorise } from '../../../access/authorise.ts'
import type { Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { ApiFailure, failureOf } from '../../errors.ts'
import { requestValues } from '../../request-values.ts'

/** Why the caller may not; undefined if they may. */
export function refusalTo(context: RequestContext, action: string, resource: string): Refusal | undefined {
  const { principal, backend } = context
  return authorise(principal, { action, resource, values: requestValues(context, resource) }, backend.account)
}

/** Throws AccessDenied. */
export function mustBeAllowed(context: RequestContext, action: string, resource: string): void {
  const refusal = refusalTo(context, action, resource)
  if (refusal) throw new ApiFailure(failureOf(refusal))
}
