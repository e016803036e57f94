/** The data directory: made for its owner alone, and held by one server at a time. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
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
  mkdirSync(path, { recursive: true, mode: 0o700 })
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
