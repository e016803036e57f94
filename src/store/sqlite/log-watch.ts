/**
 * Notices when SQLite begins its write-ahead log anew. Until then everything since is in the log alone, and a database that lost the log looks
 * whole. So at each beginning a higher number goes into the new log: a database that lacks it has lost the log (docs/operate/data-directory.md).
 */
import { closeSync, openSync, readSync } from 'node:fs'

/** Of the log's header, https://www.sqlite.org/fileformat2.html#the_write_ahead_log: the checkpoint's number and the salts. */
const headerFrom = 12
const headerBytes = 12

export class LogWatch {
  readonly #path: string
  readonly #header = Buffer.alloc(headerBytes)
  #known = ''
  #fd: number | undefined

  /** `database`: path of the database file. */
  constructor(database: string) {
    this.#path = `${database}-wal`
  }

  /** Whether the log is another than at the last call. The first call says yes. */
  hasBegunAnew(): boolean {
    this.#fd ??= openSync(this.#path, 'r')
    readSync(this.#fd, this.#header, 0, headerBytes, headerFrom)
    const header = this.#header.toString('latin1')
    if (header === this.#known) return false
    this.#known = header
    return true
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}
