import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { descriptorLimit, isExhaustion, processLimit } from '../../ground/exhaustion.ts'
import { giveWay } from '../../ground/pace.ts'
import { stableId } from '../../ground/stable-id.ts'
import { groupName } from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import type { LogEntry } from '../../model/log-entry.ts'
import { DiskMeter } from '../disk-meter.ts'
import { diskOf } from '../disk-use.ts'
import {
  type AttemptSpec,
  type DiskUse,
  type Driver,
  type DriverHealth,
  DriverUnavailable,
  type Observation,
  type StartOutcome,
} from '../driver.ts'
import type { FindAws } from '../driver-kind.ts'
import { createGroupDirectories, type GroupDirectories } from '../group-directories.ts'
import { thisMachine } from '../local-machine.ts'
import { Accounts } from './accounts.ts'
import { readGroup } from './attempt-files.ts'
import { AttemptPlaces } from './attempt-places.ts'
import { AttemptStarter } from './attempt-starter.ts'
import { Attempts } from './attempts.ts'
import { type Cgroups, openCgroups } from './cgroups.ts'
import { Confining, type OrdinaryUsers } from './confinement.ts'
import { AttemptDirectories } from './directories.ts'
import { findHostTools, type HostTools } from './host-tools.ts'
import { OpenDirectories } from './open-directories.ts'
import { readOutput } from './output-reader.ts'
import { ShimPool } from './shim-pool.ts'
import { Stopping } from './stopping.ts'

/**
 * Attempts as plain processes of this machine, for machines without a container engine. Each runs
 * in a session, a directory and (where the machine allows) a cgroup of its own, under a shell that
 * outlives the server (`shim.ts`).
 *
 * What a container could give and a process cannot is refused (`refusals.ts`). If running without
 * it is harmless, `health().notes` reports it instead: the image, a read-only root, shared memory,
 * swap and init settings are recorded and not used. Jobs see the host's files and may do whatever
 * the server's user may.
 */
export interface ProcessDriverOptions {
  /** The server's data directory. Only one server at a time may use it. */
  readonly dataDir: string
  /**
   * Attempts are kept in `process/` under it: the data directory itself, which is the default, or a
   * directory inside it.
   */
  readonly home?: string
  /**
   * The directories of jobs are made below this one instead, and those of jobs with an account of
   * their own below it rather than in `openDirectory`.
   */
  readonly scratchHome?: string | undefined
  /** Distinguishes the cgroups of several installations. Default: made from the directory. */
  readonly installationId?: string
  /** How much of the machine is offered. Default: all of it, within the limits of this process. */
  readonly vcpus?: number
  readonly memoryMib?: number
  /** The PATH of jobs that set none. Default: that of a Docker container. */
  readonly path?: string
  /** Default `ownAccount`. */
  readonly ordinaryUsers?: OrdinaryUsers
  /** Users of openbatch → users of this machine. */
  readonly accounts?: Readonly<Record<string, string>>
  /** The range of uids for all others. */
  readonly firstUid?: number
  readonly uidCount?: number
  /**
   * Outside the data directory; see `open-directories.ts`. Without it no account can reach its
   * directories, and no job of an ordinary user starts.
   */
  readonly openDirectory?: string
  /** Finds the aws command that jobs find last on their PATH. */
  readonly findAws?: FindAws
  /** Tests wait for less than the limits say. */
  readonly startsWithinMs?: number
  readonly answersWithinMs?: number
  /** What no job of an ordinary user may mount. Default: `dataDir`, and the directories of jobs. */
  readonly guarded?: readonly string[]
  readonly logger?: { warn(details: object, message: string): void }
}

const containerPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const betweenWarningsMs = 60_000
/** Each holds two descriptors. */
const mostHeldShims = 256
/** The least that a running job needs: its shim, its own process, and one that it starts. */
const processesEach = 3

export function createProcessDriver(options: ProcessDriverOptions): Driver {
  const tools = findHostTools()
  return typeof tools === 'string' ? driverWithout(tools) : new ProcessDriver(tools, options)
}

class ProcessDriver implements Driver {
  readonly kind = 'process'
  readonly isolation = 'none'
  readonly #options: ProcessDriverOptions
  /** `process/` of the driver's home. */
  readonly #base: string
  readonly #places: AttemptPlaces
  readonly #attempts: Attempts
  readonly #cgroups: Cgroups
  readonly #directories: AttemptDirectories
  readonly #groups: GroupDirectories
  readonly #meter = new DiskMeter({ directoriesOf: (attempt) => this.#directoriesOf(attempt) })
  readonly #open: OpenDirectories
  readonly #confining: Confining
  readonly #shims: ShimPool
  readonly #stopping: Stopping
  readonly #starter: AttemptStarter
  readonly #canMount: boolean
  readonly #starting = new Map<string, Promise<StartOutcome>>()
  /** The last message about waiting attempts that was logged. */
  #warned = { why: '', atMs: 0 }

  constructor(tools: HostTools, options: ProcessDriverOptions) {
    this.#options = options
    this.#canMount = tools.mounting !== undefined
    const base = join(resolve(options.home ?? options.dataDir), 'process')
    mkdirSync(base, { recursive: true })
    // Jobs that run as another user pass through it.
    chmodSync(base, 0o711)
    this.#base = base
    const [places, descriptors] = [new AttemptPlaces(base, options.scratchHome), descriptorLimit()]
    const mostHeld = Math.max(4, Math.min(mostHeldShims, Math.floor(descriptors / 16)))
    const cgroups = openCgroups(`openbatch-${options.installationId ?? stableId(base, 12)}`)
    const directories = new AttemptDirectories(places, cgroups.listsProcesses, (...told) => this.#warn(...told))
    this.#places = places
    this.#cgroups = cgroups
    this.#directories = directories
    this.#attempts = new Attempts(places)
    this.#shims = new ShimPool({ shell: tools.shell, base: places.own, cgroups, mostHeld })
    this.#stopping = new Stopping(this.#attempts)
    this.#groups = createGroupDirectories(places.groups, (directory) => directories.removeTree(directory))
    const identity = options.installationId ?? stableId(base, 12)
    const openBase = options.scratchHome
      ? join(options.scratchHome, 'open')
      : join(options.openDirectory ?? join(base, 'open'), identity)
    const open = new OpenDirectories(openBase, (...told) => this.#warn(...told))
    const dataDir = resolve(options.dataDir)
    const guarded = options.guarded ?? [dataDir, openBase, ...(options.scratchHome ? [options.scratchHome] : [])]
    this.#open = open
    this.#confining = new Confining({
      ...{ ordinaryUsers: options.ordinaryUsers ?? 'ownAccount', open, guarded, tools },
      accounts: new Accounts({
        file: join(dataDir, accountsName),
        named: options.accounts ?? {},
        firstUid: options.firstUid ?? limits.firstUidOfJobs,
        count: options.uidCount ?? limits.uidsOfJobs,
      }),
    })
    this.#starter = new AttemptStarter({
      ...{ tools, dataDir, guarded, base, places, directories, descriptors, open, confining: this.#confining },
      ...{ attempts: this.#attempts, groups: this.#groups, shims: this.#shims, path: options.path ?? containerPath },
      ...(options.findAws && { findAws: options.findAws }),
      ...{ startsWithinMs: options.startsWithinMs, answersWithinMs: options.answersWithinMs },
    })
    cgroups.sweep()
    const sweeping = Promise.all([directories.sweep(), open.sweep()])
    sweeping.catch((err: unknown) => this.#warn({ err }, 'what earlier attempts left could not be removed'))
  }

  /** Jobs share the network of this machine. */
  async credentialsAddressForJobs(): Promise<string> {
    return '127.0.0.1'
  }

  async start(spec: AttemptSpec): Promise<StartOutcome> {
    if (this.#attempts.closing.aborted) return { kind: 'unknown', why: 'the process driver is closed' }
    const underWay = this.#starting.get(spec.name)
    if (underWay !== undefined) return underWay
    if (this.#attempts.followed(spec.name)?.startedAtMs !== undefined) return { kind: 'started' }
    const outcome = this.#starter.start(spec).catch(
      (error: Error): StartOutcome => ({
        kind: 'unknown',
        why: `the attempt's files cannot be written: ${error.message}`,
      }),
    )
    this.#starting.set(spec.name, outcome)
    try {
      return this.#warnOfWaiting(await outcome)
    } finally {
      this.#starting.delete(spec.name)
    }
  }

  async inspect(names: readonly string[]): Promise<Map<string, Observation>> {
    // While this process was stopped, shims may have reported ends that are not read yet. They are
    // read before anything is decided by time alone.
    await giveWay()
    return new Map(names.map((name) => [name, this.#observed(name)]))
  }

  async stop(name: string, graceSeconds: number): Promise<void> {
    this.#attempts.throwIfClosed()
    await this.#starting.get(name)
    await this.#stopping.stop(name, graceSeconds)
  }

  async remove(name: string): Promise<void> {
    const attempts = this.#attempts
    attempts.throwIfClosed()
    await this.#starting.get(name)
    // An attempt that no shim has claimed cannot run once its directory is gone.
    if (attempts.state(name).kind !== 'unclaimed') await this.#stopping.stop(name, 0)
    const group = readGroup(attempts.directoryOf(name))
    if (group !== undefined) {
      await this.#groups.leave(group.name, name)
      await this.#open.groups.leave(group.name, name)
    }
    // First, because the attempt is known by its other directories.
    await this.#open.remove(name)
    await this.#directories.remove(name, attempts.isStuck(name))
    attempts.forget(name)
  }

  async *streamLogs(name: string, cursor: string | undefined, signal: AbortSignal): AsyncGenerator<LogEntry[]> {
    try {
      yield* readOutput(this.#attempts, name, cursor, signal)
    } catch (error) {
      if (!isExhaustion(error)) throw error
      throw new DriverUnavailable(`the output cannot be read: ${error.message}`, { cause: error })
    }
  }

  async list(): Promise<string[]> {
    this.#attempts.throwIfClosed()
    return [...new Set([...this.#places.names(), ...this.#open.names()])]
  }

  async health(): Promise<DriverHealth> {
    if (this.#attempts.closing.aborted) return { kind: 'unreachable', why: 'the process driver is closed' }
    try {
      accessSync(this.#base, constants.W_OK | constants.X_OK)
    } catch (error) {
      return { kind: 'unreachable', why: (error as Error).message }
    }
    const options = this.#options
    const wanted = options.vcpus ?? availableParallelism()
    const most = Math.floor((processLimit() * 3) / 4 / processesEach)
    const vcpus = Math.min(wanted, most)
    const memoryMib = options.memoryMib ?? machineMemoryMib()
    const isPart = options.vcpus !== undefined || options.memoryMib !== undefined
    return {
      kind: 'healthy',
      hosts: [{ hostName: 'local', vcpus, memoryMib, gpus: 0, ...(isPart ? {} : { machine: thisMachine() }) }],
      notes: [
        ...standingNotes,
        ...(this.#canMount ? [] : [mountNote]),
        ...noteOf(this.#confining),
        ...this.#cgroups.notes,
        ...(vcpus < wanted ? [fewerNote(vcpus, wanted)] : []),
      ],
    }
  }

  async disks(running: readonly string[]): Promise<readonly DiskUse[]> {
    return [
      {
        hostName: 'local',
        ...(await diskOf(this.#options.scratchHome ?? this.#base)),
        written: this.#meter.latest(running),
      },
    ]
  }

  diskPeak(attempt: string): Promise<number> {
    return this.#meter.last(attempt)
  }

  async close(): Promise<void> {
    this.#attempts.close()
    this.#shims.close()
    this.#open.close()
  }

  /** Those of an attempt, or of the first node of one with several containers. */
  #directoriesOf(attempt: string): string[] {
    const own = [
      this.#places.jobDirectoryOf(attempt) ?? this.#places.directoryOf(attempt),
      this.#open.directoryOf(attempt),
    ]
    const groups = [this.#places.groups, this.#open.groupsDirectory]
    return [
      ...own.flatMap((directory) => [join(directory, 'work'), join(directory, 'tmp')]),
      ...groups.flatMap((directory) =>
        [attempt, groupName(attempt, 0)].map((group) => join(directory, group, 'volumes')),
      ),
    ]
  }

  #observed(name: string): Observation {
    try {
      return this.#attempts.observe(name)
    } catch (error) {
      // No descriptor is left to look with, or the disk fails.
      return { kind: 'unknown', why: `the attempt's files cannot be read: ${(error as Error).message}` }
    }
  }

  /** Logs only from time to time, because many attempts may wait for the same reason. */
  #warnOfWaiting(outcome: StartOutcome): StartOutcome {
    if (outcome.kind !== 'unknown' || this.#attempts.closing.aborted) return outcome
    const { why } = outcome
    if (why === this.#warned.why && performance.now() - this.#warned.atMs < betweenWarningsMs) return outcome
    this.#warned = { why, atMs: performance.now() }
    this.#warn({ why }, 'attempts wait to be started')
    return outcome
  }

  #warn(details: object, message: string): void {
    this.#options.logger?.warn(details, message)
  }
}

/** In the data directory. */
const accountsName = 'process-accounts.json'

function noteOf(confining: Confining): string[] {
  const why = confining.whyNot()
  return why === undefined ? [] : [`the driver ${why}`]
}

const standingNotes = [
  'jobs run as plain processes of this machine: images are recorded and not used, and jobs of administrators may do what the user of the server may',
  'the settings readonlyRootFilesystem, sharedMemorySize, swap and initProcessEnabled are recorded and not enforced',
]

const mountNote =
  'the server may not make mount namespaces: read-only mounts are recorded and not enforced, and host paths and scratch space cannot be mounted under other names'

function fewerNote(vcpus: number, wanted: number): string {
  return `${vcpus} of ${wanted} vCPUs are offered: this user or machine may not have processes enough for more jobs at once (ulimit -u, pids.max)`
}

/** A driver for machines where plain processes cannot run. It says what is missing. */
function driverWithout(why: string): Driver {
  return {
    kind: 'process',
    isolation: 'none',
    start: async () => ({ kind: 'unknown', why }),
    inspect: async (names) => new Map(names.map((name) => [name, { kind: 'unknown', why }])),
    stop: async () => {},
    remove: async () => {},
    async *streamLogs() {},
    list: async () => [],
    health: async () => ({ kind: 'unreachable', why }),
    close: async () => {},
  }
}

/** The memory of the machine, or of this process's cgroup if that has less. */
function machineMemoryMib(): number {
  const constrained = process.constrainedMemory()
  const total = totalmem()
  return Math.floor((constrained > 0 && constrained < total ? constrained : total) / 1_048_576)
}
