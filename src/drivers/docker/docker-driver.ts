import { setTimeout as delay } from 'node:timers/promises'
import { carriedByDescriptors } from '../../ground/exhaustion.ts'
import { Gate } from '../../ground/gate.ts'
import { type Driver, type DriverHealth, DriverUnavailable, type Observation, type StartOutcome } from '../driver.ts'
import { isThisMachine, thisMachine } from '../local-machine.ts'
import { removeAttempt } from './attempt-removal.ts'
import { type StartParts, startAttempt } from './attempt-start.ts'
import { localLogDriver } from './container-body.ts'
import { createContainers, unlessAbsent } from './containers.ts'
import { engineAddress } from './engine-address.ts'
import { createEngineClient, type EngineCall, EngineRefusal } from './engine-client.ts'
import { createEngineClock } from './engine-clock.ts'
import { type EngineFacts, factNotes, readEngineFacts } from './engine-facts.ts'
import { countGpus, createGpuClaims } from './gpu-claims.ts'
import { createImagePulls } from './image-pulls.ts'
import { createJobNetwork, type NetworkKind } from './job-network.ts'
import { readLogs } from './log-reading.ts'
import { namesOf } from './names.ts'
import { createObserver } from './observe.ts'
import { createScratch } from './scratch.ts'
import { createStartsUnderWay } from './starts-under-way.ts'

/** Runs attempts as containers of one Docker engine (20.10 or newer), or of Podman behind Docker's API. */
export interface DockerDriverOptions {
  /** Marks this installation's containers; others on the same engine are never touched. Must stay the same for ever. */
  readonly installationId: string
  /** `unix://PATH`, `tcp://HOST:PORT`, `https://HOST:PORT`. Without it DOCKER_HOST, else the engine's usual sockets. */
  readonly dockerHost?: string
  /** Scratch directories are made in `scratch/` below it; the engine must see it under the same path. */
  readonly dataDir: string
  /** Default `shared`. */
  readonly network?: NetworkKind
  /** Requested host path → real path. Paths below a requested one are mapped with it. */
  readonly hostPathMap?: Readonly<Record<string, string>>
  /** Containers being made and started at once. Default 4: more only wait for each other. */
  readonly maxConcurrentStarts?: number
  /** Images fetched at once. Default 2. */
  readonly maxConcurrentPulls?: number
  /** Containers being removed at once. Default 4. */
  readonly maxConcurrentRemovals?: number
  /** Instead of what the engine says of its host. */
  readonly vcpus?: number
  readonly memoryMib?: number
  readonly gpus?: number
  readonly logger?: DriverLogger
}

/** pino's form. */
export interface DriverLogger {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

export type DockerDriver = Driver & Required<Pick<Driver, 'hostAddressForJobs'>>

/** Beyond the grace, how long the engine may take over a stop. */
const stopMarginMs = 60_000
/** A running attempt's: the connection its output comes by, and one for a moment when it starts or ends. */
const descriptorsEach = 2
/** How long `close` waits for replies to starts that were sent. */
const closeWaitMs = 5_000

export function createDockerDriver(options: DockerDriverOptions): DockerDriver {
  const engine = createEngineClient(options.dockerHost)
  const names = namesOf(options.installationId)
  const containers = createContainers(engine, names)
  const scratch = createScratch(options.dataDir)
  const pulls = createImagePulls(engine, options.maxConcurrentPulls ?? 2)
  const network = createJobNetwork(engine, names, options.network ?? 'shared')
  const clock = createEngineClock()
  const observer = createObserver(containers, clock, (networkMode) => network.address(networkMode))
  const gpuTotal = options.gpus ?? countGpus()
  const removals = new Gate(options.maxConcurrentRemovals ?? 4)
  const starts = createStartsUnderWay()
  /** What an earlier server left half made is gone. */
  let swept = false

  let known: Promise<EngineFacts> | undefined
  const facts = () => {
    known ??= readEngineFacts(engine, clock).catch((error) => {
      known = undefined
      throw error
    })
    return known
  }
  const parts: StartParts = {
    ...{ clock, engine, names, containers, pulls, network, scratch, facts },
    gpus: createGpuClaims(containers, gpuTotal, names.container),
    gate: new Gate(options.maxConcurrentStarts ?? 4),
    hostPathMap: options.hostPathMap ?? {},
  }

  async function start(name: string, work: () => Promise<StartOutcome>): Promise<StartOutcome> {
    const outcome = await work()
    if (outcome.kind !== 'started') options.logger?.info({ attempt: name, ...outcome }, 'an attempt was not started')
    return outcome
  }

  async function stop(name: string, graceSeconds: number): Promise<void> {
    await starts.callOff(name)
    const id = await containers.idOf(name)
    if (id === undefined) return
    const timeoutMs = graceSeconds * 1000 + stopMarginMs
    const query = { t: String(Math.ceil(graceSeconds)) }
    await unlessAbsent(engine.call({ method: 'POST', path: `/containers/${id}/stop`, query, timeoutMs }))
    // The engine may answer before the end is on its books.
    await ended(id)
  }

  async function ended(id: string): Promise<void> {
    const query = { condition: 'not-running' }
    const call: EngineCall = { method: 'POST', path: `/containers/${id}/wait`, query, timeoutMs: stopMarginMs }
    await unlessAbsent(engine.call(call))
  }

  async function remove(name: string): Promise<void> {
    await starts.callOff(name)
    await removeAttempt({ engine, containers, scratch, network, kill: (running) => stop(running, 0) }, name)
    containers.forget(name)
    observer.forget(name)
  }

  /** Also attempts of which only the directories are left: a start cut off before its container was made. */
  async function list(): Promise<string[]> {
    if (!swept) await network.sweep((group) => scratch.hasGroup(group))
    swept = true
    const attempts = (await containers.list()).map((row) => row.attempt)
    return [...new Set([...attempts, ...(await scratch.list())])]
  }

  async function health(): Promise<DriverHealth> {
    try {
      const now = await readEngineFacts(engine, clock)
      known = Promise.resolve(now)
      const wanted = options.vcpus ?? now.vcpus
      const vcpus = Math.min(wanted, carriedByDescriptors(descriptorsEach))
      const fewer = `${vcpus} of ${wanted} vCPUs are offered: the server has too few file descriptors for more jobs at once (ulimit -n).`
      const memoryMib = options.memoryMib ?? now.memoryMib
      const isPart = options.vcpus !== undefined || options.memoryMib !== undefined
      const isHere = !isPart && engineAddress(options.dockerHost).kind === 'socket' && isThisMachine(now)
      const machine = isHere ? { machine: thisMachine() } : {}
      const hosts = [{ hostName: 'local', vcpus, memoryMib, gpus: gpuTotal, ...machine }]
      const notes = [...factNotes(now), ...pulls.progress(), ...(vcpus < wanted ? [fewer] : [])]
      return { kind: 'healthy', hosts, notes }
    } catch (error) {
      return { kind: 'unreachable', why: (error as Error).message }
    }
  }

  return {
    kind: 'docker',
    isolation: 'container',
    start: (spec, signal) =>
      starts.join(spec.name, (calledOff) => start(spec.name, () => startAttempt(parts, spec, calledOff)), signal),
    async inspect(asked) {
      try {
        return await observer.observe(asked, (name) => starts.has(name))
      } catch (error) {
        const unknown: Observation = { kind: 'unknown', why: (error as Error).message }
        return new Map(asked.map((name) => [name, unknown]))
      }
    },
    stop: (name, graceSeconds) => orUnavailable(stop(name, graceSeconds)),
    remove: (name) => orUnavailable(removals.pass(() => remove(name))),
    async *streamLogs(name, cursor, signal) {
      try {
        const { logDrivers, version } = await facts()
        yield* readLogs({
          ...{ engine, containers, name, cursor, signal },
          usesLocalDriver: logDrivers.includes(localLogDriver),
          followsToEnd: Number.parseInt(version, 10) >= 23,
          ended: (container) => observer.noteEnd(name, container),
          settled: () => starts.settled(name),
        })
      } catch (error) {
        throw unavailable(error)
      }
    },
    list: () => orUnavailable(list()),
    health,
    hostAddressForJobs: () => orUnavailable(facts().then((now) => network.hostAddress(now))),
    async close() {
      await Promise.race([starts.callOffAll(), delay(closeWaitMs, undefined, { ref: false })])
      engine.close()
    },
  }
}

async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw unavailable(error)
  }
}

/** An engine that refuses what the driver cannot do without (as it does while it stops) is as good as away. */
function unavailable(error: unknown): unknown {
  return error instanceof EngineRefusal ? new DriverUnavailable(error.message, { cause: error }) : error
}
