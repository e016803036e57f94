/**
 * How jobs reach this server: a second listener, on the address that containers see. It opens as
 * soon as the engine reports that address. It speaks TLS if the server's certificate is for that
 * address; the operator's own may not be, and then the listener speaks plain HTTP, which does not
 * leave the machine.
 */
import { httpUrl, isEverywhere } from '../../ground/http-url.ts'
import { Door, type DoorOptions, type Opened } from './door.ts'

export interface JobDoorOptions extends DoorOptions {
  /** The address of this host as jobs see it. Throws while the engine is away. */
  readonly hostAddress: () => Promise<string>
}

export class JobDoor extends Door<JobDoorOptions> {
  constructor(options: JobDoorOptions) {
    super(options, 'jobs in containers cannot reach this server yet')
  }

  protected async openOnce(): Promise<Opened> {
    const { certificate, hostAddress, mainHost, port } = this.options
    const address = await hostAddress()
    // Everywhere, the main listener is enough.
    const hasListener = !isEverywhere(mainHost) && address !== mainHost
    await certificate?.cover(address)
    const shown = hasListener && !certificate?.covers(address) ? undefined : certificate
    const endpoint = shown ? httpUrl(shown.nameFor(address), port, 'https') : httpUrl(address, port)
    if (!hasListener) return { endpoint }
    return { endpoint, ...(await this.listenAt(address, port, { ...this.options, certificate: shown })) }
  }
}
