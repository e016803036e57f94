/**
 * Whether a row of the columns meets a filter. Each different text is compared once, whosever the
 * jobs with it are, so the time says nothing about jobs that may not be known of.
 */
import { jobStatuses } from '../../../model/job.ts'
import { definitionTest, globTest, type JobFilter, plainText, tagContains, tagTest } from '../../search/job-search.ts'
import type { JobColumns } from './job-columns.ts'
import { textPace } from './text-pace.ts'

export type RowTest = (row: number) => boolean

/**
 * One test for each part of the filter. `ids`: the places of jobs whose ids begin with the filter's
 * text. `check` is called between pieces of work, and throws once the search is to be given up.
 */
export function rowTests(
  columns: JobColumns,
  filter: JobFilter,
  ids: ReadonlySet<number>,
  check: () => void,
): [keyof JobFilter, RowTest][] {
  const { at, createdAtMs, exitCode } = columns
  const { user, queue, status, name, definition, tag, since, until, text } = filter
  const pace = textPace(check)
  const paceFor = (...sought: readonly string[]) => textPace(check, sought.join('').length)
  const tests: [keyof JobFilter, RowTest | undefined][] = [
    ['status', status && inMask(columns.status, statusMask(status))],
    ['queue', queue && inMask(columns.queue, columns.queues.mask(isOneOf(queue), pace))],
    ['user', user && inMask(columns.owner, columns.owners.mask(isOneOf(user), pace))],
    ['since', since === undefined ? undefined : (row) => createdAtMs[row]! >= since],
    ['until', until === undefined ? undefined : (row) => createdAtMs[row]! < until],
    ['exitCode', filter.exitCode && codeTest(exitCode, filter.exitCode)],
    [
      'definition',
      definition &&
        inMask(columns.definition, columns.definitions.mask(definitionTest(definition), paceFor(definition.text))),
    ],
    ['name', name === undefined ? undefined : inMask(columns.name, columns.names.mask(globTest(name), paceFor(name)))],
    [
      'tag',
      tag &&
        inMask(
          columns.tags,
          columns.tagTexts.mask(
            allOf(tag.map(tagTest)),
            paceFor(...tag.flatMap(({ key, value = '' }) => [key, value])),
          ),
        ),
    ],
    ['text', text === undefined ? undefined : textTest(columns, text, (row) => ids.has(at[row]!), check)],
  ]
  return tests.filter((each): each is [keyof JobFilter, RowTest] => each[1] !== undefined)
}

/** Whether the caller may know of the job of a row. Rows that are gone are nobody's. */
export function sightTest(
  { status, owner, owners: names }: JobColumns,
  owners: readonly string[] | undefined,
  check: () => void,
): RowTest {
  const isThere = (row: number) => status[row]! < jobStatuses.length
  if (!owners) return isThere
  const seen = names.mask(isOneOf(owners), textPace(check))
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

function textTest(
  { names, tagTexts, name, tags }: JobColumns,
  text: string,
  inIds: RowTest,
  check: () => void,
): RowTest {
  const wanted = plainText(text).toLowerCase()
  const inName = names.mask((it) => it.includes(wanted), textPace(check, wanted.length))
  // Each text is read once for each form of what is wanted, and made lower case before.
  const inTags = tagTexts.mask(tagContains(text), textPace(check, wanted.length * 10))
  return (row) => inName[name[row]!] === 1 || inTags[tags[row]!] === 1 || inIds(row)
}
