import { type AttemptGroup, taskAgentAddress } from '../driver.ts'
import { ensureAgentAddress } from './agent-network.ts'
import type { EngineClient, EngineRefusal } from './engine-client.ts'
import type { EngineFacts } from './engine-facts.ts'
import type { Names } from './names.ts'
import { type Holder, NetworkHolders, type NetworkInfo } from './network-holders.ts'

/**
 * The network that jobs run in. `shared` is one network namespace for all jobs of this
 * installation, on a bridge of its own, just as jobs on one Batch instance share their host's
 * network. Making a namespace is half of a container's start, so `shared` is nearly twice as fast
 * as `bridge`. Unlike `host`, it keeps jobs away from services on the host's loopback. The
 * namespace lives as long as one small container, the holder, which the engine itself restarts.
 *
 * A group's parts share one namespace. They use the common one if there is one and the group wants
 * no address of its own. Otherwise a holder is made for the group, and removed with its last part.
 * With `host`, all jobs use the host's network.
 */
export type NetworkKind = 'shared' | 'bridge' | 'host'

export interface JobNetwork {
  /** Docker's `NetworkMode` for the next container. */
  mode(facts: EngineFacts, group?: AttemptGroup): Promise<string>
  /**
   * Whether a refusal says that the holder is gone or stopped. If so, `mode` makes a new one.
   * Containers made for the old holder can no longer be started.
   */
  lostHolder(refusal: EngineRefusal, group?: AttemptGroup): boolean
  /**
   * The IPv4 address of a container that was started with this `NetworkMode`; `undefined` if its
   * holder is gone.
   */
  address(networkMode: string): Promise<string | undefined>
  /** A process of this machine in the network of the group; undefined where that is the host's. */
  pid(facts: EngineFacts, group: AttemptGroup): Promise<number | undefined>
  /** Removes what was made for the group. Idempotent. */
  endGroup(group: string): Promise<void>
  /**
   * Removes the holders of groups that no longer exist: a server was killed while the engine was
   * making one.
   */
  sweep(isAlive: (group: string) => Promise<boolean>): Promise<void>
  /** The address at which jobs reach a server that listens on the host. */
  hostAddress(facts: EngineFacts): Promise<string>
  /**
   * The address of the host at which jobs ask for credentials, made if it does not exist. Undefined
   * if the engine cannot have it.
   */
  credentialsAddress(): Promise<string | undefined>
}

const timeoutMs = 60_000
const joined = 'container:'

export function createJobNetwork(engine: EngineClient, names: Names, kind: NetworkKind): JobNetwork {
  const holders = new NetworkHolders(engine, names)
  const network = kind === 'shared' ? names.network : kind

  /** Undefined where no holder is needed. */
  function holderFor(group: AttemptGroup | undefined): Holder | undefined {
    if (kind === 'host') return undefined
    if (group !== undefined && (group.ownAddress || kind === 'bridge'))
      return { name: names.groupHolder(group.name), network, group: group.name }
    return kind === 'shared' ? { name: names.holder, network } : undefined
  }

  return {
    async mode(facts, group) {
      const holder = holderFor(group)
      return holder === undefined ? kind : `${joined}${await holders.ensure(holder, facts)}`
    },
    lostHolder(refusal, group) {
      const holder = holderFor(group)
      if (holder === undefined) return false
      // "No such container: ID" means that the holder is gone, since the call named another
      // container. "cannot join network of a non running container: ID" means that it is stopped.
      const isLost = /no such container|non running container|dependent container/i.test(refusal.message)
      if (isLost) holders.forget(holder.name)
      return isLost
    },
    async address(networkMode) {
      if (networkMode === 'host') return '127.0.0.1'
      return networkMode.startsWith(joined) ? holders.address(networkMode.slice(joined.length)) : undefined
    },
    async pid(facts, group) {
      const holder = holderFor(group)
      return holder && holders.pid(await holders.ensure(holder, facts))
    },
    async endGroup(group) {
      // Independent of the present configuration: the group may date from an earlier one.
      await holders.remove(names.groupHolder(group))
    },
    async sweep(isAlive) {
      for (const { id, group } of await holders.listOfGroups()) if (!(await isAlive(group))) await holders.remove(id)
    },
    async credentialsAddress() {
      if (kind === 'host') return '127.0.0.1'
      return (await ensureAgentAddress(engine)) ? taskAgentAddress : undefined
    },
    async hostAddress(facts) {
      if (kind === 'host') return '127.0.0.1'
      if (kind === 'shared') await this.mode(facts)
      const info =
        kind === 'shared'
          ? await holders.ensureNetwork()
          : await engine.call<NetworkInfo>({ method: 'GET', path: '/networks/bridge', timeoutMs })
      for (const { Gateway, Subnet } of info.IPAM?.Config ?? []) {
        const address = Gateway?.split('/')[0] || (Subnet && firstAddress(Subnet))
        if (address && !address.includes(':')) return address
      }
      throw new Error(`the engine does not say which address the host has on its network ${info.Id}`)
    },
  }
}

/** Docker gives the bridge the first address of its subnet: `172.18.0.0/16` → `172.18.0.1`. */
function firstAddress(subnet: string): string | undefined {
  const parts = subnet.split('/')[0]!.split('.').map(Number)
  if (parts.length !== 4) return undefined
  return [...parts.slice(0, 3), parts[3]! + 1].join('.')
}
