import { removeContainer, unlessAbsent } from './containers.ts'
import { type EngineClient, EngineRefusal } from './engine-client.ts'
import type { EngineFacts } from './engine-facts.ts'
import { holderProgram, holderTar } from './holder-image.ts'
import { groupLabel, holderLabel, type Names } from './names.ts'

export interface Holder {
  readonly name: string
  /** The network that the holder is on: this installation's, or one that the engine always has. */
  readonly network: string
  readonly group?: string
}

export interface NetworkInfo {
  readonly Id: string
  readonly IPAM?: { readonly Config?: readonly { Subnet?: string; Gateway?: string }[] | null }
}

const timeoutMs = 60_000
/**
 * The version is part of the name, because Podman tags every import `latest`. No registry is ever
 * asked for this image.
 */
const holderImage = 'openbatch/network-holder-2:latest'

/**
 * Small containers that do nothing but keep a network namespace alive, for other containers to
 * join.
 */
export class NetworkHolders {
  readonly #engine: EngineClient
  readonly #names: Names
  readonly #known = new Map<string, Promise<string>>()
  /** Whether the network and the image exist, as far as this process knows. */
  #prepared: Promise<void> | undefined

  constructor(engine: EngineClient, names: Names) {
    this.#engine = engine
    this.#names = names
  }

  /**
   * Returns the id of the running holder of that name, and makes or starts it if needed. It is made
   * once, however many callers ask at once.
   */
  ensure(wanted: Holder, facts: EngineFacts): Promise<string> {
    const before = this.#known.get(wanted.name)
    if (before !== undefined) return before
    const holder: Promise<string> = this.#find(wanted, facts).catch((error) => {
      if (this.#known.get(wanted.name) === holder) this.#known.delete(wanted.name)
      throw error
    })
    this.#known.set(wanted.name, holder)
    return holder
  }

  /** The holder may be gone, so `ensure` checks again. */
  forget(name: string): void {
    this.#known.delete(name)
  }

  async remove(name: string): Promise<void> {
    this.#known.delete(name)
    await removeContainer(this.#engine, name)
  }

  /** Its IPv4 address; `undefined` when the holder is gone or has no address. */
  async address(id: string): Promise<string | undefined> {
    const call = { method: 'GET', path: `/containers/${id}/json`, timeoutMs } as const
    const found = await unlessAbsent(
      this.#engine.call<{ NetworkSettings?: { Networks?: Record<string, { IPAddress?: string }> | null } }>(call),
    )
    return Object.values(found?.NetworkSettings?.Networks ?? {}).find(({ IPAddress }) => IPAddress)?.IPAddress
  }

  /** Its process, on the engine's machine; `undefined` when the holder is gone. */
  async pid(id: string): Promise<number | undefined> {
    const call = { method: 'GET', path: `/containers/${id}/json`, timeoutMs } as const
    return (await unlessAbsent(this.#engine.call<{ State: { Pid: number } }>(call)))?.State.Pid
  }

  /** The holders of groups. */
  async listOfGroups(): Promise<{ id: string; group: string }[]> {
    const filters = JSON.stringify({ label: [`${holderLabel}=${this.#names.installationId}`, groupLabel] })
    const query = { all: '1', filters }
    const call = { method: 'GET', path: '/containers/json', query, timeoutMs } as const
    const rows = await this.#engine.call<{ Id: string; Labels: Record<string, string> }[]>(call)
    return rows.map(({ Id, Labels }) => ({ id: Id, group: Labels[groupLabel]! }))
  }

  /** The network of this installation's jobs, made if it does not exist. */
  async ensureNetwork(): Promise<NetworkInfo> {
    const path = `/networks/${this.#names.network}`
    const look = () => unlessAbsent(this.#engine.call<NetworkInfo>({ method: 'GET', path, timeoutMs }))
    const found = await look().catch(async (error) => {
      if (!(error instanceof EngineRefusal && /ambiguous/i.test(error.message))) throw error
      await this.#keepOneNetwork()
      return look()
    })
    if (found !== undefined) return found
    const body = {
      Name: this.#names.network,
      Driver: 'bridge',
      CheckDuplicate: true,
      Labels: { [holderLabel]: this.#names.installationId },
    }
    try {
      await this.#engine.call({ method: 'POST', path: '/networks/create', body, timeoutMs })
    } catch (error) {
      // 409: another process made it meanwhile.
      if (!(error instanceof EngineRefusal && error.status === 409)) throw error
    }
    const made = await look()
    if (made === undefined) throw new Error(`the network ${this.#names.network} was made and is not there`)
    return made
  }

  /**
   * When two processes ask at the same moment, Docker lets them make two networks of one name,
   * which then nobody can use.
   */
  async #keepOneNetwork(): Promise<void> {
    const query = { filters: JSON.stringify({ name: [`^${this.#names.network}$`] }) }
    const found = await this.#engine.call<{ Id: string }[]>({ method: 'GET', path: '/networks', query, timeoutMs })
    const isRemoved = (id: string) =>
      unlessAbsent(this.#engine.call({ method: 'DELETE', path: `/networks/${id}`, timeoutMs })).then(
        () => true,
        (error) => {
          if (error instanceof EngineRefusal) return false
          throw error
        },
      )
    // All processes that do this at once choose the same network, unless something runs in another.
    const ids = found.map(({ Id }) => Id).sort()
    let kept = ids.shift()
    for (const other of ids) {
      if (kept !== undefined && !(await isRemoved(other)) && (await isRemoved(kept))) kept = other
    }
  }

  async #prepare(facts: EngineFacts, network: string): Promise<void> {
    if (network === this.#names.network) await this.ensureNetwork()
    await ensureImage(this.#engine, facts.architecture)
  }

  async #find(wanted: Holder, facts: EngineFacts): Promise<string> {
    const path = `/containers/${wanted.name}/json`
    const found = await unlessAbsent(
      this.#engine.call<{ Id: string; State: { Running: boolean } }>({ method: 'GET', path, timeoutMs }),
    )
    if (found?.State.Running) return found.Id
    if (found !== undefined) {
      try {
        await this.#start(found.Id)
        return found.Id
      } catch (error) {
        if (!(error instanceof EngineRefusal)) throw error
        // The holder is left over from an earlier configuration, for example on a network that was
        // removed. It is made anew.
        await removeContainer(this.#engine, found.Id)
      }
    }
    return this.#make(wanted, facts)
  }

  async #make(wanted: Holder, facts: EngineFacts): Promise<string> {
    const wasPrepared = this.#prepared !== undefined
    this.#prepared ??= this.#prepare(facts, wanted.network)
    try {
      await this.#prepared
      const id = await this.#create(wanted)
      await this.#start(id)
      return id
    } catch (error) {
      this.#prepared = undefined
      if (!(error instanceof EngineRefusal) || !wasPrepared) throw error
      // The network or the image was removed meanwhile.
      await removeContainer(this.#engine, wanted.name)
      return this.#make(wanted, facts)
    }
  }

  async #create({ name, network, group }: Holder): Promise<string> {
    const body = {
      Image: holderImage,
      Entrypoint: [holderProgram],
      Labels: { [holderLabel]: this.#names.installationId, ...(group === undefined ? {} : { [groupLabel]: group }) },
      // The holder runs as process 1, which would ignore any other signal.
      StopSignal: 'SIGKILL',
      HostConfig: {
        NetworkMode: network,
        RestartPolicy: { Name: 'always' },
        LogConfig: { Type: 'none' },
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        // For the route that the program adds. Nothing else ever runs in the container.
        CapAdd: ['NET_ADMIN'],
        SecurityOpt: ['no-new-privileges'],
      },
    }
    try {
      const call = { method: 'POST', path: '/containers/create', query: { name }, body, timeoutMs } as const
      return (await this.#engine.call<{ Id: string }>(call)).Id
    } catch (error) {
      // 409: another process of this installation made it meanwhile. Its name serves as well as its
      // id.
      if (error instanceof EngineRefusal && error.status === 409) return name
      throw error
    }
  }

  async #start(id: string): Promise<void> {
    await this.#engine.call({ method: 'POST', path: `/containers/${id}/start`, timeoutMs })
  }
}

async function ensureImage(engine: EngineClient, architecture: string): Promise<void> {
  const found = await unlessAbsent(engine.call({ method: 'GET', path: `/images/${holderImage}/json`, timeoutMs }))
  if (found !== undefined) return
  const [repo, tag] = holderImage.split(':') as [string, string]
  const query = { fromSrc: '-', repo, tag, message: 'holds the network namespace of openbatch jobs' }
  await engine.call({ method: 'POST', path: '/images/create', query, tar: holderTar(architecture), timeoutMs })
}
