/** Reads jobs. */
import type { Database, Statement } from 'better-sqlite3'
import { isTerminal, type Job, jobStatuses } from '../../model/job.ts'
import type { TimeMs } from '../../model/time.ts'
import type { ChildFacts } from '../job-record.ts'
import type { JobQuery, NeedQuery } from '../store.ts'
import { type JobRow, JobRows, jobColumns } from './job-rows.ts'
import { needSql } from './jobs-needing.ts'
import { listJobsSql } from './list-jobs.ts'

const liveCodes = jobStatuses.flatMap((status, code) => (isTerminal(status) ? [] : [code])).join(', ')

export class JobReader {
  readonly #database: Database
  readonly #sql: ReturnType<typeof prepare>
  /** Statements of lists by their text. There are only a few forms. */
  readonly #lists = new Map<string, Statement>()

  constructor(database: Database) {
    this.#database = database
    this.#sql = prepare(database)
  }

  /** In order of submission. */
  live(): Job[] {
    return this.#jobs(this.#sql.live.all())
  }

  /** The highest seq of any job; 0 for none. */
  lastSeq(): number {
    return (this.#sql.lastSeq.get() as { seq: number | null }).seq ?? 0
  }

  find(jobIds: readonly string[]): Map<string, Job> {
    const rows = jobIds.flatMap((jobId) => this.#sql.find.get(jobId) ?? [])
    return new Map(this.#jobs(rows).map((job) => [job.jobId, job]))
  }

  createdAtMs(jobId: string): TimeMs | undefined {
    return (this.#sql.createdAt.get(jobId) as { created_at: number } | undefined)?.created_at
  }

  list(query: JobQuery): Job[] {
    return this.#select(listJobsSql(jobColumns, query))
  }

  listNeeding(query: NeedQuery): Job[] {
    return this.#select(needSql(jobColumns, query))
  }

  #select({ text, values }: { text: string; values: (string | number)[] }): Job[] {
    const statement = this.#lists.get(text) ?? this.#database.prepare(text)
    this.#lists.set(text, statement)
    return this.#jobs(statement.all(...values))
  }

  #jobs(rows: unknown[]): Job[] {
    const reading = new JobRows((jobId) => this.#childrenOf(jobId))
    return (rows as JobRow[]).map((row) => reading.toJob(row))
  }

  #childrenOf(jobId: string): ChildFacts[] {
    const rows = this.#sql.children.all(jobId) as { array_index: number; status: number }[]
    return rows.map(({ array_index, status }) => ({ index: array_index, statusCode: status }))
  }
}

function prepare(database: Database) {
  return {
    live: database.prepare(`SELECT ${jobColumns} FROM job WHERE status IN (${liveCodes}) ORDER BY seq`),
    lastSeq: database.prepare('SELECT max(seq) AS seq FROM job'),
    find: database.prepare(`SELECT ${jobColumns} FROM job WHERE job_id = ?`),
    createdAt: database.prepare('SELECT created_at FROM job WHERE job_id = ?'),
    children: database.prepare('SELECT array_index, status FROM job WHERE parent_id = ?'),
  }
}
