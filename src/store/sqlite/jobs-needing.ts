/**
 * Ended jobs by the consumable resources that they needed: a row for each need, and the SQL of a
 * page.
 */
import type { Database } from 'better-sqlite3'
import { isTerminal, type Job, jobStatuses } from '../../model/job.ts'
import type { NeedQuery } from '../store.ts'
import { ownerOfRow } from './list-jobs.ts'

/** Writes a row for each consumable resource that an ended job needed. */
export function needWriter(database: Database): (job: Job) => void {
  const insert = database.prepare(
    'INSERT OR REPLACE INTO ended_need (seq, consumable, status, job_name) VALUES (?, ?, ?, ?)',
  )
  return ({ seq, arrayIndex, spec, state }) => {
    if (!spec.consumables || arrayIndex !== undefined || !isTerminal(state.status)) return
    for (const { arn } of spec.consumables)
      insert.run(seq, arn, jobStatuses.indexOf(state.status), spec.jobName.toLowerCase())
  }
}

/** The SQL of a page, newest first; `columns` are those of `job`. */
export function needSql(
  columns: string,
  { consumable, owners, status, jobName, after, limit }: NeedQuery,
): { text: string; values: (string | number)[] } {
  const conditions = ['consumable = ?']
  const values: (string | number)[] = [consumable]
  if (status !== undefined) {
    conditions.push('status = ?')
    values.push(jobStatuses.indexOf(status))
  }
  if (jobName) {
    const name = jobName.text.toLowerCase()
    conditions.push(jobName.prefix ? 'job_name >= ? AND job_name < ?' : 'job_name = ?')
    values.push(...(jobName.prefix ? [name, `${name}\u{10ffff}`] : [name]))
  }
  if (owners) {
    const owner = `(SELECT ${ownerOfRow} FROM job WHERE job.seq = ended_need.seq)`
    conditions.push(`${owner} IN (${owners.map(() => '?').join(', ')})`)
    values.push(...owners)
  }
  if (after !== undefined) {
    conditions.push('seq < ?')
    values.push(after)
  }
  return {
    text: `SELECT ${columns} FROM job WHERE seq IN
      (SELECT seq FROM ended_need WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT ?) ORDER BY seq DESC`,
    values: [...values, limit],
  }
}
