/**
 * Where the jobs of a driver ask for their credentials, as the containers of ECS ask its agent. SDKs
 * take credentials over plain HTTP from few addresses, and trust no certificate for it but those
 * that the whole world trusts. So this is a listener of its own where the server speaks TLS.
 */
import type { RequestListener } from 'node:http'
import { taskAgentAddress } from '../../drivers/driver.ts'
import { httpUrl, isEverywhere } from '../../ground/http-url.ts'
import { stableId } from '../../ground/stable-id.ts'
import { Door, type DoorOptions, type Opened } from './door.ts'

export interface CredentialsDoorOptions extends DoorOptions {
  /** The address at which jobs ask; undefined if they cannot. Throws while the engine is away. */
  readonly hostAddress: () => Promise<string | undefined>
  /** Where the door listens on loopback if it may: see `reservedPort`. */
  readonly loopbackPort?: number | undefined
}

const taskPath = /^\/(?:v2\/credentials|v4)\//

export class CredentialsDoor extends Door<CredentialsDoorOptions> {
  constructor(options: CredentialsDoorOptions) {
    const whenClosed = 'jobs cannot ask for credentials yet, and get them in their environment'
    super({ ...options, handle: onlyTaskPaths(options.handle) }, whenClosed)
  }

  protected async openOnce(): Promise<Opened> {
    const address = await this.options.hostAddress()
    if (address === undefined) return {}
    const [first, ...others] = this.#ports(address)
    let why: unknown
    for (const port of [first!, ...others]) {
      try {
        return await this.#openAt(address, port)
      } catch (error) {
        if (!isTaken(error)) throw error
        why ??= error
      }
    }
    throw why
  }

  /** The first port that this server may take. Only one server of a machine has port 80. */
  #ports(address: string): readonly number[] {
    const { certificate, loopbackPort, port } = this.options
    const plain = certificate ? port + 1 : port
    const reserved = address === taskAgentAddress ? 80 : loopbackPort
    return reserved === undefined ? [plain] : [reserved, plain]
  }

  async #openAt(address: string, port: number): Promise<Opened> {
    const { certificate, connections, handle, mainHost, port: mainPort } = this.options
    const endpoint = httpUrl(address, port)
    const isMain = port === mainPort && !certificate && (isEverywhere(mainHost) || address === mainHost)
    return isMain ? { endpoint } : { endpoint, ...(await this.listenAt(address, port, { handle, connections })) }
  }
}

/**
 * A port that only an administrator of the machine may take: no job of an ordinary user listens
 * there while the server is away, and collects what other jobs show. It is the same after a restart
 * of the installation, and one of those that no service is registered for.
 * https://www.iana.org/assignments/service-names-port-numbers
 */
export function reservedPort(installation: string): number {
  const unregistered = [914, 952] as const
  const count = unregistered[1] - unregistered[0] + 1
  return unregistered[0] + (Number.parseInt(stableId(installation, 8), 16) % count)
}

function isTaken(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code === 'EADDRINUSE' || code === 'EACCES'
}

/** The listener answers nothing else. */
function onlyTaskPaths(handle: RequestListener): RequestListener {
  return (request, response) => {
    if (taskPath.test(request.url ?? '')) return handle(request, response)
    response.writeHead(404).end()
  }
}
