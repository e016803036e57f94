/** Writes jobs, and deletes old ones. */
import type { Database } from 'better-sqlite3'
import type { Changes, OldJobs } from '../store.ts'
import { type DeletedRows, jobDeleter } from './delete-jobs.ts'
import { changedRowOf, newRowOf, tagsOf } from './job-rows.ts'
import { needWriter } from './jobs-needing.ts'

export class JobWriter {
  readonly #sql: ReturnType<typeof prepare>
  readonly #writeNeeds: ReturnType<typeof needWriter>
  /** Runs in a transaction of its own. */
  readonly delete: (old: OldJobs) => DeletedRows

  constructor(database: Database) {
    this.#sql = prepare(database)
    this.#writeNeeds = needWriter(database)
    this.delete = jobDeleter(database)
  }

  /** Inside the transaction of an append. */
  write({ newJobs, jobs, finishedJobTags }: Pick<Changes, 'newJobs' | 'jobs' | 'finishedJobTags'>): void {
    for (const job of newJobs) this.#sql.insert.run(...newRowOf(job))
    for (const job of jobs) this.#sql.update.run(...changedRowOf(job), job.seq)
    for (const job of newJobs) this.#writeNeeds(job)
    for (const job of jobs) this.#writeNeeds(job)
    for (const [jobId, tags] of finishedJobTags) this.#sql.updateTags.run(tagsOf(tags), jobId)
  }
}

function prepare(database: Database) {
  return {
    insert: database.prepare(
      `INSERT INTO job (seq, job_id, parent_id, array_index, job_queue, job_name, job_definition, share_identifier,
        created_at, status, live, child, spec, tags, progress) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    update: database.prepare('UPDATE job SET status = ?, live = ?, tags = ?, progress = ? WHERE seq = ?'),
    updateTags: database.prepare('UPDATE job SET tags = ? WHERE job_id = ?'),
  }
}
