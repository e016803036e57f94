/**
 * Jobs as lines: for people a table as wide as their terminal, with a sentence below each job that
 * waits or failed, and for programs one line a job, its columns separated by tabs.
 */
import type { JobRowAnswer } from '../wire/jobs.ts'
import { shortDuration } from './moment.ts'
import { printable } from './terminal.ts'

export interface Shown {
  /** Characters of a line; undefined for programs. */
  readonly width: number | undefined
  readonly nowMs: number
  /** Whether the jobs may be of several users. */
  readonly withUser: boolean
}

export function jobLines(jobs: readonly JobRowAnswer[], { width, nowMs, withUser }: Shown): string[] {
  if (width === undefined) return jobs.map(plainLine)
  if (jobs.length === 0) return []
  const columns = fitted(columnsOf(nowMs, withUser), jobs, width)
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cut(cell, columns[at]!.width).padEnd(columns[at]!.width))
      .join('  ')
      .trimEnd()
  return [
    line(columns.map(({ heading }) => heading)),
    ...jobs.flatMap((job) => [line(columns.map(({ cell }) => printable(cell(job)))), ...reasonLines(job, width)]),
  ]
}

/** For programs: these columns stay, and further ones come at the end. */
function plainLine(job: JobRowAnswer): string {
  const { jobId, status, jobName, jobQueue, user, createdAtMs, exitCode = '', statusReason = '' } = job
  const cells = [jobId, status, jobName, jobQueue, user, new Date(createdAtMs).toISOString(), exitCode, statusReason]
  return cells.map((cell) => printable(String(cell))).join('\t')
}

function reasonLines({ status, statusReason }: JobRowAnswer, width: number): string[] {
  if (statusReason === undefined || status === 'SUCCEEDED' || status === 'RUNNING') return []
  return [cut(`  ${printable(statusReason)}`, width)]
}

interface Column {
  readonly heading: string
  readonly cell: (job: JobRowAnswer) => string
  /** Characters that it keeps where there is little room. Absent: it is never cut. */
  readonly least?: number
  /** Columns are left out where there is no room, those with the highest number first. */
  readonly spare?: number
}

function columnsOf(nowMs: number, withUser: boolean): Column[] {
  return [
    { heading: 'JOB', cell: ({ jobId }) => jobId },
    { heading: 'STATE', cell: ({ status }) => status },
    { heading: 'NAME', cell: nameOf, least: 8 },
    ...(withUser ? [{ heading: 'USER', cell: ({ user }: JobRowAnswer) => user, least: 6, spare: 1 }] : []),
    { heading: 'QUEUE', cell: ({ jobQueue }) => jobQueue, least: 6, spare: 4 },
    { heading: 'AGE', cell: ({ createdAtMs }) => shortDuration(nowMs - createdAtMs), spare: 2 },
    { heading: 'RAN', cell: (job) => ranFor(job, nowMs), spare: 3 },
    { heading: 'EXIT', cell: ({ exitCode }) => (exitCode === undefined ? '' : String(exitCode)), spare: 5 },
  ]
}

/** With how many children of an array ended well. */
function nameOf({ jobName, arraySize, children }: JobRowAnswer): string {
  return arraySize === undefined ? jobName : `${jobName} [${children?.SUCCEEDED ?? 0}/${arraySize}]`
}

function ranFor({ startedAtMs, stoppedAtMs }: JobRowAnswer, nowMs: number): string {
  return startedAtMs === undefined ? '' : shortDuration((stoppedAtMs ?? nowMs) - startedAtMs)
}

/** Gives each column its width: as its widest cell, or less, so that a line fits. */
function fitted(columns: readonly Column[], jobs: readonly JobRowAnswer[], width: number) {
  const measured = columns.map((column) => ({
    ...column,
    width: Math.max(column.heading.length, ...jobs.map((job) => [...printable(column.cell(job))].length)),
  }))
  const total = (of: typeof measured) => of.reduce((sum, column) => sum + column.width + 2, -2)
  for (let left = measured; ; ) {
    let over = total(left) - width
    const cutColumns = left.map((column) => {
      const give = Math.max(0, Math.min(over, column.width - (column.least ?? column.width)))
      over -= give
      return { ...column, width: column.width - give }
    })
    const spare = Math.max(...left.map((column) => column.spare ?? 0))
    if (over <= 0 || spare === 0) return cutColumns
    left = left.filter((column) => column.spare !== spare)
  }
}

function cut(text: string, width: number): string {
  const characters = [...text]
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`
}
