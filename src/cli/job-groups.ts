/** Groups of jobs as lines: a table for people, and tab-separated columns for programs. */
import type { JobCountsAnswer, JobGroupAnswer, JobStatusName } from '../wire/jobs.ts'
import { table } from './table.ts'
import { printable } from './terminal.ts'

const statuses: readonly JobStatusName[] = [
  ...(['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const),
]
const keyWidth = 40

/** People see the statuses that occur, programs all of them. */
export function groupLines({ total, byStatus, groups = [] }: JobCountsAnswer, by: string, width?: number): string[] {
  const cells = (group: Pick<JobGroupAnswer, 'total' | 'byStatus'>, shown: readonly JobStatusName[]) => [
    String(group.total),
    ...shown.map((status) => String(group.byStatus[status] ?? 0)),
  ]
  if (width === undefined)
    return groups.map((group) => [printable(group.key ?? ''), ...cells(group, statuses)].join('\t'))
  const shown = by === 'status' ? [] : statuses.filter((status) => byStatus[status] !== undefined)
  const rows = groups.map((group) => [cut(printable(group.key ?? '(none)')), ...cells(group, shown)])
  return table([by.toUpperCase(), 'JOBS', ...shown], [...rows, ['all', ...cells({ total, byStatus }, shown)]])
    .trimEnd()
    .split('\n')
}

function cut(text: string): string {
  return text.length <= keyWidth ? text : `${text.slice(0, keyWidth - 1)}…`
}
