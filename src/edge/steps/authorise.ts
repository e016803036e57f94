/**
 * The third step: decides whether the caller may. Every resource that the call touches must be
 * allowed.
 */
import { authorise } from '../../access/rule.ts'
import type { RequestContext } from '../context.ts'
import { ApiFailure, failureOf, notCarriedOut } from '../errors.ts'
import type { Call } from '../service.ts'

/**
 * Throws AWS's AccessDenied. For allowed callers throws why nothing can be answered now
 * (`memoryTrouble`).
 */
export function authoriseCall(
  { operation, input }: Call,
  context: RequestContext,
  memoryTrouble: (() => string | undefined) | undefined,
): void {
  const { action, who: rule } = operation
  const named = operation.resource(input as never, context)
  const resources = typeof named === 'string' ? [named] : named
  // Without a resource, the loop below would allow the call without a look at the rules.
  if (resources.length === 0) throw new Error(`${action} names no resource to authorise`)
  for (const resource of resources) {
    const verdict = authorise(context.principal, { action, rule, resource }, context.backend.account)
    if (verdict.kind === 'refusal') throw new ApiFailure(failureOf(verdict))
  }
  const trouble = operation.inTrouble ? undefined : memoryTrouble?.()
  if (trouble !== undefined) throw new ApiFailure(notCarriedOut(trouble))
}
