/**
 * Whether a row of the columns meets a filter. Each different text is compared once, whosever the
 * jobs with it are, so the time says nothing about jobs that may not be known of.
 */
import { jobStatuses } from '../../../model/job.ts'
import { definitionTest, globTest, type JobFilter, plainText, tagContains, tagTest } from '../../search/job-search.ts'
import type { JobColumns } from './job-columns.ts'

export type RowTest = (row: number) => boolean

/**
 * One test for each part of the filter. `ids`: the places of jobs whose ids begin with the filter's
 * text.
 */
export function rowTests(
  columns: JobColumns,
  filter: JobFilter,
  ids: ReadonlySet<number>,
): [keyof JobFilter, RowTest][] {
  const { at, createdAtMs, exitCode } = columns
  const { user, queue, status, name, definition, tag, since, until, text } = filter
  const tests: [keyof JobFilter, RowTest | undefined][] = [
    ['status', status && inMask(columns.status, statusMask(status))],
    ['queue', queue && inMask(columns.queue, columns.queues.mask(isOneOf(queue)))],
    ['user', user && inMask(columns.owner, columns.owners.mask(isOneOf(user)))],
    ['since', since === undefined ? undefined : (row) => createdAtMs[row]! >= since],
    ['until', until === undefined ? undefined : (row) => createdAtMs[row]! < until],
    ['exitCode', filter.exitCode && codeTest(exitCode, filter.exitCode)],
    ['definition', definition && inMask(columns.definition, columns.definitions.mask(definitionTest(definition)))],
    ['name', name === undefined ? undefined : inMask(columns.name, columns.names.mask(globTest(name)))],
    ['tag', tag && inMask(columns.tags, columns.tagTexts.mask(allOf(tag.map(tagTest))))],
    ['text', text === undefined ? undefined : textTest(columns, text, (row) => ids.has(at[row]!))],
  ]
  return tests.filter((each): each is [keyof JobFilter, RowTest] => each[1] !== undefined)
}

/** Whether the caller may know of the job of a row. Rows that are gone are nobody's. */
export function sightTest(
  { status, owner, owners: names }: JobColumns,
  owners: readonly string[] | undefined,
): RowTest {
  const isThere = (row: number) => status[row]! < jobStatuses.length
  if (!owners) return isThere
  const seen = names.mask(isOneOf(owners))
  return (row) => seen[owner[row]!] === 1 && isThere(row)
}

function inMask(column: Uint32Array | Uint8Array, mask: Uint8Array): RowTest {
  return (row) => mask[column[row]!] === 1
}

function statusMask(statuses: readonly string[]): Uint8Array {
  return Uint8Array.from(jobStatuses, (status) => (statuses.includes(status) ? 1 : 0))
}

function isOneOf(names: readonly string[]): (text: string) => boolean {
  const wanted = new Set(names)
  return (text) => wanted.has(text)
}

function allOf(tests: readonly ((text: string) => boolean)[]): (text: string) => boolean {
  return (text) => tests.every((test) => test(text))
}

function codeTest(exitCode: Int32Array, codes: readonly number[]): RowTest {
  const wanted = new Set(codes)
  return (row) => wanted.has(exitCode[row]!)
}

function textTest({ names, tagTexts, name, tags }: JobColumns, text: string, inIds: RowTest): RowTest {
  const wanted = plainText(text).toLowerCase()
  const inName = names.mask((it) => it.includes(wanted))
  const inTags = tagTexts.mask(tagContains(text))
  return (row) => inName[name[row]!] === 1 || inTags[tags[row]!] === 1 || inIds(row)
}
