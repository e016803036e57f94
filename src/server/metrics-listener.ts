/**
 * A listener that serves only `/metrics`: to whoever has the token, or, without a token, to whoever
 * reaches it.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { BearerToken } from '../access/bearer-token.ts'
import type { ConnectionRoom } from '../ground/connection-room.ts'
import { httpUrl } from '../ground/http-url.ts'
import { limits } from '../model/limits.ts'
import { makeServer } from '../tls/make-server.ts'
import type { ServingCertificate } from '../tls/serving-certificate.ts'
import type { ServerMetrics } from './metrics.ts'
import type { ListenAddress } from './metrics-settings.ts'

export interface MetricsListenerOptions extends ListenAddress {
  readonly token: Pick<BearerToken, 'accepts'> | undefined
  readonly metrics: Pick<ServerMetrics, 'contentType' | 'read'>
  readonly connections: ConnectionRoom
  /** Absent: the metrics are served over plain HTTP. */
  readonly certificate?: ServingCertificate | undefined
  readonly log: Logger
}

export class MetricsListener {
  readonly #options: MetricsListenerOptions
  readonly #server: Server

  constructor(options: MetricsListenerOptions) {
    this.#options = options
    const timeouts = {
      requestTimeout: limits.requestMs,
      headersTimeout: limits.requestHeadersMs,
      connectionsCheckingInterval: limits.requestCheckMs,
    }
    this.#server = makeServer(
      timeouts,
      (request, response) => void this.#answer(request, response),
      options.certificate,
    )
    options.connections.admitThrough(this.#server)
  }

  /** Resolves with the URL of the metrics. */
  async open(): Promise<string> {
    const { host, port } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, resolve)
    })
    const { address, port: taken } = this.#server.address() as AddressInfo
    return `${httpUrl(address, taken, this.#options.certificate ? 'https' : 'http')}/metrics`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer({ method = '', url = '', headers, socket }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { token, metrics, connections, log } = this.#options
    const refuse = (status: number, why: string, more = {}) =>
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...more }).end(`${why}\n`)
    try {
      if (url.split('?')[0] !== '/metrics') return void refuse(404, 'There is nothing here but /metrics.')
      if (method !== 'GET' && method !== 'HEAD') return void refuse(405, 'Metrics are read.', { allow: 'GET, HEAD' })
      if (token && !token.accepts(headers.authorization))
        return void refuse(401, 'The token is missing or wrong.', { 'www-authenticate': 'Bearer' })
      if (token) connections.vouchFor(socket)
      const text = await metrics.read()
      response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
    } catch (err) {
      log.error({ err }, 'the metrics could not be read')
      refuse(500, 'The metrics could not be read; the log of the server has the cause.')
    }
  }
}
