/** What a request brings to the conditions of policies that are asked about one of its resources. */
import { RequestValues, type ResourceFacts } from '../access/condition-values.ts'
import { circumstancesOf, type MoreCircumstances } from './circumstances.ts'
import type { RequestContext } from './context.ts'
import { resourceFacts } from './resource-facts.ts'

interface More extends MoreCircumstances {
  /** Default: what is known of the ARN. */
  readonly facts?: ResourceFacts | undefined
}

export function requestValues(context: RequestContext, resource: string, more: More = {}): RequestValues {
  const facts = () => ('facts' in more ? more.facts : resourceFacts(context, resource))
  return new RequestValues({ ...circumstancesOf(context, more), resource: facts })
}
