import { accessSync, chmodSync, constants, lstatSync, mkdirSync, statfsSync, unlinkSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { descriptorLimit, isExhaustion, processLimit, whyNoDescriptors } from '../../ground/exhaustion.ts'
import { giveWay } from '../../ground/pace.ts'
import { stableId } from '../../ground/stable-id.ts'
import {
  type AttemptSpec,
  type Driver,
  type DriverHealth,
  DriverUnavailable,
  type Observation,
  type StartOutcome,
} from '../driver.ts'
import { createGroupDirectories } from '../group-directories.ts'
import { thisMachine } from '../local-machine.ts'
import { groupText, readGroup } from './attempt-files.ts'
import { AttemptPlaces, relativePath } from './attempt-places.ts'
import { createAttempts } from './attempts.ts'
import { openCgroups } from './cgroups.ts'
import { AttemptDirectories } from './directories.ts'
import { makeHostDirectory } from './host-directory.ts'
import { findHostTools, type HostTools } from './host-tools.ts'
import { shimWorkingIn } from './identity.ts'
import { readOutput } from './output-reader.ts'
import { argvOf, findProgram, whyNotAsProcess } from './refusals.ts'
import { closedToOthers, letOthersPass, type RunAs, resolveUser } from './run-as.ts'
import { runFiles } from './run-file.ts'
import { ShimPool } from './shim-pool.ts'
import type { Claimed, ShimRun } from './shim-process.ts'
import { createStopping } from './stopping.ts'

/**
 * Attempts as plain processes of this machine, for where there is no container engine. Each runs in a session, a
 * directory and (where the machine allows) a cgroup of its own, under a shell that outlives the server (`shim.ts`).
 *
 * What a container would give and a process cannot is refused (`refusals.ts`), or, where running without it is
 * harmless, said in `health().notes`: the image, a read-only root, shared memory, swap and init settings are recorded
 * and not used; jobs see the host's files and may do whatever the server's user may.
 */
export interface ProcessDriverOptions {
  /** The server's data directory. One server at a time. */
  readonly dataDir: string
  /** Attempts are kept in `process/` under it. Default: the data directory; else a directory in it. */
  readonly home?: string
  /** Tells the cgroups of several installations apart. Default: made from the directory. */
  readonly installationId?: string
  /** What of the machine is offered. Default: all of it, within the limits this process itself has. */
  readonly vcpus?: number
  readonly memoryMib?: number
  readonly logger?: { warn(details: object, message: string): void }
}

/** As in a container of Docker's. */
const containerPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const leastFreeBytes = 16 * 1024 * 1024
const wakeEveryMs = 1000
const betweenWarningsMs = 60_000
/** A shim may be killed while it is handed an attempt; another then takes it. */
const shimTries = 3
/** Each of two descriptors. */
const mostHeldShims = 256
/** The least that a running job needs: its shim, a process of its own, and one it starts. */
const processesEach = 3

export function createProcessDriver(options: ProcessDriverOptions): Driver {
  const tools = findHostTools()
  return typeof tools === 'string' ? driverWithout(tools) : driverWith(tools, options)
}

function driverWith(tools: HostTools, options: ProcessDriverOptions): Driver {
  const base = join(resolve(options.home ?? options.dataDir), 'process')
  mkdirSync(base, { recursive: true })
  // Jobs that run as another user pass through it.
  chmodSync(base, 0o711)
  const places = new AttemptPlaces(base)
  const warn = (details: object, message: string) => options.logger?.warn(details, message)
  const attempts = createAttempts(places)
  const cgroups = openCgroups(`openbatch-${options.installationId ?? stableId(base, 12)}`)
  const directories = new AttemptDirectories(places, cgroups.listsProcesses, warn)
  const descriptors = descriptorLimit()
  const mostHeld = Math.max(4, Math.min(mostHeldShims, Math.floor(descriptors / 16)))
  const shims = new ShimPool({ shell: tools.shell, base: places.own, cgroups, mostHeld })
  const stopping = createStopping(attempts)
  const groups = createGroupDirectories(places.groups, (directory) => directories.removeTree(directory))
  const starting = new Map<string, Promise<StartOutcome>>()
  cgroups.sweep()
  directories.sweep().catch((error: unknown) => warn({ err: error }, 'what earlier attempts left could not be removed'))

  /** What must be known before anything is made, or a reason to refuse. */
  const examine = (spec: AttemptSpec): { runAs: RunAs | undefined; program: string } | { reason: string } => {
    const reason = whyNotAsProcess(spec)
    if (reason !== undefined) return { reason }
    const found = findProgram(argvOf(spec)[0]!, spec.environment.PATH ?? containerPath, workingDirectory(spec.name))
    if ('reason' in found) return found
    const program = found.path
    if (spec.ulimits.length > 0 && !tools.prlimit) return refusal('needs prlimit (util-linux) for a job with ulimits')
    if (spec.noNewPrivileges && !tools.setpriv)
      return refusal('needs setpriv (util-linux) for a job without new privileges')
    if (spec.user === undefined || spec.user === '') return { runAs: undefined, program }
    const runAs = resolveUser(spec.user)
    if (typeof runAs === 'string') return { reason: `CannotStartContainerError: ${runAs}` }
    if (runAs.uid === process.getuid?.() && runAs.gid === process.getgid?.()) return { runAs: undefined, program }
    if (process.getuid?.() !== 0) return refusal(`is not root and cannot run a job as ${spec.user}`)
    if (!tools.setpriv) return refusal('needs setpriv (util-linux) for a job with a user')
    letOthersPass(resolve(options.dataDir), dirname(base))
    const closed = closedToOthers(base)
    if (closed !== undefined) return refusal(`cannot run a job as ${spec.user}: ${closed} is closed to others`)
    return { runAs, program }
  }

  const workingDirectory = (name: string) => join(places.jobDirectoryOf(name) ?? places.directoryOf(name), 'work')

  /** Makes all that the attempt needs; where another did so in the same moment, nothing. */
  const prepare = (spec: AttemptSpec, { runAs, program }: { runAs: RunAs | undefined; program: string }) => {
    for (const mount of spec.mounts) if (mount.kind === 'host') makeHostDirectory(mount.sourcePath)
    const home = workingDirectory(spec.name)
    const own = { PATH: containerPath, HOME: home, TMPDIR: temporaryDirectory(spec) }
    const environment = { ...own, ...spec.environment }
    const { ulimits, noNewPrivileges = false, secretNames = [], group } = spec
    const job = { command: argvOf(spec), program, environment, workingDirectory: home, ulimits, runAs, noNewPrivileges }
    const note = group && groupText({ name: group.name, ...addressOf(spec) })
    const isSecret = secretNames.length > 0
    directories.create(spec.name, { ...runFiles(job, tools), isSecret, group: note, owner: runAs })
  }

  /** What is mounted at `/tmp` in a container: the group's volume, or the attempt's own. */
  const temporaryDirectory = ({ name, mounts, group }: AttemptSpec) => {
    const volume = mounts.find((mount) => mount.kind === 'scratch')?.volume
    if (group && volume !== undefined) return groups.volumePath(group.name, volume)
    return join(dirname(workingDirectory(name)), 'tmp')
  }

  /** Its directory is there, and tells `remove` of the group. */
  const joinGroup = async ({ name, group, mounts }: AttemptSpec) => {
    const volumes = mounts.flatMap((mount) => (mount.kind === 'scratch' ? [mount.volume] : []))
    if (group !== undefined) await groups.join(group.name, name, volumes)
  }

  const startAnew = async (spec: AttemptSpec): Promise<StartOutcome> => {
    const { name } = spec
    const directory = places.directoryOf(name)
    let why = 'another server is starting it'
    for (let tries = 0; tries < shimTries; tries++) {
      const state = attempts.state(name)
      if (state.kind === 'failed') return { kind: 'failed', reason: state.reason }
      if (state.kind === 'claiming') {
        await attempts.settled(name, 100, attempts.closing)
        continue
      }
      if (state.kind !== 'absent' && state.kind !== 'unclaimed') return { kind: 'started' }
      if (state.kind === 'unclaimed' && places.isEarlier(name)) {
        // Nothing of it ran, unless a shim of the earlier server was just told to.
        if (shimWorkingIn(directory) !== undefined) return { kind: 'unknown', why: 'an earlier server is starting it' }
        await directories.remove(name)
        return startAnew(spec)
      }
      // What a cut-off start left is complete, and only has to be run.
      if (state.kind === 'absent') {
        if (isFull(base)) return { kind: 'unknown', why: `the disk of ${base} is full` }
        const examined = examine(spec)
        if ('reason' in examined) return { kind: 'failed', reason: examined.reason }
        prepare(spec, examined)
      }
      await joinGroup(spec)
      // In the same moment as it takes some, for many may be started at once.
      const scarce = whyNoDescriptors(descriptors)
      if (scarce !== undefined) return { kind: 'unknown', why: scarce }
      const run = shims.run(relativePath(name), spec)
      attempts.follow(name, run, addressOf(spec).address)
      const claimed = await claimedOf(run)
      if (claimed.kind === 'begun') {
        const followed = attempts.followed(name)
        if (followed !== undefined) followed.startedAtMs = claimedAtMs(directory)
        return { kind: 'started' }
      }
      await run.ended
      if (claimed.kind === 'unable') {
        // Its shim says that nothing of it ran, and only its shim's server hears that: the start can be tried again.
        unlinkSync(join(directory, 'claim'))
        return { kind: 'unknown', why: `no process can be started, or nothing be written to ${base}` }
      }
      if (claimed.kind === 'broken') why = claimed.why
      if (attempts.closing.aborted) break
    }
    return { kind: 'unknown', why }
  }

  /** Now and then, for many may wait for the same. */
  let told = { why: '', atMs: 0 }
  const tellOfWaiting = (outcome: StartOutcome): StartOutcome => {
    if (outcome.kind !== 'unknown' || attempts.closing.aborted) return outcome
    const { why } = outcome
    if (why === told.why && performance.now() - told.atMs < betweenWarningsMs) return outcome
    told = { why, atMs: performance.now() }
    warn({ why }, 'attempts wait to be started')
    return outcome
  }

  const observed = (name: string): Observation => {
    try {
      return attempts.observe(name)
    } catch (error) {
      // No descriptor left to look with, or a disk that fails.
      return { kind: 'unknown', why: `the attempt's files cannot be read: ${(error as Error).message}` }
    }
  }

  return {
    kind: 'process',
    isolation: 'none',

    async start(spec) {
      if (attempts.closing.aborted) return { kind: 'unknown', why: 'the process driver is closed' }
      const underWay = starting.get(spec.name)
      if (underWay !== undefined) return underWay
      if (attempts.followed(spec.name)?.startedAtMs !== undefined) return { kind: 'started' }
      const outcome = startAnew(spec).catch(
        (error: Error): StartOutcome => ({
          kind: 'unknown',
          why: `the attempt's files cannot be written: ${error.message}`,
        }),
      )
      starting.set(spec.name, outcome)
      try {
        return tellOfWaiting(await outcome)
      } finally {
        starting.delete(spec.name)
      }
    },

    async inspect(names) {
      // While this process was stopped, shims may have told of ends that wait to be read: before what is due by time alone is decided.
      await giveWay()
      return new Map(names.map((name) => [name, observed(name)]))
    },

    async stop(name, graceSeconds) {
      attempts.throwIfClosed()
      await starting.get(name)
      await stopping.stop(name, graceSeconds)
    },

    async remove(name) {
      attempts.throwIfClosed()
      await starting.get(name)
      // What no shim has claimed cannot run once its directory is gone.
      if (attempts.state(name).kind !== 'unclaimed') await stopping.stop(name, 0)
      const group = readGroup(attempts.directoryOf(name))
      if (group !== undefined) await groups.leave(group.name, name)
      await directories.remove(name)
      attempts.forget(name)
    },

    async *streamLogs(name, cursor, signal) {
      try {
        yield* readOutput(attempts, name, cursor, signal)
      } catch (error) {
        if (!isExhaustion(error)) throw error
        throw new DriverUnavailable(`the output cannot be read: ${error.message}`, { cause: error })
      }
    },

    async list() {
      attempts.throwIfClosed()
      return places.names()
    },

    async health(): Promise<DriverHealth> {
      if (attempts.closing.aborted) return { kind: 'unreachable', why: 'the process driver is closed' }
      try {
        accessSync(base, constants.W_OK | constants.X_OK)
      } catch (error) {
        return { kind: 'unreachable', why: (error as Error).message }
      }
      const wanted = options.vcpus ?? availableParallelism()
      const most = Math.floor((processLimit() * 3) / 4 / processesEach)
      const vcpus = Math.min(wanted, most)
      const memoryMib = options.memoryMib ?? machineMemoryMib()
      const isPart = options.vcpus !== undefined || options.memoryMib !== undefined
      return {
        kind: 'healthy',
        hosts: [{ hostName: 'local', vcpus, memoryMib, gpus: 0, ...(isPart ? {} : { machine: thisMachine() }) }],
        notes: [...standingNotes, ...cgroups.notes, ...(vcpus < wanted ? [fewerNote(vcpus, wanted)] : [])],
      }
    },

    async close() {
      attempts.close()
      shims.close()
    },
  }
}

/** Somebody may have stopped the shim while it was idle: then it is woken. */
async function claimedOf(run: ShimRun): Promise<Claimed> {
  const waking = setInterval(() => run.wake(), wakeEveryMs)
  try {
    return await run.claimed
  } finally {
    clearInterval(waking)
  }
}

/** Groups have no network of their own: all share the machine's. */
function addressOf({ group }: AttemptSpec): { address?: string } {
  return group?.ownAddress ? { address: '127.0.0.1' } : {}
}

const standingNotes = [
  'jobs run as plain processes of this machine: images are recorded and not used, and jobs may do what the user of the server may',
  'the settings readonlyRootFilesystem, sharedMemorySize, swap and initProcessEnabled are recorded and not enforced',
]

function fewerNote(vcpus: number, wanted: number): string {
  return `${vcpus} of ${wanted} vCPUs are offered: this user or machine may not have processes enough for more jobs at once (ulimit -u, pids.max)`
}

/** For where plain processes cannot be run: says what is missing. */
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

function refusal(why: string): { reason: string } {
  return { reason: `CannotStartContainerError: the process driver ${why}` }
}

/** Asked before anything is made: a claim cut off by a full disk could not be told from one cut off by a kill. */
function isFull(directory: string): boolean {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize < leastFreeBytes
}

/** The file's own time, which is what a later driver object will read. */
function claimedAtMs(directory: string): number {
  return Math.trunc(lstatSync(join(directory, 'claim'), { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
}

/** Of the machine, or of the cgroup this process is in if that has less. */
function machineMemoryMib(): number {
  const constrained = process.constrainedMemory()
  const total = totalmem()
  return Math.floor((constrained > 0 && constrained < total ? constrained : total) / 1_048_576)
}
