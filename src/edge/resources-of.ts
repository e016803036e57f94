/** What a call touches: ARNs, or `*`. Every one of them has to be allowed. */
import type { RequestContext } from './context.ts'
import type { Call } from './service.ts'

export function resourcesOf({ operation, input }: Call, context: RequestContext): readonly string[] {
  const named = operation.resource(input as never, context)
  return typeof named === 'string' ? [named] : named
}
