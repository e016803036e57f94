/**
 * A listener for jobs. Opening it is tried until it succeeds, and the log says once why it fails.
 * Doors of one engine may share an address, where one listener is enough.
 */
import type { RequestListener, Server } from 'node:http'
import type { Logger } from 'pino'
import { backoffMs } from '../../ground/backoff.ts'
import type { ConnectionRoom } from '../../ground/connection-room.ts'
import { httpUrl } from '../../ground/http-url.ts'
import { delay } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'
import { makeServer } from '../../tls/make-server.ts'
import type { ServingCertificate } from '../../tls/serving-certificate.ts'

export interface ListenerOptions {
  readonly handle: RequestListener
  readonly connections: ConnectionRoom
  /** Absent: the listener speaks plain HTTP. */
  readonly certificate?: ServingCertificate | undefined
}

export interface DoorOptions extends ListenerOptions {
  /** URLs that another door listens at, with `http` whatever it speaks. */
  readonly listening: Set<string>
  /** Where the server itself listens. */
  readonly mainHost: string
  readonly port: number
  readonly log: Logger
}

export interface Opened {
  /** Absent: there is nothing to reach, and the door stays closed. */
  readonly endpoint?: string
  /** Absent: another listener is enough. */
  readonly server?: Server
}

export abstract class Door<Options extends DoorOptions> {
  protected readonly options: Options
  readonly #whenClosed: string
  readonly #closing = new AbortController()
  #opened: Opened | undefined
  #opening: Promise<void> = Promise.resolve()
  #said: string | undefined

  /** `whenClosed` is what the log says while the door is closed. */
  constructor(options: Options, whenClosed: string) {
    this.options = options
    this.#whenClosed = whenClosed
  }

  /** Throws while the door cannot be opened. */
  protected abstract openOnce(): Promise<Opened>

  /** Listens at an address, unless another door does. Rejects if nobody may listen there now. */
  protected async listenAt(address: string, port: number, options: ListenerOptions): Promise<Pick<Opened, 'server'>> {
    const { listening } = this.options
    const place = httpUrl(address, port)
    if (listening.has(place)) return {}
    listening.add(place)
    try {
      return { server: await listen(port, address, options) }
    } catch (error) {
      listening.delete(place)
      throw error
    }
  }

  /** Undefined while the door is not open. */
  get endpoint(): string | undefined {
    return this.#opened?.endpoint
  }

  /** Resolves after the first try. Keeps trying until the listener is open or closed. */
  async open(): Promise<void> {
    if (!(await this.#try())) this.#opening = this.#retry()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#opening
    const server = this.#opened?.server
    server?.closeAllConnections()
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  }

  async #retry(): Promise<void> {
    for (let tries = 0; !this.#closing.signal.aborted; tries++) {
      await delay(backoffMs(tries, 1000, 30_000), this.#closing.signal)
      if (this.#closing.signal.aborted || (await this.#try())) return
    }
  }

  async #try(): Promise<boolean> {
    try {
      this.#opened = await this.openOnce()
      return true
    } catch (err) {
      // Logged once for each reason, not at every try.
      const why = (err as Error).message
      if (why !== this.#said) this.options.log.warn({ why }, `${this.#whenClosed}; trying again`)
      this.#said = why
      return false
    }
  }
}

function listen(port: number, host: string, options: ListenerOptions): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = makeServer(
      {
        // The edge limits the time of bodies.
        requestTimeout: 0,
        headersTimeout: limits.requestHeadersMs,
        connectionsCheckingInterval: limits.requestCheckMs,
      },
      options.handle,
      options.certificate,
    )
    options.connections.admitThrough(server)
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}
