/** One call of an AWS operation on its way through the server: understood, authorised, carried out, answered. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isRefusal, requestIdPlaceholder } from '../model/refusal.ts'
import type { Demand } from './authorisation.ts'
import type { RequestContext } from './context.ts'
import { ApiFailure, type Failure, failureOf } from './errors.ts'
import type { LongReads } from './long-reads.ts'
import type { Operation } from './operation.ts'
import type { ErrorProtocol, Protocol, WireMessage } from './protocols/protocol.ts'

export interface Call {
  readonly operation: Operation
  readonly input: unknown
}

declare module 'fastify' {
  interface FastifyInstance {
    longReads: LongReads
  }
  interface FastifyContextConfig {
    protocol?: ErrorProtocol
  }
  interface FastifyRequest {
    /** Set by `understood` on the routes of AWS services. */
    call?: Call
  }
}

/** Keeps the call for the handler and says what it demands. */
export function understood(request: FastifyRequest, call: Call, context: RequestContext): Demand {
  request.call = call
  const resource = call.operation.resource(call.input as never, context)
  return { action: call.operation.action, resources: typeof resource === 'string' ? [resource] : resource }
}

/** Carries out an authorised call and sends the answer. `check` throws for an answer that has not its shape. */
export async function answerCall(
  request: FastifyRequest,
  reply: FastifyReply,
  protocol: Protocol,
  check: ((call: Call, output: unknown) => void) | undefined,
): Promise<void> {
  const call = request.call!
  const { operation, input } = call
  const handle = (context: RequestContext) => operation.handle(input as never, context)
  const output = await (operation.longRead
    ? request.server.longReads.run(operation, request, reply, handle)
    : handle(request.context))
  if (isRefusal(output)) throw new ApiFailure(failureOf(output))
  check?.(call, output)
  send(reply, 200, protocol.writeAnswer(operation.name, output, request.id))
}

/** Writes an error in the protocol of its service. */
export function sendFailure(
  request: FastifyRequest,
  reply: FastifyReply,
  protocol: ErrorProtocol,
  failure: Failure,
): void {
  const message = failure.message.replaceAll(requestIdPlaceholder, request.id)
  const written = protocol.writeFailure({ ...failure, message }, request.id)
  send(reply, written.httpStatus ?? failure.httpStatus, written)
}

function send(reply: FastifyReply, status: number, message: WireMessage): void {
  reply.code(status).header('content-type', message.contentType)
  if (message.headers) reply.headers(message.headers)
  // With a serializer of its own fastify adds no charset, which AWS's answers do not have; text costs one write, bytes two.
  reply.serializer(asItIs).send(message.body)
}

const asItIs = (text: unknown) => text as string
