/** The fifth step: writes the answer, or the error, in the protocol of its service. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { limits } from '../../model/limits.ts'
import { requestIdPlaceholder } from '../../model/refusal.ts'
import type { Failure } from '../errors.ts'
import type { ErrorProtocol, Protocol, WireMessage } from '../protocols/protocol.ts'
import type { Call } from '../service.ts'

export function writeAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  writer: Protocol,
  { operation }: Call,
  output: unknown,
): void {
  const written = writer.writeAnswer(operation.name, output, request.id)
  send(reply, written.httpStatus ?? 200, written)
}

export function writeFailure(
  request: FastifyRequest,
  reply: FastifyReply,
  protocol: ErrorProtocol,
  failure: Failure,
): void {
  const message = failure.message.replaceAll(requestIdPlaceholder, request.id)
  const path = request.originalUrl.split('?')[0]!
  const written = protocol.writeFailure({ ...failure, message }, request.id, path)
  send(reply, written.httpStatus ?? failure.httpStatus, written)
}

function send(reply: FastifyReply, status: number, message: WireMessage): void {
  reply.code(status)
  if (message.contentType !== undefined) reply.header('content-type', message.contentType)
  if (message.headers) reply.headers(message.headers)
  // A client that does not read a stream gives it up.
  if (message.body instanceof Readable) reply.raw.setTimeout(limits.answerStallMs, () => reply.raw.destroy())
  // With its own serializer fastify adds no charset, which AWS's answers do not have. Text takes
  // one write, bytes take two.
  reply.serializer(asItIs).send(message.body)
}

const asItIs = (text: unknown) => text as string
