/** HTTP requests whose answers are streams: one try each (`once`). */
import { readFileSync } from 'node:fs'
import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { Failure, messageOf } from './failure.ts'
import { Interrupted, type Interruption } from './interruption.ts'
import { proxyFor } from './proxies.ts'
import { BodyFailure, BodySender, type RequestBody } from './request-body.ts'
import type { Settings } from './settings.ts'

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  /** The path as it is sent, because a URL would resolve `..` in a key. */
  readonly path?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: RequestBody
  readonly timeoutMs?: number
  /** Through no proxy, whatever the environment says. */
  readonly straight?: boolean
  /** Sent although the command was told to stop. */
  readonly cleansUp?: boolean
}

/** A body so large is sent only once the server says that it takes it, or says nothing for a second. */
const askBeforeBytes = 1_048_576

export class HttpCaller {
  readonly #settings: Settings
  readonly interruption: Interruption
  readonly #agents = new Map<string, Agent>()

  constructor(settings: Settings, interruption: Interruption) {
    this.#settings = settings
    this.interruption = interruption
  }

  /** Rejects if no answer begins. The answer's body must be read or destroyed. */
  once({ method, url, path, headers, body, timeoutMs, straight, cleansUp }: HttpRequest): Promise<IncomingMessage> {
    const tls = url.protocol === 'https:'
    const proxy = straight ? undefined : proxyFor(url, this.#settings.env)
    const agent = this.#agentFor(url.protocol, proxy)
    const bytes = Number(headers['content-length'] ?? 0)
    const asks = bytes >= askBeforeBytes
    return new Promise((resolve, reject) => {
      if (!cleansUp) this.interruption.signal.throwIfAborted()
      const request = (tls ? tlsRequest : plainRequest)({
        method,
        host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port || (tls ? 443 : 80),
        path: path ?? `${url.pathname}${url.search}`,
        headers: { ...headers, ...(asks && { expect: '100-continue' }) },
        agent,
      })
      request.once('response', resolve)
      request.once('error', (error) => reject(connectionFailure(error, url, proxy)))
      if (!cleansUp) this.interruption.stops(request)
      this.#limitSilence(request, url, timeoutMs)
      const sender = new BodySender(request, body, bytes)
      if (asks) sender.onceAllowed()
      else sender.now()
    })
  }

  /** Lets the process end although connections are kept. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy()
  }

  /** A limit of 0 is none. */
  #limitSilence(request: ClientRequest, url: URL, timeoutMs?: number): void {
    const connectMs = timeoutMs ?? seconds(this.#settings, 'cli-connect-timeout', 60)
    const quietMs = timeoutMs ?? seconds(this.#settings, 'cli-read-timeout', 60)
    let phase = 'Connect'
    request.setTimeout(connectMs, () =>
      request.destroy(new ConnectionFailure(`${phase} timeout on endpoint URL: "${url.href}"`)),
    )
    request.once('socket', (socket) => {
      const connected = () => {
        phase = 'Read'
        request.setTimeout(quietMs)
      }
      if (socket.connecting) socket.once('connect', connected)
      else connected()
    })
  }

  #agentFor(protocol: string, proxy: string | undefined): Agent {
    const key = `${protocol} ${proxy ?? ''}`
    const known = this.#agents.get(key)
    if (known) return known
    const agent = this.#makeAgent(protocol, proxy)
    this.#agents.set(key, agent)
    return agent
  }

  #makeAgent(protocol: string, proxy: string | undefined): Agent {
    const proxyEnv = proxy === undefined ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy }
    const options = { keepAlive: true, maxSockets: 16, proxyEnv }
    try {
      if (protocol !== 'https:') return new Agent(options)
      const bundle = this.#settings.caBundle
      const trust = {
        ...(bundle !== undefined && { ca: readBundle(bundle) }),
        ...(this.#settings.options.has('no-verify-ssl') && { rejectUnauthorized: false }),
      }
      return new TlsAgent({ ...options, ...trust })
    } catch (error) {
      if (error instanceof Failure) throw error
      throw new Failure(`Failed to connect to proxy URL: "${proxy}" (${messageOf(error)})`)
    }
  }
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
  override readonly name: string = 'ConnectionFailure'
}

function connectionFailure(error: Error, url: URL, proxy: string | undefined): Error {
  if (error instanceof ConnectionFailure || error instanceof BodyFailure || error instanceof Interrupted) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const where = `"${url.href}"`
  if (/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO/.test(code))
    return new Failure(`SSL validation failed for ${url.href} ${error.message}`)
  if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/.test(code) || code.includes('PROXY'))
    return new ConnectionFailure(
      proxy === undefined
        ? `Could not connect to the endpoint URL: ${where}`
        : `Failed to connect to proxy URL: "${proxy}"`,
    )
  return new ConnectionFailure(`Connection was closed before we received a valid response from endpoint URL: ${where}.`)
}

/** Rejects with `ConnectionFailure` for an answer that is cut short. */
export async function readBody(answer: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > mostBytes) throw new Failure(`the service's answer is longer than ${mostBytes} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new ConnectionFailure(`Response ended prematurely: ${messageOf(error)}`)
  }
  return Buffer.concat(chunks).toString('utf8')
}
