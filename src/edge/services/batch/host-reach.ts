/** Whether the caller's jobs may reach the host they run on: an action of its own, which no operation carries out. */
import { evaluate } from '../../../access/policy/evaluate.ts'
import type { RequestContext } from '../../context.ts'
import { requestValues } from '../../request-values.ts'

export const reachHost = 'openbatch:ReachHost'

/** `resource` is the ARN of the queue that the job is submitted to, or of the definition that is registered. */
export function mayReachHost(context: RequestContext, resource: string): boolean {
  const request = { action: reachHost, resource, context: requestValues(context, resource) }
  return evaluate(context.principal.policies, request).kind === 'allowed'
}
