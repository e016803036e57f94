/** The groups of jobs by one of the columns, as numbers. */
import { jobStatuses } from '../../../model/job.ts'
import type { GroupKey } from '../../search/job-search.ts'
import type { Dictionary } from './dictionary.ts'
import { type JobColumns, noExitCode } from './job-columns.ts'

export interface Grouping {
  readonly groupOf: (row: number) => number
  /** The key of each group, after all rows were asked for. Null: jobs without the value. */
  readonly keys: () => readonly (string | null)[]
}

/** `check` is called between pieces of work. */
export function grouping(columns: JobColumns, groupBy: GroupKey | undefined, check: () => void): Grouping {
  switch (groupBy?.by) {
    case undefined:
      return { groupOf: () => 0, keys: () => [null] }
    case 'status':
      return { groupOf: (row) => columns.status[row]!, keys: () => jobStatuses }
    case 'user':
      return byText(columns.owner, columns.owners)
    case 'queue':
      return byText(columns.queue, columns.queues)
    case 'definition':
      return byText(columns.definition, columns.definitions)
    case 'exit-code':
      return byExitCode(columns)
    case 'tag':
      return byTag(columns, groupBy.key, check)
  }
}

function byText(column: Uint32Array, { texts }: Dictionary): Grouping {
  return { groupOf: (row) => column[row]!, keys: () => texts }
}

function byExitCode({ exitCode }: JobColumns): Grouping {
  const groups = new Map<number, number>()
  const groupOf = (row: number) => {
    const code = exitCode[row]!
    const known = groups.get(code)
    if (known !== undefined) return known
    groups.set(code, groups.size)
    return groups.size - 1
  }
  return { groupOf, keys: () => [...groups.keys()].map((code) => (code === noExitCode ? null : String(code))) }
}

function byTag(columns: JobColumns, key: string, check: () => void): Grouping {
  const { groupOfText, values } = columns.tagValues(key, check)
  const { tags } = columns
  return { groupOf: (row) => groupOfText[tags[row]!]!, keys: () => values }
}
