/**
 * The store on SQLite. It uses WAL with `synchronous=FULL`, so that a commit is an fsync. Each
 * `append` is one transaction.
 */
import Database from 'better-sqlite3'
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { Job } from '../../model/job.ts'
import type { TimeMs } from '../../model/time.ts'
import type { Changes, DeletedJobs, JobQuery, Loaded, NeedQuery, OldJobs, Store } from '../store.ts'
import { DatabaseFile, type Opening, setUp } from './database-file.ts'
import { SqliteDefinitions } from './definitions.ts'
import { Marks, markSetting } from './marks.ts'
import { SqliteOutbox } from './outbox.ts'
import { migrate } from './schema.ts'
import { SqliteSearches } from './search/sqlite-searches.ts'

export interface SqliteOptions {
  /** A test supplies the connection in order to limit it. */
  readonly database?: Database.Database
  /**
   * Receives a number once it is durable in the database. Each is higher than the one before. See
   * marks.ts.
   */
  readonly onMark?: (number: number) => void
  /** The number after which the marks continue. */
  readonly markAfter?: number
  /**
   * Called before the file is opened again after its disk failed. Throws if that is not allowed.
   */
  readonly beforeReopen?: () => void
}

export function openSqliteStore(file: string, options: SqliteOptions = {}): Store {
  const database = options.database ?? new Database(file)
  try {
    return new SqliteStore(file, database, options)
  } catch (error) {
    database.close()
    throw error
  }
}

class SqliteStore implements Store {
  readonly #file: DatabaseFile
  readonly #marks: Marks
  readonly outbox: SqliteOutbox
  readonly definitions: SqliteDefinitions
  readonly searches: SqliteSearches
  /** Returns the number of the last event in the outbox. */
  #append: (changes: Changes) => number

  constructor(path: string, database: Database.Database, options: SqliteOptions) {
    setUp(database)
    migrate(database)
    const reopening = {
      before: () => options.beforeReopen?.(),
      isWhole: (opening: Opening) => this.#marks.isIn(opening),
      after: (opening: Opening) => this.#bind(opening),
    }
    this.#file = new DatabaseFile(path, database, options.database ? undefined : reopening)
    const orFail = <T>(how: 'read' | 'written', work: () => T) => this.#file.orFail(how, work)
    this.definitions = new SqliteDefinitions(database, orFail)
    this.outbox = new SqliteOutbox(database, orFail)
    this.searches = new SqliteSearches(path)
    this.#append = this.#appendTo(this.#file.opening)
    const number = Math.max(Number(this.getSetting(markSetting) ?? 0), options.markAfter ?? 0)
    this.#marks = new Marks(number, options.onMark)
    this.#marks.begin(this.#file.opening)
  }

  load(): Loaded {
    return this.#file.orFail('read', ({ account, jobs }) => ({
      ...account.load(),
      jobs: jobs.live(),
      definitionBytes: this.definitions.bytesByOwner(),
      nextSeq: jobs.lastSeq() + 1,
    }))
  }

  loadComputeEnvironments(): ComputeEnvironment[] {
    return this.#file.orFail('read', ({ account }) => account.computeEnvironments())
  }

  append(changes: Changes): void {
    try {
      this.outbox.committed(this.#file.orFail('written', () => this.#append(changes)))
    } finally {
      // A failed write may have succeeded all the same.
      this.searches.changed(changes)
    }
    this.#marks.afterWrite(this.#file.opening)
  }

  findCall(key: string, sinceMs: TimeMs): string | undefined {
    return this.#file.orFail('read', ({ calls }) => calls.find(key, sinceMs))
  }

  getJobs(jobIds: readonly string[]): Map<string, Job> {
    return this.#file.orFail('read', ({ jobs }) => jobs.find(jobIds))
  }

  createdAtMs(jobId: string): TimeMs | undefined {
    return this.#file.orFail('read', ({ jobs }) => jobs.createdAtMs(jobId))
  }

  listJobs(query: JobQuery): Job[] {
    return this.#file.orFail('read', ({ jobs }) => jobs.list(query))
  }

  listJobsNeeding(query: NeedQuery): Job[] {
    return this.#file.orFail('read', ({ jobs }) => jobs.listNeeding(query))
  }

  deleteJobs(old: OldJobs): DeletedJobs {
    const { gone, ...deleted } = this.#file.orFail('written', ({ jobWriter }) => jobWriter.delete(old))
    this.searches.deleted(gone)
    return deleted
  }

  getSetting(key: string): string | undefined {
    return this.#file.orFail('read', ({ settings }) => settings.get(key))
  }

  putSetting(key: string, value: string): void {
    this.#file.orFail('written', ({ settings }) => settings.put(key, value))
    this.#marks.afterWrite(this.#file.opening)
  }

  close(): void {
    void this.searches.stop()
    this.#file.close()
  }

  #bind(opening: Opening): void {
    this.outbox.bind(opening.database)
    this.definitions.bind(opening.database)
    this.#append = this.#appendTo(opening)
    this.searches.reopen()
  }

  #appendTo({ database, jobWriter, account, calls }: Opening): (changes: Changes) => number {
    return database.transaction((changes: Changes) => {
      jobWriter.write(changes)
      this.definitions.write(changes.jobDefinitions, changes.goneJobDefinitions)
      account.write(changes)
      calls.write(changes.calls, changes.forgetCallsBeforeMs)
      return this.outbox.write(changes.outbox)
    }).immediate
  }
}
