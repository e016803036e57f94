/**
 * How jobs reach this server: a second listener, on the address that containers see. It opens as
 * soon as the engine reports that address.
 */

import { createServer, type RequestListener, type Server } from 'node:http'
import type { Logger } from 'pino'
import { backoffMs } from '../../ground/backoff.ts'
import type { ConnectionRoom } from '../../ground/connection-room.ts'
import { httpUrl } from '../../ground/http-url.ts'
import { delay } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'

export interface JobDoorOptions {
  /** The address of this host as jobs see it. Throws while the engine is away. */
  readonly hostAddress: () => Promise<string>
  /** Addresses that another door listens at. */
  readonly listening: Set<string>
  readonly mainHost: string
  readonly port: number
  readonly handle: RequestListener
  readonly connections: ConnectionRoom
  readonly log: Logger
}

/** Addresses that reach every interface. With one of these the main listener is enough. */
const everywhere = new Set(['0.0.0.0', '::'])

export class JobDoor {
  readonly #options: JobDoorOptions
  readonly #closing = new AbortController()
  #server: Server | undefined
  #endpoint: string | undefined
  #opening: Promise<void> = Promise.resolve()
  #said: string | undefined

  constructor(options: JobDoorOptions) {
    this.#options = options
  }

  get endpoint(): string | undefined {
    return this.#endpoint
  }

  /** Resolves after the first try. Keeps trying until the listener is open or closed. */
  async open(): Promise<void> {
    if (!(await this.#try())) this.#opening = this.#retry()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#opening
    this.#server?.closeAllConnections()
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)))
  }

  async #retry(): Promise<void> {
    for (let tries = 0; !this.#closing.signal.aborted; tries++) {
      await delay(backoffMs(tries, 1000, 30_000), this.#closing.signal)
      if (this.#closing.signal.aborted || (await this.#try())) return
    }
  }

  async #try(): Promise<boolean> {
    const { hostAddress, listening, mainHost, port, log } = this.#options
    try {
      const address = await hostAddress()
      if (!everywhere.has(mainHost) && address !== mainHost && !listening.has(address)) {
        listening.add(address)
        this.#server = await this.#listen(port, address).catch((error) => {
          listening.delete(address)
          throw error
        })
      }
      this.#endpoint = httpUrl(address, port)
      return true
    } catch (err) {
      // Logged once for each reason, not at every try.
      const why = (err as Error).message
      if (why !== this.#said) log.warn({ why }, 'jobs in containers cannot reach this server yet; trying again')
      this.#said = why
      return false
    }
  }

  #listen(port: number, host: string): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer(
        {
          requestTimeout: limits.requestMs,
          headersTimeout: limits.requestHeadersMs,
          connectionsCheckingInterval: limits.requestCheckMs,
        },
        this.#options.handle,
      )
      this.#options.connections.admitThrough(server)
      server.once('error', reject)
      server.listen(port, host, () => resolve(server))
    })
  }
}
