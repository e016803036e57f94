import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { carriedByDescriptors } from '../../ground/exhaustion.ts'
import { Gate } from '../../ground/gate.ts'
import { limits } from '../../model/limits.ts'
import type { LogEntry } from '../../model/log-entry.ts'
import type { PullPolicy } from '../../model/pull-policy.ts'
import { DiskMeter } from '../disk-meter.ts'
import { diskOf } from '../disk-use.ts'
import {
  type AttemptSpec,
  type DiskUse,
  type Driver,
  type DriverHealth,
  DriverUnavailable,
  type Observation,
  type ReachOptions,
  type StartOutcome,
} from '../driver.ts'
import { isThisMachine, thisMachine } from '../local-machine.ts'
import { removeAttempt } from './attempt-removal.ts'
import { type StartParts, startAttempt } from './attempt-start.ts'
import { localLogDriver } from './container-body.ts'
import { Containers, unlessAbsent } from './containers.ts'
import { DockerImages } from './docker-images.ts'
import { engineAddress } from './engine-address.ts'
import { createEngineClient, type EngineCall, type EngineClient, EngineRefusal } from './engine-client.ts'
import { createEngineClock } from './engine-clock.ts'
import { type EngineFacts, factNotes, readEngineFacts } from './engine-facts.ts'
import { countGpus, createGpuClaims } from './gpu-claims.ts'
import { ImageRecords } from './image-records.ts'
import { createJobNetwork, type JobNetwork, type NetworkKind } from './job-network.ts'
import { readLogs } from './log-reading.ts'
import { namesOf } from './names.ts'
import { Observer } from './observe.ts'
import { reachFrom } from './reach.ts'
import { Scratch } from './scratch.ts'
import { type Say, StartsUnderWay } from './starts-under-way.ts'

/**
 * Runs attempts as containers of one Docker engine (20.10 or newer), or of Podman behind Docker's
 * API.
 */
export interface DockerDriverOptions {
  /**
   * Marks this installation's containers. Others on the same engine are never touched. The id must
   * never change.
   */
  readonly installationId: string
  /**
   * `unix://PATH`, `tcp://HOST:PORT`, `https://HOST:PORT`. Default: DOCKER_HOST, else the engine's
   * usual sockets.
   */
  readonly dockerHost?: string
  /**
   * Scratch directories are made in `scratch/` below it. The engine must see it under the same
   * path.
   */
  readonly dataDir: string
  /** Scratch directories are made in `scratch/` below this one instead. */
  readonly scratchHome?: string | undefined
  /** What no job of an ordinary user may mount. Default: `dataDir`. */
  readonly guarded?: readonly string[]
  /** Default `shared`. */
  readonly network?: NetworkKind
  /** Processes and threads that a container may have. Default: `limits.pidsOfContainer`. */
  readonly pidsLimit?: number
  /** Containers being made and started at once. Default 4; more only wait for each other. */
  readonly maxConcurrentStarts?: number
  /** Images fetched at once. Default 2. */
  readonly maxConcurrentPulls?: number
  /** How often a pull is tried whose failure may pass. Default: `limits.imagePullTries`. */
  readonly pullTries?: number
  /** When the image of a job is pulled. Default `prefer-cached`: when the engine does not have it. */
  readonly pullPolicy?: PullPolicy
  /** Containers being removed at once. Default 4. */
  readonly maxConcurrentRemovals?: number
  /** Replaces what the engine reports about its host. */
  readonly vcpus?: number
  readonly memoryMib?: number
  readonly gpus?: number
  readonly logger?: DriverLogger
}

/** The form of pino's logger. */
export interface DriverLogger {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

/** The reason for a container that nobody in this process is starting. */
const madeAndNotStarted = 'its container is made and not started'
/** How long the engine may take over a stop, beyond the grace. */
const stopMarginMs = 60_000
/**
 * A running attempt needs one connection for its output, and one for a moment when it starts or
 * ends.
 */
const descriptorsEach = 2
/** How long `close` waits for the replies to starts that were sent. */
const closeWaitMs = 5_000
/** No attempt has such a name. */
const reachGroup = 'reach.try'

export class DockerDriver implements Driver {
  readonly kind = 'docker'
  readonly isolation = 'container'
  readonly #options: DockerDriverOptions
  readonly #engine: EngineClient
  readonly #containers: Containers
  readonly #scratch: Scratch
  readonly #meter = new DiskMeter({ directoriesOf: (attempt) => this.#scratch.directoriesOf(attempt) })
  readonly images: DockerImages
  readonly #network: JobNetwork
  readonly #clock = createEngineClock()
  readonly #observer: Observer
  readonly #gpuTotal: number
  readonly #removals: Gate
  readonly #starts = new StartsUnderWay()
  readonly #parts: StartParts
  #facts: Promise<EngineFacts> | undefined
  /** Whether the leftovers of an earlier server's interrupted work are removed. */
  #isSwept = false

  constructor(options: DockerDriverOptions) {
    this.#options = options
    const engine = createEngineClient(options.dockerHost)
    const names = namesOf(options.installationId)
    const containers = new Containers(engine, names)
    const network = createJobNetwork(engine, names, options.network ?? 'shared')
    this.#engine = engine
    this.#containers = containers
    this.#network = network
    this.#scratch = new Scratch(options.scratchHome ?? options.dataDir)
    if (options.scratchHome !== undefined) this.#scratch.before = new Scratch(options.dataDir)
    this.images = this.#makeImages()
    this.#observer = new Observer(containers, this.#clock, (networkMode) => network.address(networkMode))
    this.#gpuTotal = options.gpus ?? countGpus()
    this.#removals = new Gate(options.maxConcurrentRemovals ?? 4)
    this.#parts = {
      ...{ clock: this.#clock, engine, names, containers, images: this.images, network, scratch: this.#scratch },
      facts: () => this.#knownFacts(),
      gpus: createGpuClaims(containers, this.#gpuTotal, names.container),
      gate: new Gate(options.maxConcurrentStarts ?? 4),
      pidsLimit: options.pidsLimit ?? limits.pidsOfContainer,
      guarded: options.guarded ?? [options.dataDir],
      isLocal: engineAddress(options.dockerHost).kind === 'socket',
    }
  }

  start(spec: AttemptSpec, signal?: AbortSignal, onPending?: (why: string) => void): Promise<StartOutcome> {
    const begin = async (calledOff: AbortSignal, say: Say) => {
      const outcome = await startAttempt(this.#parts, spec, calledOff, say)
      if (outcome.kind !== 'started')
        this.#options.logger?.info({ attempt: spec.name, ...outcome }, 'an attempt was not started')
      return outcome
    }
    return this.#starts.join(spec.name, begin, signal, onPending)
  }

  async inspect(asked: readonly string[]): Promise<Map<string, Observation>> {
    try {
      const seen = await this.#observer.observe(asked, (name) => this.#starts.has(name))
      for (const [name, { kind }] of seen)
        if (kind === 'starting') seen.set(name, { kind, why: this.#starts.whyPending(name) ?? madeAndNotStarted })
      return seen
    } catch (error) {
      const unknown: Observation = { kind: 'unknown', why: (error as Error).message }
      return new Map(asked.map((name) => [name, unknown]))
    }
  }

  stop(name: string, graceSeconds: number): Promise<void> {
    return orUnavailable(this.#stop(name, graceSeconds))
  }

  remove(name: string): Promise<void> {
    return orUnavailable(this.#removals.pass(() => this.#remove(name)))
  }

  async *streamLogs(name: string, cursor: string | undefined, signal: AbortSignal): AsyncGenerator<LogEntry[]> {
    try {
      const { logDrivers, version } = await this.#knownFacts()
      yield* readLogs({
        ...{ engine: this.#engine, containers: this.#containers, name, cursor, signal },
        usesLocalDriver: logDrivers.includes(localLogDriver),
        followsToEnd: Number.parseInt(version, 10) >= 23,
        ended: (container) => this.#observer.noteEnd(name, container),
        settled: () => this.#starts.settled(name),
      })
    } catch (error) {
      throw unavailable(error)
    }
  }

  list(): Promise<string[]> {
    return orUnavailable(this.#list())
  }

  async health(): Promise<DriverHealth> {
    const options = this.#options
    try {
      const now = await readEngineFacts(this.#engine, this.#clock)
      this.#facts = Promise.resolve(now)
      const wanted = options.vcpus ?? now.vcpus
      const vcpus = Math.min(wanted, carriedByDescriptors(descriptorsEach))
      const fewer = `${vcpus} of ${wanted} vCPUs are offered: the server has too few file descriptors for more jobs at once (ulimit -n).`
      const memoryMib = options.memoryMib ?? now.memoryMib
      const isPart = options.vcpus !== undefined || options.memoryMib !== undefined
      const isHere = !isPart && engineAddress(options.dockerHost).kind === 'socket' && isThisMachine(now)
      const machine = isHere ? { machine: thisMachine() } : {}
      const hosts = [{ hostName: 'local', vcpus, memoryMib, gpus: this.#gpuTotal, ...machine }]
      const notes = [...factNotes(now), ...this.images.progress(), ...(vcpus < wanted ? [fewer] : [])]
      return { kind: 'healthy', hosts, notes }
    } catch (error) {
      return { kind: 'unreachable', why: (error as Error).message }
    }
  }

  /** The host's address on the jobs' bridge (`shared`, `bridge`), or 127.0.0.1 (`host`). */
  hostAddressForJobs(): Promise<string> {
    return orUnavailable(this.#knownFacts().then((facts) => this.#network.hostAddress(facts)))
  }

  /** Undefined where this process cannot listen at the engine's networks. */
  credentialsAddressForJobs(): Promise<string | undefined> {
    if (!this.#parts.isLocal) return Promise.resolve(undefined)
    const address = async () => ((await this.#knownFacts()).rootless ? undefined : this.#network.credentialsAddress())
    return orUnavailable(address())
  }

  /** Nothing is known of the disk of an engine on another machine. */
  async disks(running: readonly string[]): Promise<readonly DiskUse[]> {
    if (!this.#parts.isLocal) return []
    return [
      {
        hostName: 'local',
        ...(await diskOf(this.#options.scratchHome ?? this.#options.dataDir)),
        written: this.#meter.latest(running),
      },
    ]
  }

  diskPeak(attempt: string): Promise<number> {
    return this.#meter.last(attempt)
  }

  /** From the network of the next job. */
  async reachFromJobs(urls: readonly string[], options: ReachOptions): Promise<readonly (string | null)[] | undefined> {
    if (!this.#parts.isLocal || this.#options.network === 'host') return undefined
    const group = { name: reachGroup, ownAddress: false }
    try {
      const pid = await this.#network.pid(await this.#knownFacts(), group)
      return pid === undefined ? undefined : await reachFrom(pid, urls, options)
    } catch {
      return undefined
    } finally {
      await this.#network.endGroup(group.name).catch(() => {})
    }
  }

  async close(): Promise<void> {
    await Promise.race([this.#starts.callOffAll(), delay(closeWaitMs, undefined, { ref: false })])
    await this.images.close()
    this.#engine.close()
  }

  #makeImages(): DockerImages {
    const { dataDir, dockerHost, logger, maxConcurrentPulls = 2, pullPolicy, pullTries } = this.#options
    const path = join(dataDir, 'images.json')
    return new DockerImages({
      engine: this.#engine,
      records: new ImageRecords(path, (why) => logger?.warn({}, why)),
      policy: pullPolicy ?? 'prefer-cached',
      atOnce: maxConcurrentPulls,
      tries: pullTries ?? limits.imagePullTries,
      isLocal: engineAddress(dockerHost).kind === 'socket',
    })
  }

  #knownFacts(): Promise<EngineFacts> {
    this.#facts ??= readEngineFacts(this.#engine, this.#clock).catch((error) => {
      this.#facts = undefined
      throw error
    })
    return this.#facts
  }

  async #stop(name: string, graceSeconds: number): Promise<void> {
    await this.#starts.callOff(name)
    const id = await this.#containers.idOf(name)
    if (id === undefined) return
    const timeoutMs = graceSeconds * 1000 + stopMarginMs
    const query = { t: String(Math.ceil(graceSeconds)) }
    await unlessAbsent(this.#engine.call({ method: 'POST', path: `/containers/${id}/stop`, query, timeoutMs }))
    // The engine may answer before it has recorded the end.
    await this.#ended(id)
  }

  async #ended(id: string): Promise<void> {
    const query = { condition: 'not-running' }
    const call: EngineCall = { method: 'POST', path: `/containers/${id}/wait`, query, timeoutMs: stopMarginMs }
    await unlessAbsent(this.#engine.call(call))
  }

  async #remove(name: string): Promise<void> {
    await this.#starts.callOff(name)
    const [engine, containers, scratch, network] = [this.#engine, this.#containers, this.#scratch, this.#network]
    await removeAttempt({ engine, containers, scratch, network, kill: (running) => this.#stop(running, 0) }, name)
    containers.forget(name)
    this.#observer.forget(name)
  }

  /**
   * Includes attempts that left only directories: their start was cut off before the container was
   * made.
   */
  async #list(): Promise<string[]> {
    // Each try ends its own group.
    const isAlive = async (group: string) => group === reachGroup || this.#scratch.hasGroup(group)
    if (!this.#isSwept) await this.#network.sweep(isAlive)
    this.#isSwept = true
    const attempts = (await this.#containers.list()).map((row) => row.attempt)
    return [...new Set([...attempts, ...(await this.#scratch.list())])]
  }
}

async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw unavailable(error)
  }
}

/**
 * An engine that refuses a call that the driver cannot do without, as it does while it stops,
 * counts as away.
 */
function unavailable(error: unknown): unknown {
  return error instanceof EngineRefusal ? new DriverUnavailable(error.message, { cause: error }) : error
}
