import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Opens the server's own files of attempts so that nothing can be put in their place. A job that
 * runs as the server's user can still reach them. Whatever it leaves there (a link, a FIFO, a
 * directory, a huge file) is neither followed nor waited for, and is distinguished from a missing
 * file.
 */
export type OwnFile =
  | { kind: 'missing' }
  | { kind: 'text'; text: string; mtimeMs: number }
  /** Something else stands there. `why` is a sentence. */
  | { kind: 'strange'; why: string }

export type OpenedFile =
  | { kind: 'missing' }
  | { kind: 'file'; fd: number; stat: Stats }
  | { kind: 'strange'; why: string }

const { O_APPEND, O_CREAT, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants
const neverWaiting = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
/** Only the server's user may read and write. */
const ownMode = 0o600
/** The errors of opening a link, a socket, a device without a driver, or a file made unreadable. */
const strangeCodes = new Set(['ELOOP', 'ENXIO', 'ENODEV', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR'])

/** Returns the whole text of a file of at most `mostBytes` bytes. */
export function readOwnFile(directory: string, name: string, mostBytes: number): OwnFile {
  const opened = openOwnFile(directory, name)
  if (opened.kind !== 'file') return opened
  const { fd, stat } = opened
  try {
    // One byte more than allowed, because the file may grow while it is read.
    const buffer = Buffer.allocUnsafe(mostBytes + 1)
    const bytes = readSync(fd, buffer, 0, buffer.length, 0)
    if (bytes > mostBytes) return strange(name, 'holds more than was ever written to it')
    return { kind: 'text', text: buffer.toString('utf8', 0, bytes), mtimeMs: Math.trunc(stat.mtimeMs) }
  } finally {
    closeSync(fd)
  }
}

/** Opens a file for reading. The caller closes it. */
export function openOwnFile(directory: string, name: string, flags: number = O_RDONLY): OpenedFile {
  let fd: number
  try {
    fd = openSync(join(directory, name), flags | neverWaiting, ownMode)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { kind: 'missing' }
    if (strangeCodes.has(code)) return strange(name, `cannot be opened as a file (${code})`)
    throw error
  }
  const stat = fstatSync(fd)
  if (stat.isFile()) return { kind: 'file', fd, stat }
  closeSync(fd)
  return strange(name, 'is not a regular file')
}

/**
 * Overwrites a small file, or makes it. The text is padded, so that nothing of the old text
 * remains.
 */
export function overwriteOwnFile(directory: string, name: string, text: string): void {
  const opened = openOwnFile(directory, name, O_WRONLY | O_CREAT)
  if (opened.kind !== 'file') throw new Error(opened.kind === 'strange' ? opened.why : `${directory} is gone`)
  try {
    const bytes = Buffer.from(text.padEnd(opened.stat.size, '\n'))
    if (writeSync(opened.fd, bytes, 0, bytes.length, 0) < bytes.length)
      throw new Error(`${join(directory, name)} could be written only in part`)
  } finally {
    closeSync(opened.fd)
  }
}

/** Makes a file that must not exist yet. */
export function makeOwnFile(directory: string, name: string, text: string): void {
  const fd = openSync(join(directory, name), O_WRONLY | O_CREAT | O_EXCL | neverWaiting, ownMode)
  try {
    const bytes = Buffer.from(text)
    if (writeSync(fd, bytes) < bytes.length) throw new Error(`${join(directory, name)} could be written only in part`)
  } finally {
    closeSync(fd)
  }
}

/** Opens a file to append to it, and makes it if it does not exist. */
export function openToAppend(directory: string, name: string): OpenedFile {
  return openOwnFile(directory, name, O_WRONLY | O_APPEND | O_CREAT)
}

/** What a directory of ours is: missing, a directory, or something put in its place. */
export function statOwnDirectory(directory: string): Stats | 'missing' | 'strange' {
  const stat = lstatSync(directory, { throwIfNoEntry: false })
  if (stat === undefined) return 'missing'
  return stat.isDirectory() ? stat : 'strange'
}

function strange(name: string, why: string): { kind: 'strange'; why: string } {
  return { kind: 'strange', why: `the file ${name} of the attempt ${why}` }
}
