/**
 * `Expect: 100-continue` (RFC 9110 §10.1.1): a client with a large body asks whether it is wanted.
 * Node would say yes before anybody has looked at the request. Here the reader of the body says it.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

const asking = new WeakMap<IncomingMessage, ServerResponse>()

/** From now on requests of this server wait until `askForBody` is called. */
export function holdContinue(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    asking.set(request, response)
    // The client may never send a body that nobody asked for, so the connection is of no more use.
    response.shouldKeepAlive = false
    server.emit('request', request, response)
  })
  // Another expectation means nothing, and is ignored as by S3.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}

/** Tells the client to send the body, if it waits for that. Call it before the body is read. */
export function askForBody(request: IncomingMessage): void {
  const response = asking.get(request)
  if (!response) return
  asking.delete(request)
  response.shouldKeepAlive = true
  response.writeContinue()
}
