/**
 * The data directory: held by one server at a time. Others may pass through it, since jobs that run as another user have their directories
 * below; what is in it is closed to them file by file.
 */
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** Another server holds the directory. */
export class DataDirectoryBusy extends Error {
  override readonly name = 'DataDirectoryBusy'
}

export interface DataDirectory {
  readonly path: string
  release(): void
}

/**
 * An exclusive transaction on an empty SQLite file is the lock: the kernel lets it go when the process ends, however it ends, and
 * Node offers no file lock of its own.
 */
export function holdDataDirectory(path: string): DataDirectory {
  mkdirSync(path, { recursive: true, mode: 0o711 })
  const lock = new Database(join(path, 'lock.db'), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch {
    lock.close()
    throw new DataDirectoryBusy(`Another openbatch server is using the data directory ${path}.`)
  }
  return { path, release: () => lock.close() }
}

/** Tells the other commands (`openbatch env`) where the server is. */
export function announce(
  dataDir: string,
  facts: { endpoint: string; region: string; pid: number; startedAt: string },
): void {
  const file = join(dataDir, 'server.json')
  writeFileSync(`${file}.new`, `${JSON.stringify(facts, undefined, 2)}\n`)
  renameSync(`${file}.new`, file)
}

/** Makes a file that only its owner may read, if it is not there: SQLite gives its companions the same mode. */
export function makePrivateFile(file: string): void {
  closeSync(openSync(file, 'a', 0o600))
}
