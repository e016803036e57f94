/** HTTP requests whose answers are streams: one try each (`once`). */
import { readFileSync } from 'node:fs'
import { Agent, type IncomingMessage, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Failure, messageOf } from './failure.ts'
import { bytesPassed } from './passing-bytes.ts'
import type { Settings } from './settings.ts'

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  /** The path as it is sent, because a URL would resolve `..` in a key. */
  readonly path?: string
  readonly headers: Readonly<Record<string, string>>
  /** A buffer, or what opens a stream of `content-length` bytes. */
  readonly body?: Buffer | (() => Readable)
  readonly timeoutMs?: number
}

/** A body so large is sent only once the server says that it takes it, or says nothing for a second. */
const askBeforeBytes = 1_048_576
const continueWithinMs = 1000

export class HttpCaller {
  readonly #settings: Settings
  #agents: { plain: Agent; tls: TlsAgent } | undefined

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Rejects if no answer begins. The answer's body must be read or destroyed. */
  once({ method, url, path, headers, body, timeoutMs }: HttpRequest): Promise<IncomingMessage> {
    const tls = url.protocol === 'https:'
    const agents = this.#agentsOf()
    const asks = Number(headers['content-length'] ?? 0) >= askBeforeBytes
    return new Promise((resolve, reject) => {
      const request = (tls ? tlsRequest : plainRequest)({
        method,
        host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port || (tls ? 443 : 80),
        path: path ?? `${url.pathname}${url.search}`,
        headers: { ...headers, ...(asks && { expect: '100-continue' }) },
        agent: tls ? agents.tls : agents.plain,
      })
      const quietMs = timeoutMs ?? seconds(this.#settings, 'cli-read-timeout', 60)
      request.setTimeout(quietMs, () => request.destroy(new Failure(`Read timeout on endpoint URL: "${url.href}"`)))
      request.once('response', resolve)
      request.once('error', (error) => reject(connectionFailure(error, url)))
      const send = () => sendBody(request, body)
      if (!asks) return send()
      const timer = setTimeout(send, continueWithinMs)
      request.once('continue', () => {
        clearTimeout(timer)
        send()
      })
      request.once('response', () => clearTimeout(timer))
      request.once('close', () => clearTimeout(timer))
    })
  }

  /** Lets the process end although connections are kept. */
  close(): void {
    this.#agents?.plain.destroy()
    this.#agents?.tls.destroy()
  }

  #agentsOf() {
    if (this.#agents) return this.#agents
    const bundle = this.#settings.caBundle
    const options = { keepAlive: true, maxSockets: 16, proxyEnv: this.#settings.env as NodeJS.ProcessEnv }
    const trust = {
      ...(bundle !== undefined && { ca: readBundle(bundle) }),
      ...(this.#settings.options.has('no-verify-ssl') && { rejectUnauthorized: false }),
    }
    this.#agents = { plain: new Agent(options), tls: new TlsAgent({ ...options, ...trust }) }
    return this.#agents
  }
}

function sendBody(request: import('node:http').ClientRequest, body: HttpRequest['body']): void {
  if (request.destroyed) return
  if (typeof body !== 'function') {
    request.end(body)
    return
  }
  // An answer that comes early, or a lost connection, is told by the request's own events.
  const content = body().on('data', (chunk: Buffer) => bytesPassed(chunk.length))
  pipeline(content, request).catch((error: Error) => {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') request.destroy(error)
  })
}

function readBundle(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Failure(
      `Could not find a suitable TLS CA certificate bundle, invalid path: ${path} (${messageOf(error)})`,
    )
  }
}

function seconds(settings: Settings, option: string, otherwise: number): number {
  return (settings.options.number(option) ?? otherwise) * 1000
}

/** The request never reached the service, or its answer never came. Another try may do better. */
export class ConnectionFailure extends Failure {
  override readonly name = 'ConnectionFailure'
}

function connectionFailure(error: Error, url: URL): Error {
  if (error instanceof Failure) return new ConnectionFailure(error.message)
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const where = `"${url.href}"`
  if (/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO/.test(code))
    return new Failure(`SSL validation failed for ${url.href} ${error.message}`)
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EHOSTUNREACH')
    return new ConnectionFailure(`Could not connect to the endpoint URL: ${where}`)
  return new ConnectionFailure(`Connection was closed before we received a valid response from endpoint URL: ${where}.`)
}

export async function readBody(answer: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBytes) throw new Failure(`the service's answer is longer than ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
