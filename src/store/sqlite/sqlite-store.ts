/** The store on SQLite: WAL with `synchronous=FULL`, so that a commit is an fsync; one transaction an `append`. */
import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { AccountResource } from '../../model/account-resource.ts'
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import { isTerminal, type Job, type JobSpec, jobStatuses } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { type ChildFacts, fromProgress, type Progress, parentIdOf, toProgress } from '../job-record.ts'
import {
  type Changes,
  type DeletedJobs,
  type JobQuery,
  type Loaded,
  type NeedQuery,
  type OldJobs,
  type ShareUseRecord,
  type Store,
  StoreFailure,
} from '../store.ts'
import { SqliteDefinitions } from './definitions.ts'
import { jobDeleter } from './delete-jobs.ts'
import { needReader, needWriter } from './jobs-needing.ts'
import { listJobsSql } from './list-jobs.ts'
import { LogWatch } from './log-watch.ts'
import { SqliteOutbox } from './outbox.ts'
import { migrate } from './schema.ts'

interface JobRow {
  readonly seq: number
  readonly job_id: string
  readonly parent_id: string | null
  readonly array_index: number | null
  readonly spec: string
  readonly tags: string | null
  readonly progress: string
}

const liveCodes = jobStatuses.flatMap((status, code) => (isTerminal(status) ? [] : [code])).join(', ')

/** A child's spec is its parent's. */
const jobColumns = `job.seq, job.job_id, job.parent_id, job.array_index, job.tags, job.progress,
  coalesce(job.spec, (SELECT parent.spec FROM job parent WHERE parent.job_id = job.parent_id)) AS spec`

export interface SqliteOptions {
  /** A test brings the connection, so as to limit it. */
  readonly database?: Database.Database
  /** Told a number once it is durable in the database; each is higher than the one before. See log-watch.ts. */
  readonly onMark?: (number: number) => void
  /** The number from which the marks go on. */
  readonly markAfter?: number
  /** Called before the file is opened again after a disk that failed; throws where that may not be. */
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

/** Settings of a database of any version that no server uses, which stays as it is. */
export function peekSettings<Key extends string>(file: string, keys: readonly Key[]): Partial<Record<Key, string>> {
  const database = new Database(file, { readonly: true, fileMustExist: true })
  try {
    if (!database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'setting'`).get()) return {}
    const rows = database.prepare('SELECT key, value FROM setting').all() as { key: Key; value: string }[]
    return Object.fromEntries(
      rows.filter(({ key }) => keys.includes(key)).map(({ key, value }) => [key, value]),
    ) as Partial<Record<Key, string>>
  } finally {
    database.close()
  }
}

/** What goes with one opening of the file. */
interface Connection {
  readonly database: Database.Database
  readonly sql: ReturnType<typeof prepare>
  readonly append: (changes: Changes) => number
  readonly deleteJobs: (old: OldJobs) => DeletedJobs
  readonly writeNeeds: (job: Job) => void
  readonly readNeeds: (query: NeedQuery) => unknown[]
  /** Statements of `listJobs` by their text: a handful of shapes. */
  readonly lists: Map<string, Database.Statement>
  readonly watch: LogWatch
}

/** The setting that holds the number of the last mark. */
export const markSetting = 'mark'

class SqliteStore implements Store {
  readonly #file: string
  readonly #options: SqliteOptions
  #connection: Connection
  readonly outbox: SqliteOutbox
  readonly definitions: SqliteDefinitions
  /** How far round the table of calls the clean-up is. */
  #lookedUpTo = ''
  #mark: number
  #isMarkDue = false
  /** The disk failed: descriptors of a file system that was shut down stay dead when it is back. */
  #isStale = false

  constructor(file: string, database: Database.Database, options: SqliteOptions) {
    this.#file = file
    this.#options = options
    setUp(database)
    migrate(database)
    this.#connection = this.#connect(database)
    this.definitions = new SqliteDefinitions(database, (how, work) => this.#orFail(how, work))
    this.outbox = new SqliteOutbox(database, (how, work) => this.#orFail(how, work))
    this.#mark = Math.max(Number(this.getSetting(markSetting) ?? 0), options.markAfter ?? 0)
    this.#isMarkDue = options.onMark !== undefined
    if (this.#isMarkDue) this.#writeMark()
  }

  #connect(database: Database.Database): Connection {
    return {
      database,
      sql: prepare(database),
      append: database.transaction((changes: Changes) => this.#write(changes)).immediate,
      deleteJobs: jobDeleter(database),
      writeNeeds: needWriter(database),
      readNeeds: needReader(database, jobColumns),
      lists: new Map(),
      watch: new LogWatch(this.#file),
    }
  }

  get #sql() {
    return this.#connection.sql
  }

  load(): Loaded {
    return this.#orFail('read', () => this.#load())
  }

  #load(): Loaded {
    const specs = new SharedSpecs()
    return {
      jobs: (this.#sql.liveJobs.all() as JobRow[]).map((row) => this.#toJob(row, specs)),
      definitionBytes: this.definitions.bytesByOwner(),
      jobQueues: bodies<JobQueue>(this.#sql.jobQueues.all()),
      computeEnvironments: this.loadComputeEnvironments(),
      resources: bodies<AccountResource>(this.#sql.resources.all()),
      shareUses: this.#sql.shareUses.all() as ShareUseRecord[],
      nextSeq: ((this.#sql.lastSeq.get() as { seq: number | null }).seq ?? 0) + 1,
    }
  }

  loadComputeEnvironments(): ComputeEnvironment[] {
    return this.#orFail('read', () => bodies<ComputeEnvironment>(this.#sql.computeEnvironments.all()))
  }

  append(changes: Changes): void {
    this.outbox.committed(this.#orFail('written', () => this.#connection.append(changes)))
    this.#markNewLog()
  }

  /** What the disk refuses is a `StoreFailure`. A broken constraint is a bug of the caller's, and no retry mends it. */
  #orFail<T>(how: 'read' | 'written', work: () => T): T {
    try {
      if (this.#isStale) this.#reopen()
      return work()
    } catch (error) {
      if (!(error instanceof Database.SqliteError) || error.code.startsWith('SQLITE_CONSTRAINT')) throw error
      // A full disk leaves the connection as it was.
      this.#isStale ||= /^SQLITE_(IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB)/.test(error.code)
      throw new StoreFailure(`The store could not be ${how}: ${error.message}`, {
        cause: error,
        isUnsure: this.#isStale,
      })
    }
  }

  /** Throws `StoreFailure`, and leaves all as it is, unless the file is the one that this store has written, to the last it knows of. */
  #reopen(): void {
    if (this.#options.database) {
      this.#isStale = false
      return
    }
    try {
      this.#options.beforeReopen?.()
      // SQLite would take an empty file for a new database, and remove the log beside it.
      if (statSync(this.#file).size === 0) throw new Error('it is empty')
      const database = new Database(this.#file, { fileMustExist: true })
      try {
        setUp(database)
        const connection = this.#connect(database)
        if (Number(settingOf(connection, markSetting) ?? 0) < this.#mark)
          throw new Error('it lacks what was written last')
        letGo(this.#connection)
        this.#connection = connection
        this.outbox.bind(database)
        this.definitions.bind(database)
        this.#isStale = false
      } catch (error) {
        database.close()
        throw error
      }
    } catch (error) {
      throw new StoreFailure(`The store could not be opened again: ${(error as Error).message}`, {
        cause: error,
        isUnsure: true,
      })
    }
  }

  /** After a write: it is durable whatever becomes of the mark, which the next write makes up for. */
  #markNewLog(): void {
    if (!this.#options.onMark) return
    try {
      if (this.#connection.watch.hasBegunAnew()) this.#isMarkDue = true
      if (this.#isMarkDue) this.#writeMark()
    } catch {
      // The next write tries again, and says what is wrong with the disk.
    }
  }

  #writeMark(): void {
    const number = this.#mark + 1
    this.#sql.putSetting.run(markSetting, String(number))
    this.#mark = number
    this.#isMarkDue = false
    this.#connection.watch.hasBegunAnew()
    this.#options.onMark?.(number)
  }

  /** Gives the number of the last event in the outbox. */
  #write(changes: Changes): number {
    const sql = this.#sql
    for (const job of changes.newJobs) {
      const { spec } = job
      const child = job.arrayIndex !== undefined
      sql.insertJob.run(
        job.seq,
        job.jobId,
        parentIdOf(job) ?? null,
        job.arrayIndex ?? null,
        spec.jobQueue,
        spec.jobName.toLowerCase(),
        spec.jobDefinition,
        spec.shareIdentifier ?? null,
        spec.createdAtMs,
        ...statusOf(job),
        child ? 1 : 0,
        child ? null : JSON.stringify(spec),
        tagsOf(job.tags),
        JSON.stringify(toProgress(job)),
      )
    }
    for (const job of changes.jobs)
      sql.updateJob.run(...statusOf(job), tagsOf(job.tags), JSON.stringify(toProgress(job)), job.seq)
    for (const job of changes.newJobs) this.#connection.writeNeeds(job)
    for (const job of changes.jobs) this.#connection.writeNeeds(job)
    for (const [jobId, tags] of changes.finishedJobTags) sql.updateTags.run(tagsOf(tags), jobId)
    this.definitions.write(changes.jobDefinitions, changes.goneJobDefinitions)
    for (const it of changes.resources) sql.putResource.run(it.kind, it.arn, JSON.stringify(it))
    for (const it of changes.shareUses) sql.putShareUse.run(it.jobQueue, it.shareIdentifier, it.average, it.atMs)
    for (const name of changes.goneJobQueues) sql.deleteShareUses.run(name)
    for (const it of changes.goneResources) sql.deleteResource.run(it.kind, it.arn)
    for (const it of changes.jobQueues) sql.putJobQueue.run(it.name, JSON.stringify(it))
    for (const name of changes.goneJobQueues) sql.deleteJobQueue.run(name)
    for (const it of changes.computeEnvironments) sql.putComputeEnvironment.run(it.name, JSON.stringify(it))
    for (const name of changes.goneComputeEnvironments) sql.deleteComputeEnvironment.run(name)
    for (const call of changes.calls) sql.insertCall.run(call.key, call.atMs, call.answer)
    if (changes.calls.length > 0) this.#forgetCalls(changes.calls.length * 2 + 16, changes.forgetCallsBeforeMs)
    return this.outbox.write(changes.outbox)
  }

  /** Walks round the table, looking at more calls than came, so that old ones never pile up and no write waits for a long clean-up. */
  #forgetCalls(looks: number, beforeMs: number): void {
    const rows = this.#sql.callsFrom.all(this.#lookedUpTo, looks) as { key: string; at: number }[]
    for (const { key, at } of rows) if (at < beforeMs) this.#sql.deleteCall.run(key)
    this.#lookedUpTo = rows.length < looks ? '' : rows.at(-1)!.key
  }

  findCall(key: string, sinceMs: number): string | undefined {
    const row = this.#orFail('read', () => this.#sql.findCall.get(key, sinceMs))
    return (row as { answer: string } | undefined)?.answer
  }

  getJobs(jobIds: readonly string[]): Map<string, Job> {
    const specs = new SharedSpecs()
    const found = new Map<string, Job>()
    this.#orFail('read', () => {
      for (const jobId of jobIds) {
        const row = this.#sql.findJob.get(jobId) as JobRow | undefined
        if (row) found.set(jobId, this.#toJob(row, specs))
      }
    })
    return found
  }

  createdAtMs(jobId: string): number | undefined {
    const row = this.#orFail('read', () => this.#sql.createdAt.get(jobId))
    return (row as { created_at: number } | undefined)?.created_at
  }

  listJobs(query: JobQuery): Job[] {
    const { text, values } = listJobsSql(jobColumns, query)
    const specs = new SharedSpecs()
    return this.#orFail('read', () => {
      const { lists, database } = this.#connection
      const statement = lists.get(text) ?? database.prepare(text)
      lists.set(text, statement)
      return (statement.all(...values) as JobRow[]).map((row) => this.#toJob(row, specs))
    })
  }

  deleteJobs(old: OldJobs): DeletedJobs {
    return this.#orFail('written', () => this.#connection.deleteJobs(old))
  }

  listJobsNeeding(query: NeedQuery): Job[] {
    const specs = new SharedSpecs()
    return this.#orFail('read', () =>
      (this.#connection.readNeeds(query) as JobRow[]).map((row) => this.#toJob(row, specs)),
    )
  }

  getSetting(key: string): string | undefined {
    return this.#orFail('read', () => settingOf(this.#connection, key))
  }

  putSetting(key: string, value: string): void {
    this.#orFail('written', () => this.#sql.putSetting.run(key, value))
    this.#markNewLog()
  }

  close(): void {
    letGo(this.#connection)
  }

  #toJob(row: JobRow, specs: SharedSpecs): Job {
    return fromProgress(
      {
        jobId: row.job_id,
        seq: row.seq,
        spec: specs.parse(row),
        ...(row.array_index === null ? {} : { arrayIndex: row.array_index }),
        tags: row.tags === null ? {} : JSON.parse(row.tags),
      },
      JSON.parse(row.progress) as Progress,
      (jobId) => this.#sql.childFacts.all(jobId).map((child) => toChildFacts(child as ChildRow)),
    )
  }
}

function setUp(database: Database.Database): void {
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  database.pragma('cache_size = -65536')
  // A page changed by many commits is copied home once for all of them.
  database.pragma('wal_autocheckpoint = 8000')
}

function letGo({ database, watch }: Connection): void {
  try {
    watch.close()
    database.close()
  } catch {
    // Its disk is gone, and with it whatever could still be said of it.
  }
}

function settingOf({ sql }: Connection, key: string): string | undefined {
  return (sql.getSetting.get(key) as { value: string } | undefined)?.value
}

function bodies<T>(rows: unknown[]): T[] {
  return (rows as { body: string }[]).map((row) => JSON.parse(row.body) as T)
}

interface ChildRow {
  readonly array_index: number
  readonly status: number
}

function toChildFacts(row: ChildRow): ChildFacts {
  return { index: row.array_index, statusCode: row.status }
}

/** The spec of an array is parsed once for all its children in one answer. */
class SharedSpecs {
  readonly #byParent = new Map<string, JobSpec>()

  parse(row: JobRow): JobSpec {
    const owner = row.parent_id ?? row.job_id
    let spec = this.#byParent.get(owner)
    if (!spec) {
      spec = JSON.parse(row.spec) as JobSpec
      this.#byParent.set(owner, spec)
    }
    return spec
  }
}

function statusOf(job: Job): [status: number, live: number] {
  const { status } = job.state
  return [jobStatuses.indexOf(status), isTerminal(status) ? 0 : 1]
}

function tagsOf(tags: Readonly<Record<string, string>>): string | null {
  return Object.keys(tags).length === 0 ? null : JSON.stringify(tags)
}

function prepare(database: Database.Database) {
  const put = (table: string) =>
    database.prepare(
      `INSERT INTO ${table} (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body`,
    )
  return {
    liveJobs: database.prepare(`SELECT ${jobColumns} FROM job WHERE status IN (${liveCodes}) ORDER BY seq`),
    lastSeq: database.prepare('SELECT max(seq) AS seq FROM job'),
    findJob: database.prepare(`SELECT ${jobColumns} FROM job WHERE job_id = ?`),
    createdAt: database.prepare('SELECT created_at FROM job WHERE job_id = ?'),
    childFacts: database.prepare('SELECT array_index, status FROM job WHERE parent_id = ?'),
    insertJob: database.prepare(
      `INSERT INTO job (seq, job_id, parent_id, array_index, job_queue, job_name, job_definition, share_identifier,
        created_at, status, live, child, spec, tags, progress) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    updateJob: database.prepare('UPDATE job SET status = ?, live = ?, tags = ?, progress = ? WHERE seq = ?'),
    updateTags: database.prepare('UPDATE job SET tags = ? WHERE job_id = ?'),
    jobQueues: database.prepare('SELECT body FROM job_queue ORDER BY name'),
    putJobQueue: put('job_queue'),
    deleteJobQueue: database.prepare('DELETE FROM job_queue WHERE name = ?'),
    computeEnvironments: database.prepare('SELECT body FROM compute_environment ORDER BY name'),
    putComputeEnvironment: put('compute_environment'),
    deleteComputeEnvironment: database.prepare('DELETE FROM compute_environment WHERE name = ?'),
    shareUses: database.prepare(
      'SELECT job_queue AS jobQueue, share_identifier AS shareIdentifier, average, at AS atMs FROM share_use ORDER BY 1, 2',
    ),
    putShareUse: database.prepare(
      `INSERT INTO share_use (job_queue, share_identifier, average, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (job_queue, share_identifier) DO UPDATE SET average = excluded.average, at = excluded.at`,
    ),
    deleteShareUses: database.prepare('DELETE FROM share_use WHERE job_queue = ?'),
    resources: database.prepare('SELECT body FROM resource ORDER BY kind, arn'),
    putResource: database.prepare(
      'INSERT INTO resource (kind, arn, body) VALUES (?, ?, ?) ON CONFLICT (kind, arn) DO UPDATE SET body = excluded.body',
    ),
    deleteResource: database.prepare('DELETE FROM resource WHERE kind = ? AND arn = ?'),
    insertCall: database.prepare('INSERT OR REPLACE INTO call (key, at, answer) VALUES (?, ?, ?)'),
    findCall: database.prepare('SELECT answer FROM call WHERE key = ? AND at >= ?'),
    callsFrom: database.prepare('SELECT key, at FROM call WHERE key > ? ORDER BY key LIMIT ?'),
    deleteCall: database.prepare('DELETE FROM call WHERE key = ?'),
    getSetting: database.prepare('SELECT value FROM setting WHERE key = ?'),
    putSetting: database.prepare('INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)'),
  }
}
