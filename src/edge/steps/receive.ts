/**
 * Runs before the steps: reads bodies whole, as the bytes that were signed. A body holds its room
 * until it is answered. Routes that stream are answered before this.
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { askForBody, holdContinue } from '../../ground/expected-continue.ts'
import { limits } from '../../model/limits.ts'
import type { ArrivalTime } from '../arrival-time.ts'
import { BodyRoom } from '../body-room.ts'
import { passageOf } from '../passage.ts'

export function receiveBodies(app: FastifyInstance, arrival: ArrivalTime): void {
  holdContinue(app.server)
  // Signatures cover the bytes as they came.
  app.removeAllContentTypeParsers()
  const room = new BodyRoom({ bytes: limits.requestBodiesBytes, bytesPerBody: limits.requestBodyBytes })
  app.addHook('onRequest', (request, reply, done) => {
    arrival.limit(request.raw, reply.raw)
    reply.raw.once('close', () => {
      arrival.done(request.raw)
      request.passage?.lease?.release()
    })
    done()
  })
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
    askForBody(request.raw)
    const stated = Number(request.headers['content-length'] ?? Number.NaN)
    const received = await room.receive(payload, Number.isNaN(stated) ? undefined : stated)
    passageOf(request).lease = received
    return received.body
  })
}
