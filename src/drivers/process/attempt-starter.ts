import { lstatSync, statfsSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { whyNoDescriptors } from '../../ground/exhaustion.ts'
import { delay, realTimers } from '../../ground/timers.ts'
import type { AttemptSpec, StartOutcome } from '../driver.ts'
import type { FindAws } from '../driver-kind.ts'
import type { GroupDirectories } from '../group-directories.ts'
import { silentPath } from '../path-answers.ts'
import { realPath } from '../real-path.ts'
import { trustVariables } from '../trust-variables.ts'
import { groupText, noteFailedStart } from './attempt-files.ts'
import { type AttemptPlaces, relativePath } from './attempt-places.ts'
import type { Attempts } from './attempts.ts'
import type { Confining } from './confinement.ts'
import type { AttemptDirectories } from './directories.ts'
import type { HostTools } from './host-tools.ts'
import { signal as sendSignal, shimWorkingIn } from './identity.ts'
import { type MountPlace, makeMountPoints, makeSources, missingDirectory, planMounts } from './mount-plan.ts'
import { type BindMount, groupOf } from './mounting.ts'
import type { OpenDirectories } from './open-directories.ts'
import { argvOf, findProgram, whyNotAsProcess } from './refusals.ts'
import { closedToOthers, letOthersPass, type RunAs, resolveUser } from './run-as.ts'
import { runFiles } from './run-file.ts'
import type { ShimPool } from './shim-pool.ts'
import type { Claimed, ShimRun } from './shim-process.ts'
import { copyTrust } from './trust-copy.ts'

/**
 * Turns one attempt's specification into a process: examines it, makes its files, hands it to a
 * shim, and begins it once.
 */
export interface StarterParts {
  readonly tools: HostTools
  /** The server's data directory. */
  readonly dataDir: string
  /** What no job of an ordinary user may mount. */
  readonly guarded: readonly string[]
  /** The root of `places`: `process/` in the driver's home. */
  readonly base: string
  readonly places: AttemptPlaces
  readonly attempts: Attempts
  readonly directories: AttemptDirectories
  readonly groups: GroupDirectories
  readonly confining: Confining
  /** For jobs with an account of their own. */
  readonly open: OpenDirectories
  readonly shims: ShimPool
  /** The PATH of jobs that set none. */
  readonly path: string
  readonly findAws?: FindAws
  /** Tests wait for less than the limits say. */
  readonly startsWithinMs?: number | undefined
  readonly answersWithinMs?: number | undefined
  /** File descriptors that this process may have. */
  readonly descriptors: number
}

/** What must be known of an attempt before anything of it is made. */
interface Examined {
  readonly runAs: RunAs | undefined
  readonly program: string
  readonly mounts: readonly BindMount[]
  readonly searched: string
}

const leastFreeBytes = 16 * 1024 * 1024
const wakeEveryMs = 1000
/** A shim may be killed while it receives an attempt. Another shim then takes it. */
const shimTries = 3
/** ECS's agent waits as long for the start of a container. */
const longestStartMs = 180_000
const killRounds = 50
const killRoundMs = 100
const tooLong = 'the start took too long: a program or a mount of it does not answer'

export class AttemptStarter {
  readonly #parts: StarterParts

  constructor(parts: StarterParts) {
    this.#parts = parts
  }

  /**
   * Why the attempt cannot start, if a path that the job chooses does not answer. Without this look
   * the next one would hold the server's thread.
   */
  async #whySilent(spec: AttemptSpec): Promise<string | undefined> {
    const { attempts, path, tools, answersWithinMs } = this.#parts
    const paths = chosenPaths(spec, path)
    const options = {
      shell: tools.shell,
      signal: attempts.closing,
      ...(answersWithinMs && { withinMs: answersWithinMs }),
    }
    const silent = await silentPath(paths, options)
    return silent === undefined ? undefined : `${silent} does not answer: its file system may be away`
  }

  /** Starts or adopts the attempt. Throws if its files cannot be written. */
  async start(spec: AttemptSpec): Promise<StartOutcome> {
    const { attempts, directories, places } = this.#parts
    const { name } = spec
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
        // Nothing of it ran, unless a shim of the earlier server was just ordered to run it.
        if (shimWorkingIn(places.directoryOf(name)) !== undefined)
          return { kind: 'unknown', why: 'an earlier server is starting it' }
        await directories.remove(name)
        return this.start(spec)
      }
      // The files of a start that was cut off are complete, so it only has to be run.
      const silent = state.kind === 'absent' ? await this.#whySilent(spec) : undefined
      if (attempts.closing.aborted) break
      if (silent !== undefined) return { kind: 'failed', reason: `CannotStartContainerError: ${silent}` }
      const refused = state.kind === 'absent' ? this.#make(spec, await this.#searched(spec)) : undefined
      if (refused !== undefined) return refused
      const handed = await this.#hand(spec)
      if ('kind' in handed) return handed
      why = handed.why ?? why
      if (attempts.closing.aborted) break
    }
    return { kind: 'unknown', why }
  }

  /** The attempt's PATH. The supplied aws command comes last, so that any other one wins. */
  async #searched(spec: AttemptSpec): Promise<string> {
    const { confining, dataDir, findAws, open, path } = this.#parts
    const asked = spec.environment.PATH ?? path
    const isOpen = confining.hasAccount(spec)
    // An empty PATH means the working directory, and a job without an account is refused later.
    if (!findAws || asked === '' || (isOpen && open.whyNot() !== undefined)) return asked
    const found = await findAws(isOpen ? open.base : dataDir)
    return found === undefined ? asked : `${asked}:${join(found, 'bin')}`
  }

  /** Makes everything needed to run the attempt, or returns why that is impossible. */
  #make(spec: AttemptSpec, searched: string): StartOutcome | undefined {
    const { base } = this.#parts
    if (isFull(base)) return { kind: 'unknown', why: `the disk of ${base} is full` }
    const examined = this.#examine(spec, searched)
    if ('reason' in examined) return { kind: 'failed', reason: examined.reason }
    this.#prepare(spec, examined)
    return undefined
  }

  /**
   * Hands the attempt to a shim. A result without a kind means that the shim was lost on the way,
   * and another may take it.
   */
  async #hand(spec: AttemptSpec): Promise<StartOutcome | { why?: string }> {
    const { attempts, base, descriptors, places, shims } = this.#parts
    const { name } = spec
    await this.#joinGroup(spec)
    // Checked in the same moment as descriptors are used, because many attempts may start at once.
    const scarce = whyNoDescriptors(descriptors)
    if (scarce !== undefined) return { kind: 'unknown', why: scarce }
    const run = shims.run(relativePath(name), spec)
    attempts.follow(name, run, addressOf(spec).address)
    const claimed = await Promise.race([claimedOf(run), this.#late(run)])
    if (claimed === 'late') return this.#giveUp(name, run)
    if (claimed.kind === 'begun') {
      const followed = attempts.followed(name)
      if (followed !== undefined) followed.startedAtMs = claimedAtMs(places.directoryOf(name))
      return { kind: 'started' }
    }
    await run.ended
    if (claimed.kind === 'unable') {
      // The shim says that nothing of it ran. Only this server hears that, so the start can be
      // tried again.
      unlinkSync(join(places.directoryOf(name), 'claim'))
      return { kind: 'unknown', why: `no process can be started, or nothing be written to ${base}` }
    }
    return claimed.kind === 'broken' ? { why: claimed.why } : {}
  }

  /** Resolves if the shim takes too long to answer. */
  async #late(run: ShimRun): Promise<'late'> {
    const { startsWithinMs = longestStartMs } = this.#parts
    const { promise, resolve } = Promise.withResolvers<'late'>()
    const cancel = realTimers.wakeAfter(startsWithinMs, () => resolve('late'))
    void Promise.race([run.claimed, run.ended]).then(cancel)
    return promise
  }

  /**
   * When it resolves, nothing of the attempt can begin any more: its processes have been killed, and
   * one that the kernel holds ends without another step.
   */
  async #giveUp(name: string, run: ShimRun): Promise<StartOutcome> {
    const { attempts, places } = this.#parts
    noteFailedStart(places.directoryOf(name), tooLong)
    for (let round = 0; round < killRounds && attempts.followed(name) !== undefined; round++) {
      for (const pid of attempts.processesOf(name)) sendSignal(pid, 'SIGKILL')
      await Promise.race([run.ended, delay(killRoundMs, attempts.closing)])
    }
    attempts.abandon(name)
    return { kind: 'failed', reason: `CannotStartContainerError: ${tooLong}` }
  }

  /** Returns what must be known before anything is made, or a reason to refuse. */
  #examine(spec: AttemptSpec, searched: string): Examined | { reason: string } {
    const { tools } = this.#parts
    const reason = whyNotAsProcess(spec)
    if (reason !== undefined) return { reason }
    const found = findProgram(argvOf(spec)[0]!, searched, this.#workingDirectory(spec))
    if ('reason' in found) return found
    const program = found.path
    if (spec.ulimits.length > 0 && !tools.prlimit) return refusal('needs prlimit (util-linux) for a job with ulimits')
    if (spec.noNewPrivileges && !tools.setpriv)
      return refusal('needs setpriv (util-linux) for a job without new privileges')
    const runAs = this.#account(spec)
    if (runAs !== undefined && 'reason' in runAs) return runAs
    const missing = missingDirectory(spec.mounts)
    if (missing !== undefined) return { reason: missing }
    const mounts = planMounts(spec, this.#mountPlace(spec))
    return 'why' in mounts ? refusal(mounts.why) : { runAs, program, mounts, searched }
  }

  #mountPlace(spec: AttemptSpec): MountPlace {
    const { base, confining, guarded, tools } = this.#parts
    const needed = [this.#workingDirectory(spec), base, tools.node].map((path) => realPath(path) ?? path)
    return {
      ...{ guarded, needed, canMount: tools.mounting !== undefined, hasAccount: confining.hasAccount(spec) },
      scratchPath: (volume) => this.#scratchPath(spec, volume),
      temporaryDirectory: this.#temporaryDirectory(spec),
    }
  }

  /** The account of its owner, or the user that the job names; undefined for the server's own. */
  #account(spec: AttemptSpec): RunAs | undefined | { reason: string } {
    const { base, confining, dataDir, places, tools } = this.#parts
    if (confining.hasAccount(spec)) return confining.accountFor(spec)
    if (spec.user === undefined || spec.user === '') return undefined
    const runAs = resolveUser(spec.user)
    if (typeof runAs === 'string') return { reason: `CannotStartContainerError: ${runAs}` }
    if (runAs.uid === process.getuid?.() && runAs.gid === process.getgid?.()) return undefined
    if (process.getuid?.() !== 0) return refusal(`is not root and cannot run a job as ${spec.user}`)
    if (!tools.setpriv) return refusal('needs setpriv (util-linux) for a job with a user')
    letOthersPass(dataDir, dirname(base))
    const closed = closedToOthers(base) ?? closedToOthers(places.jobs)
    if (closed !== undefined) return refusal(`cannot run a job as ${spec.user}: ${closed} is closed to others`)
    return runAs
  }

  #workingDirectory(spec: AttemptSpec): string {
    const { confining, open, places } = this.#parts
    const { name } = spec
    if (confining.hasAccount(spec)) return join(open.directoryOf(name), 'work')
    return join(places.jobDirectoryOf(name) ?? places.directoryOf(name), 'work')
  }

  /**
   * Makes everything that the attempt needs. Does nothing if another caller did so in the same
   * moment.
   */
  #prepare(spec: AttemptSpec, { runAs, program, mounts, searched }: Examined): void {
    const { confining, directories, guarded, open, tools } = this.#parts
    makeSources(spec, guarded)
    makeMountPoints(mounts)
    const hasAccount = confining.hasAccount(spec)
    if (hasAccount && runAs) open.make(spec.name, runAs)
    const home = this.#workingDirectory(spec)
    const own = { HOME: home, TMPDIR: this.#temporaryDirectory(spec) }
    const trust = this.#trustPath(spec, runAs)
    const trusting = trust === undefined ? {} : trustVariables(trust, spec.environment)
    const environment = { ...own, ...trusting, ...spec.environment, PATH: searched }
    const { ulimits, secretNames = [] } = spec
    const group = groupOf(spec)
    // What a job mounts could be read by a program that gains rights.
    const noNewPrivileges = (hasAccount && mounts.length > 0) || (spec.noNewPrivileges ?? hasAccount)
    const how = { ulimits, runAs, noNewPrivileges, mounts }
    const job = { command: argvOf(spec), program, environment, workingDirectory: home, ...how }
    const note = group && groupText({ name: group.name, ...addressOf(spec) })
    const isSecret = secretNames.length > 0
    const owner = hasAccount ? undefined : runAs
    directories.create(spec.name, { ...runFiles(job, tools), isSecret, group: note, owner })
  }

  /** Where the attempt can read the file that says whom to trust. */
  #trustPath(spec: AttemptSpec, runAs: RunAs | undefined): string | undefined {
    const { base, confining, open } = this.#parts
    const { trustFile } = spec
    if (trustFile === undefined || runAs === undefined) return trustFile
    return confining.hasAccount(spec) ? open.copyTrust(trustFile) : copyTrust(trustFile, base)
  }

  /**
   * The directory that a container would mount at `/tmp`: the group's volume, or the attempt's own.
   */
  #temporaryDirectory(spec: AttemptSpec): string {
    const mount = spec.mounts.find((one) => one.kind === 'scratch' && isTmp(one.containerPath))
    if (mount?.kind === 'scratch') return this.#scratchPath(spec, mount.volume)
    return join(dirname(this.#workingDirectory(spec)), 'tmp')
  }

  #scratchPath(spec: AttemptSpec, volume: string): string {
    const { confining, groups, open } = this.#parts
    const group = groupOf(spec)
    if (group === undefined) return join(dirname(this.#workingDirectory(spec)), 'tmp')
    return (confining.hasAccount(spec) ? open.groups : groups).volumePath(group.name, volume)
  }

  /** The attempt's directory exists already, and tells `remove` about the group. */
  async #joinGroup(spec: AttemptSpec): Promise<void> {
    const { confining, groups, open } = this.#parts
    const { name, mounts } = spec
    const group = groupOf(spec)
    if (group === undefined) return
    const volumes = mounts.flatMap((mount) => (mount.kind === 'scratch' ? [mount.volume] : []))
    const account = confining.hasAccount(spec) ? confining.accountFor(spec) : undefined
    if (account === undefined) await groups.join(group.name, name, volumes)
    else if (!('reason' in account)) await open.groups.join(group.name, name, volumes, account)
  }
}

/** Paths that the job chooses and that the server looks at: none of the system's own programs. */
function chosenPaths(spec: AttemptSpec, path: string): string[] {
  const { confinement, environment, mounts } = spec
  const program = argvOf(spec)[0] ?? ''
  const programs = program.includes('/') ? [program] : (environment.PATH ?? path).split(':')
  const hosts = mounts.filter((mount) => mount.kind === 'host' && !mount.isSupplied)
  const ofHost = hosts.flatMap((mount) => (mount.kind === 'host' ? [mount.sourcePath] : []))
  const allowed = hosts.length > 0 ? (confinement?.hostPaths.map((one) => one.path) ?? []) : []
  const all = [...programs, ...mounts.map((mount) => mount.containerPath), ...ofHost, ...allowed]
  return [...new Set(all)].filter(
    (it) => it.startsWith('/') && !/^\/(usr\/(local\/)?)?s?bin(\/[^/]+)?$|^\/tmp\/?$/.test(it),
  )
}

/** Somebody may have stopped the shim while it was idle, so it is woken. */
async function claimedOf(run: ShimRun): Promise<Claimed> {
  const waking = setInterval(() => run.wake(), wakeEveryMs)
  try {
    return await run.claimed
  } finally {
    clearInterval(waking)
  }
}

function isTmp(containerPath: string): boolean {
  return containerPath.replace(/\/+$/, '') === '/tmp'
}

/** Groups have no network of their own here: all share the machine's. */
function addressOf({ group }: AttemptSpec): { address?: string } {
  return group?.ownAddress ? { address: '127.0.0.1' } : {}
}

function refusal(why: string): { reason: string } {
  return { reason: `CannotStartContainerError: the process driver ${why}` }
}

/**
 * Checked before anything is made: a claim that a full disk cut off would look like one that a kill
 * cut off.
 */
function isFull(directory: string): boolean {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize < leastFreeBytes
}

/** Uses the file's own time, which a later driver object will read too. */
function claimedAtMs(directory: string): number {
  return Math.trunc(lstatSync(join(directory, 'claim'), { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
}
