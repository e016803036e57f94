/**
 * How jobs reach this server: a second listener, on the address that containers see. It opens as
 * soon as the engine reports that address. It speaks TLS if the server's certificate is for that
 * address; the operator's own may not be, and then the listener speaks plain HTTP, which does not
 * leave the machine.
 */
import type { Logger } from 'pino'
import { httpUrl, isEverywhere } from '../../ground/http-url.ts'
import { Door, type ListenerOptions, listen, type Opened } from './door.ts'

export interface JobDoorOptions extends ListenerOptions {
  /** The address of this host as jobs see it. Throws while the engine is away. */
  readonly hostAddress: () => Promise<string>
  /** URLs that another door listens at, with `http` whatever it speaks. */
  readonly listening: Set<string>
  readonly mainHost: string
  readonly port: number
  readonly log: Logger
}

export class JobDoor {
  readonly #options: JobDoorOptions
  readonly #door: Door

  constructor(options: JobDoorOptions) {
    this.#options = options
    const whenClosed = 'jobs in containers cannot reach this server yet'
    this.#door = new Door({ openOnce: () => this.#openOnce(), whenClosed, log: options.log })
  }

  get endpoint(): string | undefined {
    return this.#door.endpoint
  }

  /** Resolves after the first try. Keeps trying until the listener is open or closed. */
  open(): Promise<void> {
    return this.#door.open()
  }

  close(): Promise<void> {
    return this.#door.close()
  }

  async #openOnce(): Promise<Opened> {
    const { certificate, hostAddress, listening, mainHost, port } = this.#options
    const address = await hostAddress()
    // Everywhere, the main listener is enough.
    const hasListener = !isEverywhere(mainHost) && address !== mainHost
    await certificate?.cover(address)
    const shown = hasListener && !certificate?.covers(address) ? undefined : certificate
    const endpoint = shown ? httpUrl(shown.nameFor(address), port, 'https') : httpUrl(address, port)
    const place = httpUrl(address, port)
    if (!hasListener || listening.has(place)) return { endpoint }
    listening.add(place)
    try {
      return { endpoint, server: await listen(port, address, { ...this.#options, certificate: shown }) }
    } catch (error) {
      listening.delete(place)
      throw error
    }
  }
}
