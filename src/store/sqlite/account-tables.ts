/**
 * The tables of an account's resources: job queues, compute environments and all others, and the
 * use of each queue's shares.
 */
import type { Database } from 'better-sqlite3'
import type { AccountResource } from '../../model/account-resource.ts'
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { Changes, Loaded, ShareUseRecord } from '../store.ts'

export class AccountTables {
  readonly #sql: ReturnType<typeof prepare>

  constructor(database: Database) {
    this.#sql = prepare(database)
  }

  load(): Pick<Loaded, 'jobQueues' | 'computeEnvironments' | 'resources' | 'shareUses'> {
    return {
      jobQueues: bodies<JobQueue>(this.#sql.jobQueues.all()),
      computeEnvironments: this.computeEnvironments(),
      resources: bodies<AccountResource>(this.#sql.resources.all()),
      shareUses: this.#sql.shareUses.all() as ShareUseRecord[],
    }
  }

  computeEnvironments(): ComputeEnvironment[] {
    return bodies<ComputeEnvironment>(this.#sql.computeEnvironments.all())
  }

  /** Inside the transaction of an append. */
  write(changes: Changes): void {
    const sql = this.#sql
    for (const it of changes.resources) sql.putResource.run(it.kind, it.arn, JSON.stringify(it))
    for (const it of changes.shareUses) sql.putShareUse.run(it.jobQueue, it.shareIdentifier, it.average, it.atMs)
    for (const name of changes.goneJobQueues) sql.deleteShareUses.run(name)
    for (const it of changes.goneResources) sql.deleteResource.run(it.kind, it.arn)
    for (const it of changes.jobQueues) sql.putJobQueue.run(it.name, JSON.stringify(it))
    for (const name of changes.goneJobQueues) sql.deleteJobQueue.run(name)
    for (const it of changes.computeEnvironments) sql.putComputeEnvironment.run(it.name, JSON.stringify(it))
    for (const name of changes.goneComputeEnvironments) sql.deleteComputeEnvironment.run(name)
  }
}

function bodies<T>(rows: unknown[]): T[] {
  return (rows as { body: string }[]).map((row) => JSON.parse(row.body) as T)
}

function prepare(database: Database) {
  const put = (table: string) =>
    database.prepare(
      `INSERT INTO ${table} (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body`,
    )
  return {
    jobQueues: database.prepare('SELECT body FROM job_queue ORDER BY name'),
    putJobQueue: put('job_queue'),
    deleteJobQueue: database.prepare('DELETE FROM job_queue WHERE name = ?'),
    computeEnvironments: database.prepare('SELECT body FROM compute_environment ORDER BY name'),
    putComputeEnvironment: put('compute_environment'),
    deleteComputeEnvironment: database.prepare('DELETE FROM compute_environment WHERE name = ?'),
    resources: database.prepare('SELECT body FROM resource ORDER BY kind, arn'),
    putResource: database.prepare(
      'INSERT INTO resource (kind, arn, body) VALUES (?, ?, ?) ON CONFLICT (kind, arn) DO UPDATE SET body = excluded.body',
    ),
    deleteResource: database.prepare('DELETE FROM resource WHERE kind = ? AND arn = ?'),
    shareUses: database.prepare(
      'SELECT job_queue AS jobQueue, share_identifier AS shareIdentifier, average, at AS atMs FROM share_use ORDER BY 1, 2',
    ),
    putShareUse: database.prepare(
      `INSERT INTO share_use (job_queue, share_identifier, average, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (job_queue, share_identifier) DO UPDATE SET average = excluded.average, at = excluded.at`,
    ),
    deleteShareUses: database.prepare('DELETE FROM share_use WHERE job_queue = ?'),
  }
}
