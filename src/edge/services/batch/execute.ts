/**
 * Sends a command to the loop. A call repeated by its SDK gets the first answer again
 * (docs/promises.md, 2).
 */

import type { Command } from '../../../core/decision.ts'
import { stableId } from '../../../ground/stable-id.ts'
import type { Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'

export function execute<Answer>(
  context: RequestContext,
  operation: string,
  command: Command<Answer>,
): Promise<Answer | Refusal> {
  const key = callKey(context, operation)
  if (key !== undefined && !context.calls.take(context.principal.name, context.now()))
    return Promise.resolve<Refusal>({
      ...{ kind: 'refusal', code: 'TooManyRequestsException', httpStatus: 429 },
      message: 'Too Many Requests',
    })
  return context.backend.loop.execute(command, key)
}

/** For operations whose answer is empty. */
export async function executeQuietly(
  context: RequestContext,
  operation: string,
  command: Command,
): Promise<Record<string, never> | Refusal> {
  return (await execute(context, operation, command)) ?? {}
}

/**
 * SHA-256, hexadecimal, of the caller, the invocation and the exact request. A client that names no
 * invocation makes a new call each time, as on AWS.
 */
export function callKey({ principal, invocationId, bodyHash }: RequestContext, operation: string): string | undefined {
  if (invocationId === undefined) return undefined
  return stableId(JSON.stringify([principal.name, operation, invocationId, bodyHash]))
}
