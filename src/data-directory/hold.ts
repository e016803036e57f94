/** Holds the data directory, so that only one server uses it at a time. */
import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { openLock } from '../ground/private-file.ts'
import { CannotStart } from './cannot-start.ts'
import { cannotUse, explained, faultOf, orCannotStart } from './fault.ts'
import { checkModes } from './modes.ts'

/** Makes the directory if it is not there. Throws `CannotStart` if it cannot be used. */
export function holdDataDirectory(path: string): DataDirectory {
  orCannotStart(path, () => {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    checkModes(path)
    tryToWrite(path)
  })
  return new DataDirectory(path)
}

export class DataDirectory {
  readonly path: string
  #held: Held

  constructor(path: string) {
    this.path = path
    this.#held = hold(path)
  }

  /**
   * Holds what is at the path now, if another file system was mounted there meanwhile. Throws if
   * another server has it.
   */
  holdAgain(): void {
    if (isSame(this.#held.directory, this.path)) return
    const again = hold(this.path)
    this.#held.release()
    this.#held = again
  }

  release(): void {
    this.#held.release()
  }
}

interface Held {
  /** Descriptor. */
  readonly directory: number
  release(): void
}

/**
 * Takes two locks, which the kernel releases however the process ends. One is on the directory
 * itself, which cannot be removed from under a server as a file in it can. The other is on
 * `lock.db`, for systems without `flock` and for older versions, which know only that one.
 */
function hold(path: string): Held {
  const directory = openSync(path, 'r')
  let lock: Database.Database | undefined
  try {
    if (isLockedByAnother(directory)) throw busy(path)
    lock = lockFile(path)
  } catch (error) {
    closeSync(directory)
    throw error
  }
  const opened = lock
  return {
    directory,
    release() {
      opened.close()
      closeSync(directory)
    },
  }
}

/**
 * Node offers no file lock. The command `flock` locks the descriptor it is given, for as long as
 * ours is open.
 */
function isLockedByAnother(directory: number): boolean {
  const { status } = spawnSync('flock', ['-x', '-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', directory] })
  return status === 1
}

function lockFile(path: string): Database.Database {
  const file = join(path, 'lock.db')
  try {
    return openLock(file, 0)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'SQLITE_BUSY') throw busy(path)
    if (faultOf(error) === 'damaged')
      throw cannotUse(file, 'damaged', `It holds nothing but a lock: remove it (rm '${file}') and start again.`)
    throw explained(file, error)
  }
}

function busy(path: string): CannotStart {
  return new CannotStart(
    `Another openbatch server is using the data directory ${path}. Stop it, or name another directory with --data-dir.`,
  )
}

function isSame(directory: number, path: string): boolean {
  try {
    const [held, there] = [fstatSync(directory), statSync(path)]
    return held.dev === there.dev && held.ino === there.ino
  } catch {
    return false
  }
}

/** SQLite does not always tell a full disk from a read-only one. Writing a plain file does. */
function tryToWrite(path: string): void {
  const file = join(path, `.writable-${process.pid}`)
  const fd = openSync(file, 'w', 0o600)
  try {
    writeSync(fd, Buffer.alloc(4096))
    fsyncSync(fd)
  } finally {
    closeSync(fd)
    rmSync(file, { force: true })
  }
}
