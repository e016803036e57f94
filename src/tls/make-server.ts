/** Makes a server that speaks HTTP: over TLS, if there is a certificate to show. */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { ServingCertificate } from './serving-certificate.ts'

/** How long a client may take to agree on keys, ms. */
export const handshakeTimeout = 20_000

export function makeServer(
  options: ServerOptions,
  handle: RequestListener,
  certificate: ServingCertificate | undefined,
): Server {
  if (certificate === undefined) return createServer(options, handle)
  const server = createHttpsServer({ ...options, ...certificate.contextOptions, handshakeTimeout }, handle)
  certificate.keep(server)
  // It has all that a server of HTTP has.
  return server as unknown as Server
}
