/** A small file that one owner reads whole and writes whole, which other processes may do at the same time. */
import { closeSync, fsyncSync, openSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'

/** A mark that differs whenever the file was written, and costs one `stat`. */
export function fileMark(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : 'none'
}

/** Written to a new file (mode 0600), forced to disk and renamed over the old one, so that a reader sees the one or the other. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.new`
  const file = openSync(temporary, 'w', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
  // The rename itself is on disk only once its directory is.
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** How long a writer waits for another. */
const lockWaitMs = 5000

/**
 * Runs `work` while no other process holds the lock: an exclusive transaction on an empty SQLite file, which the kernel lets go when its
 * holder ends, however it ends. Throws what `refuse` makes of the reason if the lock is not to be had within five seconds.
 */
export function withLock<T>(path: string, refuse: (why: string) => Error, work: () => T): T {
  const lock = new Database(path, { timeout: lockWaitMs })
  try {
    try {
      lock.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      throw refuse((error as Error).message)
    }
    return work()
  } finally {
    lock.close()
  }
}
