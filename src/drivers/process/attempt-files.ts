import { readdirSync, readFileSync, type Stats, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TimeMs } from '../../model/time.ts'
import { isAlive, type ProcessIdentity, someoneWorksIn } from './identity.ts'

/**
 * What the files of an attempt say of it. They are the truth: whatever was killed and when, each state a crash can
 * leave is told apart here.
 *
 *     shard/NAME/run     how to run it
 *     shard/NAME/group   of which group it is part, if it is: the name, and the address if the group has one
 *     shard/NAME/claim   which shim runs it, since when
 *     shard/NAME/status  in its first line: the command's process, then how it ended
 *     shard/NAME/output  stdout and stderr
 *     shard/NAME/work, shard/NAME/tmp
 *
 * A directory appears complete, `run` and `group` included (`directories.ts`); the shim makes `claim`.
 */
export type FiledState =
  | { kind: 'absent' }
  /** Its directory is there and no shim has claimed it: a start was cut off, or is under way. */
  | { kind: 'unclaimed' }
  /** A shim is writing its claim this moment. */
  | { kind: 'claiming' }
  /** The claim was cut off (a full disk, a kill): the command was never started, and never will be. */
  | { kind: 'stillborn'; atMs: TimeMs }
  /** `shim` is undefined when it was killed and the command goes on without it: its exit code will not be known. */
  | { kind: 'running'; startedAtMs: TimeMs; shim: ProcessIdentity | undefined }
  | { kind: 'ended'; startedAtMs: TimeMs; stoppedAtMs: TimeMs; exitCode: number; outOfMemory: boolean }
  /** It ran and nobody saw its end. */
  | { kind: 'lost'; startedAtMs: TimeMs; stoppedAtMs: TimeMs; reason: string }

/** 256 directories hold the attempts, so that none grows too large to list. */
export function shardOf(name: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  return ((hash ^ (hash >>> 16)) & 0xff).toString(16).padStart(2, '0')
}

export function readState(directory: string, bootId: string): FiledState {
  const claim = stat(join(directory, 'claim'))
  if (claim === undefined) return stat(directory) === undefined ? { kind: 'absent' } : { kind: 'unclaimed' }
  const startedAtMs = Math.trunc(claim.mtimeMs)
  const ended = readEnd(directory, startedAtMs)
  if (ended !== undefined) return ended
  const parties = readParties(directory)
  if (parties === undefined) return unfinishedClaim(directory, claim)
  const sameBoot = parties.bootId === bootId
  if (sameBoot && isAlive(parties.shim)) return { kind: 'running', startedAtMs, shim: parties.shim }
  const endedMeanwhile = readEnd(directory, startedAtMs)
  if (endedMeanwhile !== undefined) return endedMeanwhile
  if (sameBoot && parties.job !== undefined && isAlive(parties.job)) {
    return { kind: 'running', startedAtMs, shim: undefined }
  }
  const reason = sameBoot
    ? 'the process that watched over the attempt was killed: its exit code is not known'
    : 'the machine was restarted while the attempt ran'
  return noteLost(directory, startedAtMs, reason)
}

/** Who runs the attempt. */
export interface Parties {
  readonly bootId: string
  readonly shim: ProcessIdentity
  /** The list of the processes in the shim's cgroup, the shim among them. The attempt's own for as long as it runs. */
  readonly processList: string | undefined
  /** The attempt's command, whose number is that of its session. Undefined until it is forked, and after its end. */
  readonly job: ProcessIdentity | undefined
}

/** Undefined while the claim is not whole. */
export function readParties(directory: string): Parties | undefined {
  const claim = /^(\S+) (\d+) (\d+) (.+)\n/.exec(readText(join(directory, 'claim')))
  if (claim === null) return undefined
  const job = /^job (\d+) (\d+)\n/.exec(readText(join(directory, 'status')))
  return {
    bootId: claim[1]!,
    shim: { pid: Number(claim[2]), startTicks: claim[3]! },
    processList: claim[4] === '-' ? undefined : claim[4],
    job: job === null ? undefined : { pid: Number(job[1]), startTicks: job[2]! },
  }
}

/** The group an attempt is part of. */
export interface GroupNote {
  readonly name: string
  readonly address?: string
}

export function groupText({ name, address = '' }: GroupNote): string {
  return `${name}\n${address}\n`
}

export function readGroup(directory: string): GroupNote | undefined {
  const [name, address] = readText(join(directory, 'group')).split('\n')
  if (!name) return undefined
  return address ? { name, address } : { name }
}

/** The names of all attempts, whatever their state. */
export function listNames(base: string): string[] {
  return readdirSync(base)
    .filter((shard) => /^[0-9a-f]{2}$/.test(shard))
    .flatMap((shard) => readdirSync(join(base, shard)))
}

function readEnd(directory: string, startedAtMs: TimeMs): FiledState | undefined {
  const file = join(directory, 'status')
  const at = stat(file)
  if (at === undefined) return undefined
  // Only the first line counts, and only when it is whole: the file is written over in place.
  const [line = '', ...rest] = readText(file).split('\n')
  if (rest.length === 0) return undefined
  const stoppedAtMs = Math.max(startedAtMs, Math.trunc(at.mtimeMs))
  const end = /^exit (\d+)( oom)?$/.exec(line)
  if (end) {
    return { kind: 'ended', startedAtMs, stoppedAtMs, exitCode: Number(end[1]), outOfMemory: end[2] !== undefined }
  }
  return line.startsWith('lost ') ? { kind: 'lost', startedAtMs, stoppedAtMs, reason: line.slice(5) } : undefined
}

/** Written down, so that the same is said ever after; dated by the last sign of life there was. */
function noteLost(directory: string, startedAtMs: TimeMs, reason: string): FiledState {
  const output = stat(join(directory, 'output'))
  const stoppedAtMs = Math.max(startedAtMs, Math.trunc(output?.mtimeMs ?? 0))
  const file = join(directory, 'status')
  try {
    writeFileSync(file, `lost ${reason}\n`)
    utimesSync(file, stoppedAtMs / 1000, stoppedAtMs / 1000)
  } catch {
    // A full disk: the same is found and told the next time.
  }
  return { kind: 'lost', startedAtMs, stoppedAtMs, reason }
}

/** Longer than it takes from making a file to writing a line into it, on the slowest machine. */
const claimingMs = 5_000

function unfinishedClaim(directory: string, claim: Stats): FiledState {
  if (Date.now() - claim.mtimeMs < claimingMs) return { kind: 'claiming' }
  const inode = stat(directory)
  if (inode !== undefined && someoneWorksIn(inode, (path) => statSync(path))) return { kind: 'claiming' }
  return { kind: 'stillborn', atMs: Math.trunc(claim.mtimeMs) }
}

function stat(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false })
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
