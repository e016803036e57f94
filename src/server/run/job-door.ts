/**
 * How jobs reach this server: a second listener, on the address that containers see. It opens as
 * soon as the engine reports that address. It speaks TLS if the server's certificate is for that
 * address; the operator's own may not be, and then the listener speaks plain HTTP, which does not
 * leave the machine.
 */
import type { RequestListener, Server } from 'node:http'
import type { Logger } from 'pino'
import { backoffMs } from '../../ground/backoff.ts'
import type { ConnectionRoom } from '../../ground/connection-room.ts'
import { httpUrl, isEverywhere } from '../../ground/http-url.ts'
import { delay } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'
import { makeServer } from '../../tls/make-server.ts'
import type { ServingCertificate } from '../../tls/serving-certificate.ts'

export interface JobDoorOptions {
  /** The address of this host as jobs see it. Throws while the engine is away. */
  readonly hostAddress: () => Promise<string>
  /** Addresses that another door listens at. */
  readonly listening: Set<string>
  readonly mainHost: string
  readonly port: number
  readonly handle: RequestListener
  readonly connections: ConnectionRoom
  /** Absent: the server speaks plain HTTP. */
  readonly certificate?: ServingCertificate | undefined
  readonly log: Logger
}

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
    const { certificate, hostAddress, listening, mainHost, port, log } = this.#options
    try {
      const address = await hostAddress()
      // Everywhere, the main listener is enough.
      const hasListener = !isEverywhere(mainHost) && address !== mainHost
      await certificate?.cover(address)
      const shown = hasListener && !certificate?.covers(address) ? undefined : certificate
      if (hasListener && !listening.has(address)) {
        listening.add(address)
        this.#server = await this.#listen(port, address, shown).catch((error) => {
          listening.delete(address)
          throw error
        })
      }
      this.#endpoint = shown ? httpUrl(shown.nameFor(address), port, 'https') : httpUrl(address, port)
      return true
    } catch (err) {
      // Logged once for each reason, not at every try.
      const why = (err as Error).message
      if (why !== this.#said) log.warn({ why }, 'jobs in containers cannot reach this server yet; trying again')
      this.#said = why
      return false
    }
  }

  #listen(port: number, host: string, certificate: ServingCertificate | undefined): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = makeServer(
        {
          // The edge limits the time of bodies.
          requestTimeout: 0,
          headersTimeout: limits.requestHeadersMs,
          connectionsCheckingInterval: limits.requestCheckMs,
        },
        this.#options.handle,
        certificate,
      )
      this.#options.connections.admitThrough(server)
      server.once('error', reject)
      server.listen(port, host, () => resolve(server))
    })
  }
}
