/** What a request brings to the conditions of policies that are asked about one of its resources. */
import { RequestValues, type ResourceFacts } from '../access/condition-values.ts'
import type { Principal } from '../access/principal.ts'
import type { RequestContext } from './context.ts'
import { resourceFacts } from './resource-facts.ts'

/** What only some questions bring. */
interface More {
  /** Default: whoever sent the request. */
  readonly principal?: Principal
  readonly requestTags?: Readonly<Record<string, string>>
  readonly tagKeys?: readonly string[]
  /** Values of the operation's own condition keys. */
  readonly own?: Readonly<Record<string, readonly string[]>>
  /** Default: what is known of the ARN. */
  readonly facts?: ResourceFacts | undefined
}

export function requestValues(context: RequestContext, resource: string, more: More = {}): RequestValues {
  const { backend, now, sourceIp } = context
  const { principal = context.principal, requestTags = {}, tagKeys = Object.keys(requestTags), own = {} } = more
  return new RequestValues({
    ...{ principal, account: backend.account, now: now(), sourceIp, requestTags, tagKeys, own },
    // The server speaks HTTP.
    secureTransport: false,
    resource: () => ('facts' in more ? more.facts : resourceFacts(backend, resource)),
  })
}
