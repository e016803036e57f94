/** A listener for jobs. Opening it is tried until it succeeds, and the log says once why it fails. */
import type { RequestListener, Server } from 'node:http'
import type { Logger } from 'pino'
import { backoffMs } from '../../ground/backoff.ts'
import type { ConnectionRoom } from '../../ground/connection-room.ts'
import { delay } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'
import { makeServer } from '../../tls/make-server.ts'
import type { ServingCertificate } from '../../tls/serving-certificate.ts'

export interface DoorOptions {
  /** Throws while the door cannot be opened. */
  readonly openOnce: () => Promise<Opened>
  /** What the log says while the door is closed. */
  readonly whenClosed: string
  readonly log: Logger
}

export interface Opened {
  /** Absent: there is nothing to reach, and the door stays closed. */
  readonly endpoint?: string
  /** Absent: another listener is enough. */
  readonly server?: Server
}

export class Door {
  readonly #options: DoorOptions
  readonly #closing = new AbortController()
  #opened: Opened | undefined
  #opening: Promise<void> = Promise.resolve()
  #said: string | undefined

  constructor(options: DoorOptions) {
    this.#options = options
  }

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
    const { openOnce, whenClosed, log } = this.#options
    try {
      this.#opened = await openOnce()
      return true
    } catch (err) {
      // Logged once for each reason, not at every try.
      const why = (err as Error).message
      if (why !== this.#said) log.warn({ why }, `${whenClosed}; trying again`)
      this.#said = why
      return false
    }
  }
}

export interface ListenerOptions {
  readonly handle: RequestListener
  readonly connections: ConnectionRoom
  /** Absent: the listener speaks plain HTTP. */
  readonly certificate?: ServingCertificate | undefined
}

/** Rejects if nobody may listen there now. */
export function listen(port: number, host: string, options: ListenerOptions): Promise<Server> {
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
