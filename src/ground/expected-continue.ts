/**
 * `Expect: 100-continue` (RFC 9110 §10.1.1): a client with a large body asks whether it is wanted.
 * Node would say yes before anybody has looked at the request. Here the reader of the body says it.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

const asking = new WeakSet<IncomingMessage>()

/** From now on requests of this server wait until `askForBody` is called. */
export function holdContinue(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    asking.add(request)
    server.emit('request', request, response)
  })
  // Another expectation means nothing, and is ignored as by S3.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}

/** Tells the client to send the body, if it waits for that. Call it before the body is read. */
export function askForBody(request: IncomingMessage, response: ServerResponse): void {
  if (asking.delete(request)) response.writeContinue()
}

/** Whether the client has kept its body back. It may never send it, so the connection is of no more use. */
export function isBodyKeptBack(request: IncomingMessage): boolean {
  return asking.has(request)
}
