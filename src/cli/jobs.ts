/** `openbatch jobs` finds jobs, and counts them by group; docs/use/finding-jobs.md. */
import { type Command, InvalidArgumentError } from 'commander'
import type { JobCountsAnswer, JobRowAnswer, JobsAnswer } from '../wire/jobs.ts'
import { groupLines } from './job-groups.ts'
import { jobLines, type Shown } from './job-lines.ts'
import { momentOf } from './moment.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import { printable, type Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly all?: true
  readonly of: readonly string[]
  readonly queue: readonly string[]
  readonly state: readonly string[]
  readonly name?: string
  readonly definition?: string
  readonly tag: readonly string[]
  readonly exitCode: readonly string[]
  readonly since?: string
  readonly until?: string
  readonly children?: string
  readonly sort?: string
  readonly groupBy?: string
  readonly limit: number
  readonly next?: string
  readonly json?: true
}

/** The server's own bound for one answer. */
const mostOfPage = 1000
const usualLimit = 50

export function buildJobs(verb: Command, terminal: Terminal): void {
  verb
    .option('--all', 'jobs of everybody, as far as you may know of them')
    .option('--of <user>', 'jobs of this user; several times for several', gathered, [])
    .option('--queue <queue>', 'jobs of this queue; several times for several', gathered, [])
    .option('--state <state>', 'as in FAILED or running, also waiting and ended; several times for several', states, [])
    .option('--name <name>', 'the whole name, in which * stands for any characters')
    .option('--definition <definition>', 'a job definition, as NAME, NAME:REVISION or NAME*')
    .option('--tag <tag>', 'a tag as KEY=VALUE, or KEY for any value; several times for all of them', gathered, [])
    .option('--exit-code <code>', 'the exit code of the last attempt; several times for several', gathered, [])
    .option('--since <time>', 'submitted since: 90s, 30m, 2h, 7d, 2w ago, or a date')
    .option('--until <time>', 'submitted before, in the same forms')
    .option('--children <array>', 'the children of this array, by index')
    .option(
      '--sort <column>',
      'created, started, stopped, duration, name, status, user, queue, definition or exit-code; -COLUMN for the opposite order (default: -created)',
    )
    .option('--group-by <column>', 'count instead, by status, user, queue, definition, exit-code or tag:KEY')
    .option('--limit <count>', 'show this many', positive, usualLimit)
    .option('--next <token>', 'continue a list where it ended')
    .option('--json', 'print the server’s answer')
  addCallOptions(verb).action(async (text: string | undefined, options: Options) => {
    const filters = queryOf(text, options, terminal.now())
    if (options.groupBy === undefined) await list(terminal, options, filters)
    else await count(terminal, options, filters)
  })
}

async function list(terminal: Terminal, options: Options, filters: URLSearchParams): Promise<void> {
  const answer = await pagesOf(terminal, options, filters)
  if (options.json) return terminal.write(`${JSON.stringify(answer, undefined, 2)}\n`)
  const shown: Shown = { width: terminal.columns, nowMs: terminal.now(), withUser: !isMine(options) }
  for (const line of jobLines(answer.jobs, shown)) terminal.write(`${line}\n`)
  // Programs read the jobs alone.
  const tell = terminal.columns === undefined ? terminal.warn : terminal.write
  for (const line of endOfList(answer, options)) tell(`${printable(line)}\n`)
}

/** As many pages as make up the limit. */
async function pagesOf(terminal: Terminal, options: Options, filters: URLSearchParams): Promise<JobsAnswer> {
  const jobs: JobRowAnswer[] = []
  for (let nextToken = options.next; ; ) {
    const query = new URLSearchParams(filters)
    if (options.sort !== undefined) query.set('sort', options.sort)
    query.set('limit', String(Math.min(mostOfPage, options.limit - jobs.length)))
    if (nextToken !== undefined) query.set('nextToken', nextToken)
    const page = (await callServer(terminal, options, 'GET', `/api/jobs?${query}`)) as JobsAnswer
    jobs.push(...page.jobs)
    nextToken = page.nextToken
    if (nextToken === undefined || jobs.length >= options.limit) return { ...page, jobs }
  }
}

async function count(terminal: Terminal, options: Options, filters: URLSearchParams): Promise<void> {
  const query = new URLSearchParams(filters)
  query.set('groupBy', options.groupBy!)
  query.set('limit', String(Math.min(mostOfPage, options.limit)))
  const answer = (await callServer(terminal, options, 'GET', `/api/jobs/counts?${query}`)) as JobCountsAnswer
  if (options.json) return terminal.write(`${JSON.stringify(answer, undefined, 2)}\n`)
  for (const line of groupLines(answer, options.groupBy!, terminal.columns)) terminal.write(`${line}\n`)
  const { moreGroups = 0 } = answer
  if (moreGroups > 0) terminal.warn(`and ${moreGroups} smaller groups (--limit shows more)\n`)
}

function isMine({ all, of, children }: Options): boolean {
  return !all && of.length === 0 && children === undefined
}

function queryOf(text: string | undefined, options: Options, nowMs: number): URLSearchParams {
  const query = new URLSearchParams()
  const { of, queue, state, tag, exitCode, name, definition, children, since, until } = options
  const given = { name, definition, children, text }
  if (isMine(options)) query.set('mine', 'true')
  for (const [parameter, values] of Object.entries({ user: of, queue, status: state, tag, exitCode }))
    for (const value of values) query.append(parameter, value)
  for (const [parameter, value] of Object.entries(given)) if (value !== undefined) query.set(parameter, value)
  for (const [parameter, value] of Object.entries({ since, until }))
    if (value !== undefined) query.set(parameter, String(momentOf(value, nowMs)))
  return query
}

/** What is said below the jobs. */
function endOfList({ jobs, total, nextToken, hiddenBy = [], tooOld = 0 }: JobsAnswer, options: Options): string[] {
  const old = tooOld > 0 ? [`${tooOld} older jobs are no longer searched`] : []
  if (jobs.length === 0 && total === 0) {
    const hidden = hiddenBy.map(({ filter, jobs: count }) => `without ${optionOf(filter)} there ${areJobs(count)}`)
    return [hidden.length === 0 ? 'there are no jobs' : `no job meets all of this: ${hidden.join(', ')}`, ...old]
  }
  if (nextToken === undefined) return old
  return [
    `${jobs.length} of ${total} jobs${options.next === undefined ? '' : ' in all'}; more with --next ${nextToken}`,
    ...old,
  ]
}

function optionOf(filter: string): string {
  const options: Readonly<Record<string, string>> = {
    ...{ mine: '“only mine” (--all)', user: '--of', status: '--state', exitCode: '--exit-code', text: 'the text' },
  }
  return options[filter] ?? `--${filter}`
}

function areJobs(count: number): string {
  return count === 1 ? 'is 1 job' : `are ${count} jobs`
}

function gathered(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

const groupsOfStates: Readonly<Record<string, readonly string[]>> = {
  WAITING: ['SUBMITTED', 'PENDING', 'RUNNABLE'],
  ENDED: ['SUCCEEDED', 'FAILED'],
}

/** Also several with commas. */
function states(value: string, before: readonly string[]): string[] {
  return [
    ...before,
    ...value
      .toUpperCase()
      .split(',')
      .flatMap((it) => groupsOfStates[it] ?? it),
  ]
}

function positive(text: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.')
  return Number(text)
}
