/**
 * Runs before the steps: reads every body whole, as the bytes that were signed. A body holds its
 * room until it is answered.
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { limits } from '../../model/limits.ts'
import { BodyRoom, type Lease } from '../body-room.ts'

export function receiveBodies(app: FastifyInstance): void {
  // Signatures cover the bytes as they came.
  app.removeAllContentTypeParsers()
  const room = new BodyRoom({ bytes: limits.requestBodiesBytes, bytesPerBody: limits.requestBodyBytes })
  const leases = new WeakMap<IncomingMessage, Lease>()
  app.addHook('onRequest', (request, reply, done) => {
    reply.raw.once('close', () => leases.get(request.raw)?.release())
    done()
  })
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
    const stated = Number(request.headers['content-length'] ?? Number.NaN)
    const received = await room.receive(payload, Number.isNaN(stated) ? undefined : stated)
    leases.set(request.raw, received)
    return received.body
  })
}
