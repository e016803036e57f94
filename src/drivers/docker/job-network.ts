import { unlessAbsent } from './containers.ts'
import { type EngineClient, EngineRefusal } from './engine-client.ts'
import type { EngineFacts } from './engine-facts.ts'
import { holderProgram, holderTar } from './holder-image.ts'
import { holderLabel, type Names } from './names.ts'

/**
 * The network jobs run in. `shared`: one network namespace for all jobs of this installation, on a bridge of its own,
 * as jobs on one Batch instance share their host's network; half of a container's start is making a namespace, so this
 * is nearly twice as fast as `bridge`, and unlike `host` it keeps jobs from what listens on the host's loopback. The
 * namespace lives as long as one small container, the holder, which the engine itself restarts.
 */
export type NetworkKind = 'shared' | 'bridge' | 'host'

export interface JobNetwork {
  /** Docker's `NetworkMode` for the next container. */
  mode(facts: EngineFacts): Promise<string>
  /**
   * Whether a refusal says that the holder is gone or stopped. If so, `mode` sees to it anew; containers made for the
   * old holder cannot be started any more.
   */
  lostHolder(refusal: EngineRefusal): boolean
  /** The address at which jobs reach a server of the host that listens there. */
  hostAddress(facts: EngineFacts): Promise<string>
}

const timeoutMs = 60_000
/** Its version is in its name, since Podman gives every import the tag `latest`. No registry is ever asked for it. */
const holderImage = 'openbatch/network-holder-1:latest'

interface NetworkInfo {
  Id: string
  IPAM?: { Config?: { Subnet?: string; Gateway?: string }[] | null }
}

export function createJobNetwork(engine: EngineClient, names: Names, kind: NetworkKind): JobNetwork {
  let holder: Promise<string> | undefined

  async function ensureNetwork(): Promise<NetworkInfo> {
    const look = () =>
      unlessAbsent(engine.call<NetworkInfo>({ method: 'GET', path: `/networks/${names.network}`, timeoutMs }))
    const found = await look()
    if (found !== undefined) return found
    const body = {
      Name: names.network,
      Driver: 'bridge',
      CheckDuplicate: true,
      Labels: { [holderLabel]: names.installationId },
    }
    try {
      await engine.call({ method: 'POST', path: '/networks/create', body, timeoutMs })
    } catch (error) {
      // 409: somebody made it meanwhile.
      if (!(error instanceof EngineRefusal && error.status === 409)) throw error
    }
    const made = await look()
    if (made === undefined) throw new Error(`the network ${names.network} was made and is not there`)
    return made
  }

  async function ensureHolder(facts: EngineFacts): Promise<string> {
    const look = () =>
      unlessAbsent(
        engine.call<{ Id: string; State: { Running: boolean } }>({
          ...{ method: 'GET', path: `/containers/${names.holder}/json`, timeoutMs },
        }),
      )
    const found = await look()
    if (found?.State.Running) return found.Id
    if (found !== undefined) {
      try {
        await startHolder(found.Id)
        return found.Id
      } catch (error) {
        if (!(error instanceof EngineRefusal)) throw error
        // Left by a configuration that is gone, e.g. on a network that somebody removed: it is made anew.
        const query = { force: '1' }
        await unlessAbsent(engine.call({ method: 'DELETE', path: `/containers/${found.Id}`, query, timeoutMs }))
      }
    }
    const id = await createHolder(facts)
    await startHolder(id)
    return id
  }

  async function startHolder(id: string): Promise<void> {
    await engine.call({ method: 'POST', path: `/containers/${id}/start`, timeoutMs })
  }

  async function createHolder(facts: EngineFacts): Promise<string> {
    await ensureNetwork()
    await ensureImage(engine, facts.architecture)
    const body = {
      Image: holderImage,
      Entrypoint: [holderProgram],
      Labels: { [holderLabel]: names.installationId },
      // As process 1 it would not hear any other signal.
      StopSignal: 'SIGKILL',
      HostConfig: {
        NetworkMode: names.network,
        RestartPolicy: { Name: 'always' },
        LogConfig: { Type: 'none' },
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
      },
    }
    const path = '/containers/create'
    try {
      const { Id } = await engine.call<{ Id: string }>({
        ...{ method: 'POST', path, query: { name: names.holder }, body, timeoutMs },
      })
      return Id
    } catch (error) {
      // 409: another process of this installation made it meanwhile. Its name serves as well as its id.
      if (error instanceof EngineRefusal && error.status === 409) return names.holder
      throw error
    }
  }

  return {
    async mode(facts) {
      if (kind !== 'shared') return kind
      holder ??= ensureHolder(facts).catch((error) => {
        holder = undefined
        throw error
      })
      return `container:${await holder}`
    },
    lostHolder(refusal) {
      if (kind !== 'shared') return false
      // "No such container: ID" when the holder is gone (then about the holder, since the call named another),
      // "cannot join network of a non running container: ID" when it is stopped.
      const isLost = /no such container|non running container|dependent container/i.test(refusal.message)
      if (isLost) holder = undefined
      return isLost
    },
    async hostAddress(facts) {
      if (kind === 'host') return '127.0.0.1'
      if (kind === 'shared') await this.mode(facts)
      const network =
        kind === 'shared'
          ? await ensureNetwork()
          : await engine.call<NetworkInfo>({ method: 'GET', path: '/networks/bridge', timeoutMs })
      for (const { Gateway, Subnet } of network.IPAM?.Config ?? []) {
        const address = Gateway?.split('/')[0] || (Subnet && firstAddress(Subnet))
        if (address && !address.includes(':')) return address
      }
      throw new Error(`the engine does not say which address the host has on its network ${network.Id}`)
    },
  }
}

/** Docker gives the bridge the first address of its subnet: `172.18.0.0/16` → `172.18.0.1`. */
function firstAddress(subnet: string): string | undefined {
  const parts = subnet.split('/')[0]!.split('.').map(Number)
  if (parts.length !== 4) return undefined
  return [...parts.slice(0, 3), parts[3]! + 1].join('.')
}

async function ensureImage(engine: EngineClient, architecture: string): Promise<void> {
  const found = await unlessAbsent(engine.call({ method: 'GET', path: `/images/${holderImage}/json`, timeoutMs }))
  if (found !== undefined) return
  const [repo, tag] = holderImage.split(':') as [string, string]
  const query = { fromSrc: '-', repo, tag, message: 'holds the network namespace of openbatch jobs' }
  await engine.call({ method: 'POST', path: '/images/create', query, tar: holderTar(architecture), timeoutMs })
}
