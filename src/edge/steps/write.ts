/** The fifth step: writes the answer, or the error, in the protocol of its service. */
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { limits } from '../../model/limits.ts'
import { requestIdPlaceholder } from '../../model/refusal.ts'
import type { Failure } from '../errors.ts'
import { LongContent } from '../long-content.ts'
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
  if (message.body instanceof LongContent) return writeLong(reply, message.body)
  // With its own serializer fastify adds no charset, which AWS's answers do not have. Text takes
  // one write, bytes take two.
  reply.serializer(asItIs).send(message.body)
}

function writeLong(reply: FastifyReply, content: LongContent): void {
  const { raw, request, statusCode } = reply
  reply.hijack()
  raw.writeHead(statusCode, reply.getHeaders() as OutgoingHttpHeaders)
  // A client that does not read gives the answer up.
  raw.setTimeout(limits.answerStallMs, () => raw.destroy())
  content.writeTo(raw).catch((err) => {
    request.log.error({ err }, 'an answer could not be written to its end')
    // The client sees that something is missing.
    raw.destroy()
  })
}

const asItIs = (text: unknown) => text as string
