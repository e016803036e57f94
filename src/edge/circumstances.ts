/** What a request brings to the conditions of policies, apart from what is known of the resource. */
import type { Circumstances } from '../access/condition-values.ts'
import type { Principal } from '../access/principal.ts'
import type { RequestContext } from './context.ts'

/** What only some questions bring. */
export interface MoreCircumstances {
  /** Default: whoever sent the request. */
  readonly principal?: Principal
  readonly requestTags?: Readonly<Record<string, string>>
  readonly tagKeys?: readonly string[]
  /** Values of the operation's own condition keys. */
  readonly own?: Circumstances['own']
}

export function circumstancesOf(
  context: RequestContext,
  more: MoreCircumstances = {},
): Omit<Circumstances, 'resource'> {
  const { backend, now, sourceIp, secureTransport } = context
  const { principal = context.principal, requestTags = {}, tagKeys = Object.keys(requestTags), own = {} } = more
  return { principal, account: backend.account, now: now(), sourceIp, secureTransport, requestTags, tagKeys, own }
}
