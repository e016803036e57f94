/**
 * Notices when SQLite begins its write-ahead log anew. Only that log holds the newest commits, and
 * a database that has lost it looks whole. So a higher number is written whenever a log begins: a
 * database without the last number has lost its log (docs/operate/data-directory.md).
 */
import { closeSync, openSync, readSync } from 'node:fs'

/**
 * The checkpoint's number and the salts, in the header
 * (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
 */
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

  /** Whether the log is a new one since the last call. True at the first call. */
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
