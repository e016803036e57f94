import { readdirSync, readFileSync, type Stats, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TimeMs } from '../../model/time.ts'
import { isAlive, type ProcessIdentity, parseStat, someoneWorksIn } from './identity.ts'

/**
 * What the files of an attempt say of it. They are the truth: whatever was killed and when, each state a crash can
 * leave is told apart here.
 *
 *     shard/NAME/run     how to run it
 *     shard/NAME/claim   which shim runs it, since when; the command's process
 *     shard/NAME/exit    how it ended
 *     shard/NAME/output  stdout and stderr
 *     shard/NAME/work, shard/NAME/tmp
 *
 * A directory appears complete, `run` included (`directories.ts`); the shim makes `claim`.
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
  const ended = readExit(directory, startedAtMs)
  if (ended !== undefined) return ended
  const parties = readClaim(directory)
  if (parties === undefined) return unfinishedClaim(directory, claim)
  const sameBoot = parties.bootId === bootId
  if (sameBoot && isAlive(parties.shim)) return { kind: 'running', startedAtMs, shim: parties.shim }
  const endedMeanwhile = readExit(directory, startedAtMs)
  if (endedMeanwhile !== undefined) return endedMeanwhile
  if (sameBoot && parties.job !== undefined && isAlive(parties.job)) {
    return { kind: 'running', startedAtMs, shim: undefined }
  }
  const reason = sameBoot
    ? 'the process that watched over the attempt was killed: its exit code is not known'
    : 'the machine was restarted while the attempt ran'
  return noteLost(directory, startedAtMs, reason)
}

/** Who runs the attempt, if its claim is whole. */
export interface Claim {
  readonly bootId: string
  readonly shim: ProcessIdentity
  /** The list of the processes in the shim's cgroup, the shim among them. The attempt's own for as long as it runs. */
  readonly processList: string | undefined
  /** The attempt's command, whose number is that of its session. Undefined for a moment, until it is forked. */
  readonly job: ProcessIdentity | undefined
}

export function readClaim(directory: string): Claim | undefined {
  const [first, second, rest] = readText(join(directory, 'claim')).split('\n')
  const match = /^(\S+) (\S+) (.*)$/.exec(first ?? '')
  const shim = match === null || second === undefined ? undefined : parseStat(match[3]!)
  if (match === null || shim === undefined) return undefined
  return {
    bootId: match[1]!,
    shim,
    processList: match[2] === '-' ? undefined : match[2],
    job: rest === undefined ? undefined : parseStat(second!),
  }
}

/** The names of all attempts, whatever their state. */
export function listNames(base: string): string[] {
  return readdirSync(base)
    .filter((shard) => /^[0-9a-f]{2}$/.test(shard))
    .flatMap((shard) => readdirSync(join(base, shard)))
}

function readExit(directory: string, startedAtMs: TimeMs): FiledState | undefined {
  const file = join(directory, 'exit')
  const at = stat(file)
  if (at === undefined) return undefined
  const text = readText(file)
  const lineEnd = text.indexOf('\n')
  // Nothing yet, or not whole: the shim is writing it, or was killed at that. What follows the line is of no account.
  if (lineEnd <= 0) return undefined
  const line = text.slice(0, lineEnd)
  const stoppedAtMs = Math.max(startedAtMs, Math.trunc(at.mtimeMs))
  const code = /^(\d+)( oom)?$/.exec(line)
  if (code) {
    return { kind: 'ended', startedAtMs, stoppedAtMs, exitCode: Number(code[1]), outOfMemory: code[2] !== undefined }
  }
  return { kind: 'lost', startedAtMs, stoppedAtMs, reason: line.replace(/^lost /, '') }
}

/** Written down, so that the same is said ever after; dated by the last sign of life there was. */
function noteLost(directory: string, startedAtMs: TimeMs, reason: string): FiledState {
  const output = stat(join(directory, 'output'))
  const stoppedAtMs = Math.max(startedAtMs, Math.trunc(output?.mtimeMs ?? 0))
  const file = join(directory, 'exit')
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
