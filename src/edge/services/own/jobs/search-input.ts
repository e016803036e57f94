/** The parameters of a search for jobs. A parameter that is not known is refused: it would find too much. */
import type { Principal } from '../../../../access/principal.ts'
import { parseArn } from '../../../../model/arn.ts'
import { type JobStatus, jobStatuses } from '../../../../model/job.ts'
import { limits } from '../../../../model/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../../../model/refusal.ts'
import type { GroupKey, JobFilter, SearchOrder, SortKey, TagMatch } from '../../../../store/search/job-search.ts'
import { sortKeys } from '../../../../store/search/job-search.ts'
import type { RequestContext } from '../../../context.ts'
import { definitionMatch } from '../../batch/list-jobs.ts'

/** Parameters that may be given several times. */
export const listParameters = ['user', 'queue', 'status', 'tag', 'exitCode']

export interface FilterInput {
  readonly user?: readonly string[]
  /** `true`: the caller's own jobs. */
  readonly mine?: string
  /** Names or ARNs. */
  readonly queue?: readonly string[]
  readonly status?: readonly string[]
  readonly name?: string
  /** A name, with a revision or without, or an ARN. */
  readonly definition?: string
  /** `KEY=VALUE`, or `KEY`. */
  readonly tag?: readonly string[]
  readonly exitCode?: readonly string[]
  /** ms since 1970, or ISO 8601. */
  readonly since?: string
  readonly until?: string
  readonly text?: string
  /** The id of an array: its children. */
  readonly children?: string
}

/** What the parameters of a filter mean. */
export const filterQuery = {
  user: 'jobs of these users',
  mine: '`true`: the caller’s own jobs',
  queue: 'in these job queues: names or ARNs',
  status: 'in these states',
  name: 'with this whole name; `*` stands for any characters',
  definition: 'of this job definition: `NAME`, `NAME:REVISION`, `NAME*` or an ARN',
  tag: 'with all of these tags: `KEY=VALUE` or `KEY`',
  exitCode: 'whose last attempt ended so',
  since: 'submitted at or after this time: ms since 1970 or ISO 8601',
  until: 'submitted before this time',
  text: 'with this text in the name, in a tag as `key=value`, or at the beginning of the id',
  children: 'the children of this array, instead of jobs',
} satisfies Record<keyof FilterInput, string>

export const filterParameters = Object.keys(filterQuery)

/** Refuses parameters that are not known, and values that are too many or too long. */
export function checkParameters(input: object, known: readonly string[]): Refusal | undefined {
  for (const [name, value] of Object.entries(input)) {
    if (!known.includes(name)) return refuse(`There is no parameter ${name}. Parameters: ${known.join(', ')}.`)
    const values = [value].flat() as string[]
    if (values.length > limits.searchValues)
      return refuse(`The parameter ${name} takes at most ${limits.searchValues} values.`)
    if (values.some((it) => it.length > limits.searchValueLength))
      return refuse(`A value of ${name} may have at most ${limits.searchValueLength} characters.`)
  }
  return undefined
}

export function readFilter(input: FilterInput, { backend, principal }: RequestContext): JobFilter | Refusal {
  const { name, definition, text } = input
  const user = readUsers(input, principal)
  const status = readStatuses(input.status)
  const exitCode = readExitCodes(input.exitCode)
  const since = readTime('since', input.since)
  const until = readTime('until', input.until)
  for (const read of [user, status, exitCode, since, until]) if (isRefusal(read)) return read
  return without({
    ...{
      status: status as JobStatus[],
      exitCode: exitCode as number[],
      since: since as number,
      until: until as number,
    },
    ...{ user: user as readonly string[], name, text: text === '' ? undefined : text },
    queue: input.queue?.map(queueName),
    definition: definition === undefined ? undefined : definitionMatch(definition, backend.loop.state.account),
    tag: input.tag?.map(tagOf),
  })
}

export function readUsers(
  { mine, user }: Pick<FilterInput, 'mine' | 'user'>,
  { name }: Principal,
): readonly string[] | undefined | Refusal {
  if (mine !== undefined && mine !== 'true') return refuse('mine must be true, or not given.')
  if (mine && user) return refuse('Only one of mine and user may be given.')
  return mine ? [name] : user
}

export function queueName(nameOrArn: string): string {
  return parseArn(nameOrArn)?.name ?? nameOrArn
}

/** Leaves out parts that are not set. */
function without(filter: { readonly [Part in keyof JobFilter]: JobFilter[Part] | undefined }): JobFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}

function tagOf(text: string): TagMatch {
  const at = text.indexOf('=')
  return at === -1 ? { key: text } : { key: text.slice(0, at), value: text.slice(at + 1) }
}

function readStatuses(texts: readonly string[] | undefined): readonly JobStatus[] | undefined | Refusal {
  const wrong = texts?.find((it) => !jobStatuses.includes(it as JobStatus))
  return wrong === undefined
    ? (texts as readonly JobStatus[] | undefined)
    : refuse(`status must be one of ${jobStatuses.join(', ')}, got ${wrong}.`)
}

function readExitCodes(texts: readonly string[] | undefined): readonly number[] | undefined | Refusal {
  const wrong = texts?.find((it) => !/^-?[0-9]{1,9}$/.test(it))
  return wrong === undefined ? texts?.map(Number) : refuse(`exitCode must be a whole number, got ${wrong}.`)
}

function readTime(name: string, text: string | undefined): number | undefined | Refusal {
  if (text === undefined) return undefined
  const time = /^[0-9]{1,15}$/.test(text) ? Number(text) : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? refuse(`${name} must be a time in ms since 1970 or in ISO 8601, got ${text}.`) : time
}

/** `name`, or `-name` for the descending order. The usual order is the newest first, and children by index. */
export function readOrder(text: string | undefined, isOfChildren: boolean): SearchOrder | Refusal {
  if (text === undefined) return { by: 'created', descending: !isOfChildren }
  const by = text.replace(/^-/, '')
  if (!sortKeys.includes(by as SortKey)) return refuse(`sort must be one of ${sortKeys.join(', ')}, or -NAME.`)
  return { by: by as SortKey, descending: text.startsWith('-') }
}

const groupKeys = ['status', 'user', 'queue', 'definition', 'exit-code'] as const

/** `status`, `tag:KEY`. */
export function readGrouping(text: string | undefined): GroupKey | undefined | Refusal {
  if (text === undefined) return undefined
  if (text.startsWith('tag:') && text.length > 'tag:'.length) return { by: 'tag', key: text.slice('tag:'.length) }
  const by = groupKeys.find((it) => it === text)
  return by ? { by } : refuse(`groupBy must be one of ${groupKeys.join(', ')}, tag:KEY.`)
}

export function readCount(name: string, text: string | undefined, usual: number, most: number): number | Refusal {
  if (text === undefined) return usual
  const count = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0
  return count >= 1 && count <= most ? count : refuse(`${name} must be between 1 and ${most}.`)
}
