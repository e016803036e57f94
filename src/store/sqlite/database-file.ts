/**
 * The database file. After a disk failed, its file descriptors are unusable, so the file is opened
 * again before its next use.
 */
import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { StoreFailure } from '../store.ts'
import { AccountTables } from './account-tables.ts'
import { CallTable } from './call-table.ts'
import { JobReader } from './job-reader.ts'
import { JobWriter } from './job-writer.ts'
import { LogWatch } from './log-watch.ts'
import { SettingTable } from './setting-table.ts'

/** One opening of the file: the tables, with their statements prepared. */
export class Opening {
  readonly database: Database.Database
  readonly jobs: JobReader
  readonly jobWriter: JobWriter
  readonly account: AccountTables
  readonly calls: CallTable
  readonly settings: SettingTable
  readonly watch: LogWatch

  constructor(file: string, database: Database.Database) {
    this.database = database
    this.jobs = new JobReader(database)
    this.jobWriter = new JobWriter(database)
    this.account = new AccountTables(database)
    this.calls = new CallTable(database)
    this.settings = new SettingTable(database)
    this.watch = new LogWatch(file)
  }

  close(): void {
    try {
      this.watch.close()
      this.database.close()
    } catch {
      // The disk is gone, and with it anything that closing could still report.
    }
  }
}

/** How the file is opened again. */
export interface Reopening {
  /** Throws if the file may not be opened again. */
  readonly before: () => void
  /** Whether the file holds what was last written. */
  readonly isWhole: (opening: Opening) => boolean
  readonly after: (opening: Opening) => void
}

export class DatabaseFile {
  readonly #file: string
  /** Undefined: the connection is kept as it is. */
  readonly #reopening: Reopening | undefined
  #opening: Opening
  #isStale = false

  constructor(file: string, database: Database.Database, reopening: Reopening | undefined) {
    this.#file = file
    this.#reopening = reopening
    this.#opening = new Opening(file, database)
  }

  get opening(): Opening {
    return this.#opening
  }

  /**
   * Turns an error of the disk into a `StoreFailure`. A broken constraint is the caller's bug,
   * which no retry mends.
   */
  orFail<T>(how: 'read' | 'written', work: (opening: Opening) => T): T {
    try {
      if (this.#isStale) this.#reopen()
      return work(this.#opening)
    } catch (error) {
      if (!(error instanceof Database.SqliteError) || error.code.startsWith('SQLITE_CONSTRAINT')) throw error
      // A full disk leaves the connection intact.
      this.#isStale ||= /^SQLITE_(IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB)/.test(error.code)
      const options = { cause: error, isUnsure: this.#isStale }
      throw new StoreFailure(`The store could not be ${how}: ${error.message}`, options)
    }
  }

  close(): void {
    this.#opening.close()
  }

  /**
   * Throws `StoreFailure` and changes nothing, unless the file is the one that was written, up to
   * the last known mark.
   */
  #reopen(): void {
    try {
      if (this.#reopening) this.#replaceOpening(this.#reopening)
      this.#isStale = false
    } catch (error) {
      const options = { cause: error, isUnsure: true }
      throw new StoreFailure(`The store could not be opened again: ${(error as Error).message}`, options)
    }
  }

  #replaceOpening({ before, isWhole, after }: Reopening): void {
    before()
    // SQLite would take an empty file for a new database, and remove the log beside it.
    if (statSync(this.#file).size === 0) throw new Error('it is empty')
    const database = new Database(this.#file, { fileMustExist: true })
    try {
      setUp(database)
      const opening = new Opening(this.#file, database)
      if (!isWhole(opening)) throw new Error('it lacks what was written last')
      this.#opening.close()
      this.#opening = opening
      after(opening)
    } catch (error) {
      database.close()
      throw error
    }
  }
}

export function setUp(database: Database.Database): void {
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  database.pragma('cache_size = -65536')
  // A page that many commits changed is copied home once for all of them.
  database.pragma('wal_autocheckpoint = 8000')
}
