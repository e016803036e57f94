/** The fourth step: does the operation's own work. Long reads wait for their turn. */
import type { FastifyReply } from 'fastify'
import { isRefusal } from '../../model/refusal.ts'
import type { RequestContext } from '../context.ts'
import { ApiFailure, failureOf } from '../errors.ts'
import type { LongReads } from '../long-reads.ts'
import type { Call } from '../service.ts'

/** Returns the output. Throws the operation's refusal. */
export async function handleCall(
  { operation, input }: Call,
  context: RequestContext,
  reply: FastifyReply,
  longReads: LongReads,
): Promise<unknown> {
  const handle = (given: RequestContext) => operation.handle(input as never, given)
  const output = await (operation.longRead ? longReads.run(operation, context, reply, handle) : handle(context))
  if (isRefusal(output)) throw new ApiFailure(failureOf(output))
  return output
}
