import { closeSync, futimesSync, lstatSync, statSync, writeSync } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import type { TimeMs } from '../../model/time.ts'
import { isAlive, type ProcessIdentity, readBootId, shimWorkingIn, someoneWorksIn, worksIn } from './identity.ts'
import { makeOwnFile, type OwnFile, openToAppend, readOwnFile, statOwnDirectory } from './own-files.ts'

/**
 * Reads what the server's files of an attempt say about it. The files are the truth. Whatever was
 * killed, and when, this module distinguishes every state that a crash can leave.
 *
 *     run      how to run it
 *     mounts   what is mounted before the command, if anything (`mounting.ts`)
 *     input    what the last program before the command reads, if there is one (`run-file.ts`)
 *     group    the group that it is part of, if any: the name, and the address if the group has one
 *     claim    which shim runs it, and since when
 *     status   lines, each added at the end: `job` with the command's process, `begun` before the command itself begins,
 *              then how it ended: `failed` (it never began), `exit`, `lost` or `spoiled`. The first of these counts
 *     output   stdout and stderr
 *
 * The directory appears complete, `run` and `group` included (`directories.ts`). The shim makes the
 * rest. A job that runs as the server's user can reach the files. If it replaces them, it loses its
 * own end and harms nothing else.
 *
 * The shims of earlier servers wrote no line `begun`, and wrote the end over the first line.
 */
export type FiledState =
  | { kind: 'absent' }
  /** The directory exists and no shim has claimed it: a start was cut off, or is under way. */
  | { kind: 'unclaimed' }
  /** A shim is writing its claim at this moment, or is about to. */
  | { kind: 'claiming' }
  /** The command was never started, and never will be. */
  | { kind: 'failed'; atMs: TimeMs; reason: string }
  /**
   * `shim` is undefined when it was killed and the command goes on without it. Its exit code will
   * not be known.
   */
  | { kind: 'running'; startedAtMs: TimeMs; shim: ProcessIdentity | undefined }
  | { kind: 'ended'; startedAtMs: TimeMs; stoppedAtMs: TimeMs; exitCode: number; outOfMemory: boolean }
  /** The attempt ran and nobody saw its end: its host, or its watcher, went away. */
  | { kind: 'lost'; startedAtMs: TimeMs; stoppedAtMs: TimeMs; reason: string }
  /** The attempt is over. Its files do not say how it ended, because they were tampered with. */
  | { kind: 'spoiled'; startedAtMs: TimeMs; stoppedAtMs: TimeMs; reason: string }

/**
 * The claim was cut off (a full disk, a kill), or the shim was killed before it began the command.
 */
const stillbornReason = 'CannotStartContainerError: the attempt was cut off before its command was started'

const mostClaimBytes = 4 * 1024
const mostStatusBytes = 16 * 1024
const mostGroupBytes = 1024
const mostReasonBytes = 1024

export function readState(directory: string, bootId: string): FiledState {
  const own = statOwnDirectory(directory)
  if (own === 'missing') return { kind: 'absent' }
  if (own === 'strange') return strangeState(directory, 'the directory of the attempt was replaced')
  const claim = readClaim(directory)
  if (claim.kind === 'missing') return { kind: 'unclaimed' }
  if (claim.kind === 'strange') return strangeState(directory, claim.why)
  const startedAtMs = claim.mtimeMs
  const ended = readEnd(directory, startedAtMs)
  if (ended !== undefined) return wentDownWithMachine(ended, claim, bootId) ?? ended
  const parties = partiesIn(claim, readOwnFile(directory, 'status', mostStatusBytes))
  if (parties === undefined) return unfinishedClaim(directory, startedAtMs)
  const sameBoot = parties.bootId === bootId
  const shimLives = sameBoot && isAlive(parties.shim)
  // A shim outlives its attempt. Its working directory shows which attempt it runs now.
  if (shimLives && worksIn(parties.shim.pid, directory)) return { kind: 'running', startedAtMs, shim: parties.shim }
  const endedMeanwhile = readEnd(directory, startedAtMs)
  if (endedMeanwhile !== undefined) return endedMeanwhile
  if (sameBoot && !shimLives && parties.statusIsStrange === undefined) {
    if (parties.job === undefined) return unfinishedClaim(directory, startedAtMs)
    if (isAlive(parties.job)) return { kind: 'running', startedAtMs, shim: undefined }
  }
  if (!sameBoot) return noteEnd(directory, startedAtMs, 'lost', 'the machine was restarted while the attempt ran')
  const { statusIsStrange } = parties
  if (statusIsStrange !== undefined) return noteEnd(directory, startedAtMs, 'spoiled', statusIsStrange)
  if (shimLives) return noteEnd(directory, startedAtMs, 'spoiled', 'the end of the attempt was taken out of its files')
  const reason = 'the process that watched over the attempt was killed: its exit code is not known'
  return noteEnd(directory, startedAtMs, 'lost', reason)
}

/** SIGTERM and SIGKILL, with which an orderly shutdown of the machine ends what runs. */
const shutdownCodes = new Set([143, 137])
/** The time from a machine's shutdown until it is up again. */
const restartWithinMs = 600_000

/**
 * An attempt that a signal ended in the minutes before the machine booted went down with the
 * machine.
 */
function wentDownWithMachine(ended: FiledState, claim: OwnFile, bootId: string): FiledState | undefined {
  if (ended.kind !== 'ended' || !shutdownCodes.has(ended.exitCode) || ended.outOfMemory) return undefined
  if (claim.kind !== 'text' || claim.text.startsWith(`${bootId} `)) return undefined
  const { startedAtMs, stoppedAtMs } = ended
  const bootedAtMs = Date.now() - uptime() * 1000
  if (bootedAtMs - stoppedAtMs > restartWithinMs) return undefined
  return { kind: 'lost', startedAtMs, stoppedAtMs, reason: 'the machine was shut down while the attempt ran' }
}

/** The processes that run the attempt. */
export interface Parties {
  readonly bootId: string
  readonly shim: ProcessIdentity
  /**
   * The list of processes in the shim's cgroup, including the shim. It belongs to the attempt as
   * long as the attempt runs.
   */
  readonly processList: string | undefined
  /**
   * The attempt's command, whose process id is also its session id. Undefined until it is forked.
   */
  readonly job: ProcessIdentity | undefined
  /** Why nothing can be read from `status`, if that is the case. */
  readonly statusIsStrange: string | undefined
}

/** Undefined while the claim is incomplete. Without a readable claim, /proc is consulted. */
export function readParties(directory: string): Parties | undefined {
  const claim = readClaim(directory)
  if (claim.kind !== 'strange') return partiesIn(claim, readOwnFile(directory, 'status', mostStatusBytes))
  const found = shimWorkingIn(directory)
  return found && { ...found, bootId: readBootId(), statusIsStrange: claim.why }
}

/** If the claim is missing although the attempt began, somebody removed it. */
function readClaim(directory: string): OwnFile {
  const claim = readOwnFile(directory, 'claim', mostClaimBytes)
  if (claim.kind !== 'missing') return claim
  const status = readOwnFile(directory, 'status', mostStatusBytes)
  const wasRemoved = status.kind === 'strange' || (status.kind === 'text' && status.text.startsWith('job '))
  return wasRemoved ? { kind: 'strange', why: 'the file claim of the attempt was removed' } : claim
}

function partiesIn(claim: OwnFile, status: OwnFile): Parties | undefined {
  const parts = claim.kind === 'text' ? /^(\S+) (\d+) (\d+) (.+)\n/.exec(claim.text) : null
  if (parts === null) return undefined
  const job = status.kind === 'text' ? /^(?:failed .*\n)?job (\d+) (\d+)\n/.exec(status.text) : null
  return {
    bootId: parts[1]!,
    shim: { pid: Number(parts[2]), startTicks: parts[3]! },
    processList: parts[4] === '-' ? undefined : parts[4],
    job: job === null ? undefined : { pid: Number(job[1]), startTicks: job[2]! },
    statusIsStrange: status.kind === 'strange' ? status.why : undefined,
  }
}

/** The group that an attempt is part of. */
export interface GroupNote {
  readonly name: string
  readonly address?: string
}

export function groupText({ name, address = '' }: GroupNote): string {
  return `${name}\n${address}\n`
}

export function readGroup(directory: string): GroupNote | undefined {
  const file = readOwnFile(directory, 'group', mostGroupBytes)
  const [name, address] = file.kind === 'text' ? file.text.split('\n') : []
  // A name that leads elsewhere was not written by the server.
  if (!name || !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) return undefined
  return address ? { name, address } : { name }
}

function readEnd(directory: string, startedAtMs: TimeMs): FiledState | undefined {
  const status = readOwnFile(directory, 'status', mostStatusBytes)
  if (status.kind !== 'text') return undefined
  const stoppedAtMs = Math.max(startedAtMs, status.mtimeMs)
  // The last line counts only when it is whole.
  const lines = status.text.split('\n').slice(0, -1)
  const index = lines.findIndex((line) => /^(exit \d+( oom)?$|lost |spoiled |failed )/.test(line))
  const line = lines[index]
  if (line === undefined) return undefined
  const rest = line.slice(line.indexOf(' ') + 1)
  if (line.startsWith('lost ')) return { kind: 'lost', startedAtMs, stoppedAtMs, reason: rest }
  if (line.startsWith('spoiled ')) return { kind: 'spoiled', startedAtMs, stoppedAtMs, reason: rest }
  if (line.startsWith('failed ')) return failedState(stoppedAtMs, rest)
  if (index > 0 && !lines.slice(0, index).includes('begun')) {
    const code = Number.parseInt(rest, 10)
    return code > 128 ? failedState(stoppedAtMs) : failedState(stoppedAtMs, lastWords(directory, code))
  }
  const output = lstatSync(join(directory, 'output'), { throwIfNoEntry: false })
  // The log may lack anything, and must not pass for whole.
  if (!output?.isFile()) {
    const what = output === undefined ? 'was removed' : 'is not a regular file'
    return { kind: 'spoiled', startedAtMs, stoppedAtMs, reason: `the file output of the attempt ${what}` }
  }
  const exitCode = Number.parseInt(rest, 10)
  return { kind: 'ended', startedAtMs, stoppedAtMs, exitCode, outOfMemory: rest.endsWith(' oom') }
}

function failedState(atMs: TimeMs, why?: string): FiledState {
  const reason = why === undefined ? stillbornReason : `CannotStartContainerError: ${why}`
  return { kind: 'failed', atMs, reason }
}

/**
 * The output of the program that should have begun the command. Nothing else has written there yet.
 */
function lastWords(directory: string, code: number): string {
  const output = readOwnFile(directory, 'output', mostReasonBytes)
  const words = output.kind === 'text' ? output.text.trim().split('\n').at(-1) : undefined
  return words || `the command could not be started (exit ${code})`
}

/**
 * The contents cannot be trusted. The state is derived anew each time, because there is nowhere to
 * note it.
 */
function strangeState(directory: string, reason: string): FiledState {
  const atMs = Math.trunc(lstatSync(directory, { throwIfNoEntry: false })?.birthtimeMs || Date.now())
  const found = shimWorkingIn(directory)
  if (found !== undefined) return { kind: 'running', startedAtMs: atMs, shim: found.shim }
  return { kind: 'spoiled', startedAtMs: atMs, stoppedAtMs: atMs, reason }
}

/** Writes the end down, so that later answers agree. It is dated by the last sign of life. */
function noteEnd(directory: string, startedAtMs: TimeMs, kind: 'lost' | 'spoiled', reason: string): FiledState {
  const output = lstatSync(join(directory, 'output'), { throwIfNoEntry: false })
  const stoppedAtMs = Math.max(startedAtMs, Math.trunc(output?.mtimeMs ?? 0))
  try {
    const status = openToAppend(directory, 'status')
    if (status.kind === 'file') {
      try {
        // A line that was cut off stays as it is.
        writeSync(status.fd, `\n${kind} ${reason}\n`)
        futimesSync(status.fd, stoppedAtMs / 1000, stoppedAtMs / 1000)
      } finally {
        closeSync(status.fd)
      }
    }
  } catch {
    // The disk is full. The next look finds and reports the same.
  }
  return { kind, startedAtMs, stoppedAtMs, reason }
}

/**
 * Notes that the attempt did not start, and never will. Whatever is added later does not count, and
 * a shim that has not claimed it cannot do so any more.
 */
export function noteFailedStart(directory: string, reason: string): void {
  try {
    makeOwnFile(directory, 'claim', 'given up\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const status = openToAppend(directory, 'status')
  if (status.kind !== 'file') return
  try {
    writeSync(status.fd, `failed ${reason}\n`)
  } finally {
    closeSync(status.fd)
  }
}

/** Longer than it takes to make a file and write a line into it on the slowest machine. */
const claimingMs = 5_000

function unfinishedClaim(directory: string, claimedAtMs: TimeMs): FiledState {
  // A claim from the future dates from before the clock was set back.
  const ageMs = Date.now() - claimedAtMs
  if (ageMs >= 0 && ageMs < claimingMs) return { kind: 'claiming' }
  const inode = statSync(directory, { throwIfNoEntry: false })
  if (inode !== undefined && someoneWorksIn(inode, (path) => statSync(path))) return { kind: 'claiming' }
  // A file system that failed may have kept the command's output and lost the notes about it.
  if ((lstatSync(join(directory, 'output'), { throwIfNoEntry: false })?.size ?? 0) > 0)
    return noteEnd(directory, claimedAtMs, 'lost', 'what was noted of the attempt was lost: how it ended is not known')
  return { kind: 'failed', atMs: claimedAtMs, reason: stillbornReason }
}
