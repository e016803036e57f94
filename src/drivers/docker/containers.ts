import { type EngineCall, type EngineClient, EngineRefusal } from './engine-client.ts'
import { attemptLabel, gpuLabel, installationLabel, type Names } from './names.ts'

/** The fields of `GET /containers/ID/json` that are read. */
export interface ContainerState {
  readonly Id: string
  readonly Created: string
  /** The image's id. */
  readonly Image: string
  readonly Config: { readonly Labels?: Readonly<Record<string, string>> | null }
  /** `NetworkMode` as it was requested: `host`, `bridge`, `container:ID`. */
  readonly HostConfig: { readonly NetworkMode: string }
  readonly State: {
    /**
     * `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead` (Podman has a few
     * more).
     */
    readonly Status: string
    readonly Running: boolean
    readonly OOMKilled?: boolean
    readonly ExitCode: number
    readonly Error?: string
    /** RFC 3339. Year 1 stands for never. */
    readonly StartedAt: string
    readonly FinishedAt: string
  }
}

export interface ListedContainer {
  readonly attempt: string
  readonly id: string
  readonly status: string
}

export interface GpuHolder {
  /** The container's name, which no other attempt has. */
  readonly container: string
  readonly gpuIds: readonly string[]
}

/** A row of `GET /containers/json`. */
interface Row {
  readonly Id: string
  readonly Names: readonly string[]
  readonly State: string
  readonly Labels: Readonly<Record<string, string>>
}

const lookTimeoutMs = 15_000
const listTimeoutMs = 60_000
const removeTimeoutMs = 240_000
/** Ids cached at once. An id that was dropped costs one more call. */
const mostIds = 100_000

/** Finds the containers of this driver's attempts, and never answers for anybody else's. */
export class Containers {
  readonly #engine: EngineClient
  readonly #names: Names
  readonly #ids = new Map<string, string>()

  constructor(engine: EngineClient, names: Names) {
    this.#engine = engine
    this.#names = names
  }

  /** `undefined` when the container does not exist or is not ours. */
  async look(attempt: string, timeoutMs = lookTimeoutMs): Promise<ContainerState | undefined> {
    const path = `/containers/${this.#names.container(attempt)}/json`
    const found = await unlessAbsent(this.#engine.call<ContainerState>({ method: 'GET', path, timeoutMs }))
    if (found?.Config.Labels?.[installationLabel] !== this.#names.installationId) {
      this.#ids.delete(attempt)
      return undefined
    }
    this.remember(attempt, found.Id)
    return found
  }

  /** All attempts that the engine knows, with their coarse state. */
  async list(): Promise<ListedContainer[]> {
    const rows = await this.#rowsWith(`${installationLabel}=${this.#names.installationId}`)
    return rows.flatMap(({ Id, State, Labels }) => {
      const attempt = Labels[attemptLabel]
      return attempt === undefined ? [] : [{ attempt, id: Id, status: State }]
    })
  }

  /**
   * Live attempts that hold GPUs, including those of other drivers and installations: the GPUs of a
   * host are one set.
   */
  async listGpuHolders(): Promise<GpuHolder[]> {
    const live = (await this.#rowsWith(gpuLabel)).filter(({ State }) => State !== 'exited' && State !== 'dead')
    // The engine writes a slash before names.
    return live.map(({ Names, Labels }) => ({
      container: Names[0]?.slice(1) ?? '',
      gpuIds: Labels[gpuLabel]?.split(',') ?? [],
    }))
  }

  /**
   * Returns the id of the attempt's container. Makes no call if this process has seen the container
   * before.
   */
  async idOf(attempt: string): Promise<string | undefined> {
    return this.#ids.get(attempt) ?? (await this.look(attempt))?.Id
  }

  /**
   * Whether the engine reported, since then, that the container ran out of memory. The engine keeps
   * only its last few hundred events, so this works only for a container that ended just now.
   */
  async reportedOutOfMemory(id: string, sinceMs: number): Promise<boolean> {
    const filters = JSON.stringify({ container: [id], event: ['oom'] })
    const query = { since: (sinceMs / 1000).toFixed(3), until: (Date.now() / 1000).toFixed(3), filters }
    const call = { method: 'GET', path: '/events', query, timeoutMs: lookTimeoutMs } as const
    return (await this.#engine.call(call)) !== undefined
  }

  /**
   * When the engine was last started, if it can be known: each start makes the default network
   * anew, unless containers outlived the engine. A container that began later was begun by this
   * engine and has an end of its own.
   */
  async engineStartedMs(): Promise<number | undefined> {
    const call = { method: 'GET', path: '/networks/bridge', timeoutMs: lookTimeoutMs } as const
    return timeMs((await unlessAbsent(this.#engine.call<{ Created?: string }>(call)))?.Created ?? '')
  }

  remember(attempt: string, id: string): void {
    this.#ids.set(attempt, id)
    if (this.#ids.size > mostIds) this.#ids.delete(this.#ids.keys().next().value!)
  }

  forget(attempt: string): void {
    this.#ids.delete(attempt)
  }

  #rowsWith(label: string): Promise<Row[]> {
    const query = { all: '1', filters: JSON.stringify({ label: [label] }) }
    return this.#engine.call<Row[]>({ method: 'GET', path: '/containers/json', query, timeoutMs: listTimeoutMs })
  }
}

/** Returns the call's value, or `undefined` where the engine says that the thing does not exist. */
export async function unlessAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof EngineRefusal && error.status === 404) return undefined
    throw error
  }
}

/**
 * Kills the container if it runs, and removes it. Resolves when it is gone, even if an earlier call
 * is about to remove it.
 */
export async function removeContainer(engine: EngineClient, id: string): Promise<void> {
  const call: EngineCall = { method: 'DELETE', path: `/containers/${id}`, query: { force: '1', v: '1' } }
  try {
    await unlessAbsent(engine.call({ ...call, timeoutMs: removeTimeoutMs }))
  } catch (error) {
    // 409: an earlier call is removing it.
    if (!(error instanceof EngineRefusal && error.status === 409)) throw error
    const query = { condition: 'removed' }
    const wait: EngineCall = { method: 'POST', path: `/containers/${id}/wait`, query, timeoutMs: removeTimeoutMs }
    await unlessAbsent(engine.call(wait))
  }
}

/** Parses Docker's time of an event that may never have happened. */
export function timeMs(text: string): number | undefined {
  const ms = Date.parse(text)
  return Number.isNaN(ms) || ms <= 0 ? undefined : ms
}

/** Whether the container's command was ever begun. */
export function hasRun(container: ContainerState): boolean {
  return container.State.Running || timeMs(container.State.StartedAt) !== undefined
}
