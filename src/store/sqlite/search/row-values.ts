/** The value of a row that a search is ordered by. */
import { durationAt, type SortKey } from '../../search/job-search.ts'
import type { Dictionary } from './dictionary.ts'
import { type JobColumns, noExitCode } from './job-columns.ts'

/** Null: the job has no such value. */
export function valueOfRow(columns: JobColumns, by: SortKey, nowMs: number): (row: number) => number | string | null {
  const { startedAtMs, stoppedAtMs, createdAtMs, exitCode, status } = columns
  switch (by) {
    case 'created':
      return (row) => createdAtMs[row]!
    case 'started':
      return time(startedAtMs)
    case 'stopped':
      return time(stoppedAtMs)
    case 'duration':
      return (row) => durationAt(nowMs, startedAtMs[row]!, stoppedAtMs[row]!)
    case 'exit-code':
      return (row) => (exitCode[row] === noExitCode ? null : exitCode[row]!)
    case 'status':
      return (row) => status[row]!
    case 'name':
      return text(columns.name, columns.names)
    case 'user':
      return text(columns.owner, columns.owners)
    case 'queue':
      return text(columns.queue, columns.queues)
    case 'definition':
      return text(columns.definition, columns.definitions)
  }
}

function time(column: Float64Array): (row: number) => number | null {
  return (row) => (Number.isNaN(column[row]) ? null : column[row]!)
}

function text(column: Uint32Array, { texts }: Dictionary): (row: number) => string {
  return (row) => texts[column[row]!]!
}
