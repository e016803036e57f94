/**
 * The second step: finds out what the request asks for. Each service reads its requests in its own
 * way; see `Route.parse`.
 */
import { isRefusal } from '../../model/refusal.ts'
import type { RequestContext } from '../context.ts'
import { ApiFailure, failureOf } from '../errors.ts'
import type { Call, Incoming, SignedRoute } from '../service.ts'

/** Throws for a request that cannot be understood. */
export function parseCall(route: SignedRoute, incoming: Incoming, context: RequestContext): Call {
  const parsed = route.parse(incoming, context)
  if (isRefusal(parsed)) throw new ApiFailure(failureOf(parsed))
  if ('code' in parsed) throw new ApiFailure(parsed)
  return parsed
}
