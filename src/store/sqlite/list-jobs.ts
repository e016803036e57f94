/** The SQL of ListJobs: one page, read from the index that fits the filter. */
import { jobStatuses } from '../../model/job.ts'
import type { JobQuery, TextMatch } from '../store.ts'

/** As the index of owners has it. */
export const ownerOfRow = `json_extract(spec, '$.owner')`

export function listJobsSql(columns: string, query: JobQuery): { text: string; values: (string | number)[] } {
  const conditions: string[] = []
  const values: (string | number)[] = []
  const where = (condition: string, ...more: (string | number)[]) => {
    conditions.push(condition)
    values.push(...more)
  }
  const text = (column: string, match: TextMatch | undefined) => {
    if (!match) return
    if (match.prefix) where(`${column} >= ? AND ${column} < ?`, match.text, `${match.text}\u{10ffff}`)
    else where(`${column} = ?`, match.text)
  }

  const children = 'parentId' in query.scope
  if ('parentId' in query.scope) where('parent_id = ?', query.scope.parentId)
  else where('child = 0 AND job_queue = ?', query.scope.jobQueue)
  if (query.owners && !children) where(`${ownerOfRow} IN (${query.owners.map(() => '?').join(', ')})`, ...query.owners)
  if (query.finishedOnly) where('live = 0')
  if (query.status) where('status = ?', jobStatuses.indexOf(query.status))
  text('job_name', query.jobName && { ...query.jobName, text: query.jobName.text.toLowerCase() })
  text('job_definition', query.jobDefinition)
  text('share_identifier', query.shareIdentifier)
  if (query.createdBeforeMs !== undefined) where('created_at < ?', query.createdBeforeMs)
  if (query.createdAfterMs !== undefined) where('created_at > ?', query.createdAfterMs)
  if (query.after !== undefined) where(children ? 'array_index > ?' : 'seq < ?', query.after)

  // SQLite would rather read everybody's jobs in order than a few users' jobs and sort them.
  const index = query.owners && query.finishedOnly && !children ? 'INDEXED BY job_by_owner' : ''
  // The inner query is answered from an index alone. Whole rows are read only for the jobs of the
  // page.
  const order = children ? 'array_index' : 'seq DESC'
  return {
    text: `SELECT ${columns} FROM job WHERE seq IN
      (SELECT seq FROM job ${index} WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ?) ORDER BY ${order}`,
    values: [...values, query.limit],
  }
}
