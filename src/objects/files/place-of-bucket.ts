/**
 * Whether a directory of the operator's can be served as a bucket. The server asks before it serves
 * one, and so does `openbatch bucket add`.
 */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { open, opendir, realpath, stat, unlink } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { codeOf } from './descriptors.ts'

export interface WantedDirectory {
  readonly directory: string
  readonly readOnly: boolean
}

/** A directory that no bucket may overlap. */
export interface TakenDirectory {
  readonly directory: string
  /** For messages: `the bucket genomes`. */
  readonly what: string
}

/** Resolves with what is wrong, without the path and in words that follow it. */
export async function problemOfDirectory(
  wanted: WantedDirectory,
  taken: readonly TakenDirectory[],
): Promise<string | undefined> {
  if (!isAbsolute(wanted.directory)) return 'is no absolute path'
  const found = await find(wanted.directory)
  if ('problem' in found) return found.problem
  const { path } = found
  for (const { directory, what } of taken) {
    const problem = overlap(path, (await realpath(directory).catch(() => undefined)) ?? directory, what)
    if (problem) return problem
  }
  return (await whyUnreadable(path)) ?? (wanted.readOnly ? undefined : await whyUnwritable(path))
}

/** Both paths are without symbolic links. */
export function overlap(path: string, other: string, what: string): string | undefined {
  if (path === other) return `is ${what}`
  if (isInside(path, other)) return `is inside ${what} (${other})`
  return isInside(other, path) ? `contains ${what} (${other})` : undefined
}

function isInside(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}

async function find(directory: string): Promise<{ readonly path: string } | { readonly problem: string }> {
  try {
    const path = await realpath(directory)
    return (await stat(path)).isDirectory() ? { path } : { problem: 'is no directory' }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return { problem: 'does not exist' }
    return { problem: `cannot be reached by ${account()} (${code})` }
  }
}

async function whyUnreadable(path: string): Promise<string | undefined> {
  try {
    const listing = await opendir(path)
    await listing.close()
    await stat(join(path, '.'))
    return undefined
  } catch (error) {
    return `cannot be read by ${account()} (${codeOf(error)})`
  }
}

/** A file system may be mounted read-only, or refuse in ways that only a write shows. */
async function whyUnwritable(path: string): Promise<string | undefined> {
  const probe = join(path, `.openbatch-probe-${randomUUID()}`)
  try {
    const file = await open(probe, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      await file.write('x')
      await file.sync()
    } finally {
      await file.close()
      await unlink(probe)
    }
    return undefined
  } catch (error) {
    // Writes are refused until there is room, and the server must start all the same.
    if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') return undefined
    return `cannot be written by ${account()} (${codeOf(error)}); serve it read-only, or let this account write it`
  }
}

function account(): string {
  return `the account of the server (uid ${process.geteuid?.()})`
}
