/**
 * Deletes jobs that ended long ago. It walks in the order of submission, so no index of ends is
 * needed.
 */
import type { Database } from 'better-sqlite3'
import type { DeletedJobs, OldJobs } from '../store.ts'

interface Row {
  readonly seq: number
  readonly job_id: string
  readonly child: number
  readonly live: number
  readonly created_at: number
  readonly stopped_at: number | null
}

export interface DeletedRows extends DeletedJobs {
  /** The seqs of the jobs that were deleted, without children. */
  readonly gone: readonly number[]
}

export function jobDeleter(database: Database): (old: OldJobs) => DeletedRows {
  const rowsFrom = database.prepare(
    `SELECT seq, job_id, child, live, created_at, json_extract(progress, '$.state.stoppedAtMs') AS stopped_at
     FROM job WHERE seq > ? ORDER BY seq LIMIT ?`,
  )
  const deleteChildren = database.prepare('DELETE FROM job WHERE parent_id = ?')
  const deleteJob = database.prepare('DELETE FROM job WHERE seq = ?')

  return database.transaction(({ endedBeforeMs, afterSeq, limit }: OldJobs): DeletedRows => {
    const rows = rowsFrom.all(afterSeq, limit) as Row[]
    const gone: number[] = []
    let deleted = 0
    for (const row of rows) {
      // Children are deleted with their array, and have its time of submission.
      if (row.child === 1) continue
      if (row.created_at >= endedBeforeMs) return { deleted, gone, lookedUpTo: undefined }
      if (row.live === 1 || row.stopped_at === null || row.stopped_at >= endedBeforeMs) continue
      deleted += deleteChildren.run(row.job_id).changes + deleteJob.run(row.seq).changes
      gone.push(row.seq)
      if (deleted >= limit) return { deleted, gone, lookedUpTo: row.seq }
    }
    return { deleted, gone, lookedUpTo: rows.length < limit ? undefined : rows.at(-1)!.seq }
  }).immediate
}
