/** Whether the caller's jobs may reach the host they run on: an action of its own, which no operation carries out. */
import { authorise } from '../../../access/authorise.ts'
import { RequestValues } from '../../../access/condition-values.ts'
import type { RequestContext } from '../../context.ts'
import { resourceFacts } from '../../resource-facts.ts'

export const reachHost = 'openbatch:ReachHost'

/** `resource` is the ARN of the queue that the job is submitted to, or of the definition that is registered. */
export function mayReachHost({ principal, backend, sourceIp, now }: RequestContext, resource: string): boolean {
  const { account } = backend
  const values = new RequestValues({
    ...{ principal, account, now: now(), sourceIp, secureTransport: false },
    ...{ requestTags: {}, tagKeys: [], own: {}, resource: () => resourceFacts(backend, resource) },
  })
  return authorise(principal, { action: reachHost, resource, values }, account) === undefined
}
