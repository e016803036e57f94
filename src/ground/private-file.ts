/**
 * Small files for one owner's eyes, which several processes may read and write at the same time.
 */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { syncDirectory } from './sync-directory.ts'

/** A text that changes whenever the file is written. Costs one `stat`. */
export function fileMark(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : 'none'
}

/**
 * Writes a new file (mode 0600), forces it to disk and renames it over the old one. A reader sees
 * either the old text or the new one, whole.
 */
export function writePrivateFile(path: string, text: string): void {
  writeWhole(path, text, 0o600)
}

/** The same without holding up the thread while the disk works. One caller at a time. */
export async function replacePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    giveToOwnerOf(dirname(path), file.fd)
    await file.chmod(0o600)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** The same with a file that every account may read. */
export function writePublicFile(path: string, text: string): void {
  writeWhole(path, text, 0o644)
}

function writeWhole(path: string, text: string, mode: number): void {
  const temporary = `${path}.${process.pid}.new`
  const file = openSync(temporary, 'w', mode)
  try {
    giveToOwnerOf(dirname(path), file)
    // Whatever the umask.
    fchmodSync(file, mode)
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
  // The rename is on disk only once the directory is.
  syncDirectory(dirname(path))
}

/** How long a writer waits for another. */
const lockWaitMs = 5000

/**
 * Runs `work` while no other process holds the lock. Throws the error of `refuse` if the lock stays
 * taken for five seconds.
 */
export function withLock<T>(path: string, refuse: (why: string) => Error, work: () => T): T {
  let lock: Database.Database
  try {
    lock = openLock(path, lockWaitMs)
  } catch (error) {
    throw refuse(whyNot(error as Error & { code?: string }))
  }
  try {
    return work()
  } finally {
    lock.close()
  }
}

/**
 * An exclusive transaction on an empty SQLite file is a lock, which the kernel releases however its
 * holder ends. Only the file's owner can open it, so no other account can hold it. Throws SQLite's
 * error, or the system's.
 */
export function openLock(path: string, waitMs: number): Database.Database {
  makePrivateFile(path)
  const lock = new Database(path, { timeout: waitMs })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    throw error
  }
}

/**
 * Makes a file that only its owner may read, if it is not there: SQLite gives its companions the
 * same mode.
 */
export function makePrivateFile(path: string): void {
  const file = openSync(path, 'a', 0o600)
  try {
    giveToOwnerOf(dirname(path), file)
  } finally {
    closeSync(file)
  }
}

/**
 * A command that root runs on another account's directory must not leave files that this account
 * cannot open.
 */
function giveToOwnerOf(directory: string, file: number): void {
  if (process.getuid?.() !== 0 || fstatSync(file).uid !== 0) return
  const { uid, gid } = statSync(directory)
  if (uid !== 0) fchownSync(file, uid, gid)
}

function whyNot({ code, message }: Error & { code?: string }): string {
  if (code === 'SQLITE_BUSY') return 'another process holds it'
  return code === 'SQLITE_NOTADB' || code?.startsWith('SQLITE_CORRUPT')
    ? 'it is damaged. It holds nothing but a lock: remove it'
    : message
}
