/** The resources that a call touches: ARNs, or `*`. Each of them must be allowed. */
import type { RequestContext } from './context.ts'
import type { Call } from './service.ts'

export function resourcesOf({ operation, input }: Call, context: RequestContext): readonly string[] {
  const named = operation.resource(input as never, context)
  return typeof named === 'string' ? [named] : named
}
