import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import querystring from 'node:querystring'
import { DriverUnavailable } from '../driver.ts'
import { engineAddress } from './engine-address.ts'

/**
 * The only layer between the driver and the engine's HTTP. Each call ends in one of three ways. The
 * engine did it (a value), the engine refused it (`EngineRefusal`), or nothing is known
 * (`DriverUnavailable`: no connection, no answer in time, or an answer cut short).
 *
 * It uses node:http and not dockerode. Dockerode's transport formats every request for its debug
 * log, sockets included, even with the log off: 5 ms of CPU a call, a quarter of what a container
 * costs. It also never ends a call whose answer is cut short.
 */
export interface EngineClient {
  /** Returns the parsed body; `undefined` for an empty one. 304 (already so) counts as done. */
  call<T = unknown>(call: EngineCall): Promise<T>
  /** Returns the body as it arrives. The caller reads it to its end or destroys it. */
  stream(call: EngineCall): Promise<IncomingMessage>
  close(): void
}

export interface EngineCall {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** The path without a query, as in `/containers/json`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: object
  /** A tar sent as the body. */
  readonly tar?: Buffer
  readonly headers?: Readonly<Record<string, string>>
  /** How long to wait for the whole answer (for `stream`: for its first byte). Absent: forever. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** The engine answered with a refusal. `message` is the engine's own text. */
export class EngineRefusal extends Error {
  override readonly name = 'EngineRefusal'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Sockets open at once: each running job holds one for its output. */
const maxSockets = 4096
/** The longest answer read into memory: the list of all containers of a busy engine. */
const maxAnswerBytes = 256 * 1024 * 1024

export function createEngineClient(dockerHost?: string): EngineClient {
  const address = engineAddress(dockerHost)
  const agentOptions = { keepAlive: true, maxSockets }
  const agent = address.kind === 'tcp' && address.tls ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions)
  const where: RequestOptions = address.kind === 'socket' ? { socketPath: address.socketPath } : address
  const send = address.kind === 'tcp' && address.tls ? httpsRequest : httpRequest

  function dial(call: EngineCall, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const payload = call.tar ?? (call.body === undefined ? undefined : JSON.stringify(call.body))
      const path = call.query === undefined ? call.path : `${call.path}?${querystring.stringify({ ...call.query })}`
      const headers: Record<string, string> = { ...call.headers }
      if (payload !== undefined) {
        headers['content-type'] = call.tar === undefined ? 'application/json' : 'application/x-tar'
        headers['content-length'] = String(Buffer.byteLength(payload))
      }
      const outgoing = send({ ...where, method: call.method, path, headers, agent, ...(signal && { signal }) })
      outgoing.on('response', resolve).on('error', reject).end(payload)
    })
  }

  async function answer(call: EngineCall, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const incoming = await dial(call, signal)
    const status = incoming.statusCode ?? 0
    if (status < 300 || status === 304) return incoming
    throw new EngineRefusal(status, refusalText(status, await readAnswer(incoming)))
  }

  return {
    async call<T>(call: EngineCall): Promise<T> {
      const limit = new Limit(call)
      try {
        const incoming = await answer(call, limit.signal)
        limit.onEnd(() => incoming.destroy())
        const text = await readAnswer(incoming)
        return (text === '' ? undefined : parse(text)) as T
      } catch (error) {
        throw limit.explain(error)
      } finally {
        limit.clear()
      }
    },
    async stream(call) {
      const limit = new Limit(call)
      try {
        return await answer(call, limit.signal)
      } catch (error) {
        throw limit.explain(error)
      } finally {
        limit.clear()
      }
    },
    close() {
      agent.destroy()
    },
  }
}

/**
 * Combines one call's time limit with the caller's signal. It uses plain timers, because thousands
 * of calls go through here.
 */
class Limit {
  readonly signal: AbortSignal | undefined
  readonly #call: EngineCall
  readonly #timer: NodeJS.Timeout | undefined
  #ended: 'late' | 'given up' | undefined
  #abort: (() => void) | undefined
  readonly #givenUp = () => this.#end('given up')

  constructor(call: EngineCall) {
    this.#call = call
    if (call.timeoutMs === undefined && call.signal === undefined) return
    const controller = new AbortController()
    this.signal = controller.signal
    this.#abort = () => controller.abort()
    if (call.timeoutMs !== undefined) this.#timer = setTimeout(() => this.#end('late'), call.timeoutMs)
    if (call.signal?.aborted) this.#givenUp()
    else call.signal?.addEventListener('abort', this.#givenUp, { once: true })
  }

  /** Registers something else to do when the limit is reached. */
  onEnd(action: () => void): void {
    const before = this.#abort
    this.#abort = () => {
      before?.()
      action()
    }
  }

  #end(how: 'late' | 'given up'): void {
    this.#ended ??= how
    this.#abort?.()
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#call.signal?.removeEventListener('abort', this.#givenUp)
  }

  explain(error: unknown): Error {
    if (error instanceof EngineRefusal || error instanceof DriverUnavailable) return error
    const what = `${this.#call.method} ${this.#call.path}`
    if (this.#ended === 'late')
      return new DriverUnavailable(`the engine did not answer ${what} in ${this.#call.timeoutMs} ms`)
    if (this.#ended === 'given up') return new DriverUnavailable(`${what} was given up`)
    return new DriverUnavailable(`the engine cannot be reached: ${(error as Error).message}`, { cause: error })
  }
}

async function readAnswer(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxAnswerBytes) throw new Error(`an answer of more than ${maxAnswerBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Some answers are plain text (`OK`), or several JSON values, one on each line.
    return text
  }
}

function refusalText(status: number, body: string): string {
  const value = parse(body)
  const message = typeof value === 'object' && value !== null ? (value as { message?: unknown }).message : value
  return typeof message === 'string' && message.trim() !== '' ? message.trim() : `HTTP status ${status}`
}
