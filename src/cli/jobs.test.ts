/** `openbatch jobs`: its requests, its tables for people, its lines for programs. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { JobRowAnswer, JobsAnswer } from '../wire/jobs.ts'
import { momentOf } from './moment.ts'
import { runCommand } from './program.ts'

const now = Date.UTC(2026, 10, 22, 12)
const minute = 60_000

let server: Server
let asked: URL[]
let answers: object[]
beforeEach(async () => {
  asked = []
  answers = []
  server = createServer((request, response) => {
    asked.push(new URL(request.url!, 'http://server'))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers.shift() ?? { jobs: [], total: 0 }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => void server.close())

async function run(columns: number | undefined, ...args: string[]) {
  let [out, err] = ['', '']
  const code = await runCommand(['jobs', ...args], {
    write: (text) => {
      out += text
    },
    warn: (text) => {
      err += text
    },
    input: new PassThrough().end(),
    columns,
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'KEY',
      AWS_SECRET_ACCESS_KEY: 'secret',
    },
    now: () => now,
  })
  return { code, out, err }
}
const query = () => [...asked.at(-1)!.searchParams].map((pair) => pair.join(' '))

const row = (more: Partial<JobRowAnswer> = {}): JobRowAnswer => ({
  ...{ jobId: '0b5178a0-0000-4000-8000-000000000001', jobName: 'align', jobQueue: 'default', user: 'ada' },
  ...{ status: 'RUNNABLE', statusReason: 'It is behind 3 jobs.', jobDefinition: 'align:1', attempts: 0, tags: {} },
  createdAtMs: now - 90 * minute,
  ...more,
})
const failed = row({
  ...{
    jobId: '0b5178a0-0000-4000-8000-000000000002',
    jobName: 'sort\u001b[31m\u202e',
    status: 'FAILED',
    exitCode: 137,
  },
  ...{ startedAtMs: now - 60 * minute, stoppedAtMs: now - 45 * minute, statusReason: 'OutOfMemory' },
})
const page = (...jobs: JobRowAnswer[]): JobsAnswer => ({ jobs, total: jobs.length })

test('without a filter it asks for the caller’s own jobs', async () => {
  await run(undefined)
  expect([asked[0]!.pathname, query()]).toEqual(['/api/jobs', ['mine true', 'limit 50']])
})

test('options become parameters', async () => {
  await run(
    undefined,
    ...['chr 7', '--of', 'bob', '--of', 'eve', '--queue', 'q', '--state', 'waiting,failed', '--name', 'a*'],
    ...['--definition', 'd:3', '--tag', 'run=1', '--tag', 'x', '--exit-code', '137', '--since', '2h'],
    ...['--until', '2026-11-22T11:00Z', '--sort', '-name', '--next', 'T', '--limit', '7'],
  )
  expect(query()).toEqual([
    ...['user bob', 'user eve', 'queue q', 'status SUBMITTED', 'status PENDING', 'status RUNNABLE', 'status FAILED'],
    ...['tag run=1', 'tag x', 'exitCode 137', 'name a*', 'definition d:3', 'text chr 7'],
    ...[`since ${now - 120 * minute}`, `until ${now - 60 * minute}`, 'sort -name', 'limit 7', 'nextToken T'],
  ])
  // A signature takes a plus for itself.
  expect(asked.at(-1)!.search).toContain('text=chr%207')
  await run(undefined, '--all')
  expect(query()).toEqual(['limit 50'])
  await run(undefined, '--children', 'A')
  expect(query()).toEqual(['children A', 'limit 50'])
})

test('people see a table with the reason below each job that waits or failed', async () => {
  answers = [page(row(), failed, row({ status: 'SUCCEEDED', arraySize: 10, children: { SUCCEEDED: 10 } }))]
  const { out, err } = await run(110, '--all')
  expect(err).toBe('')
  expect(out).toBe(
    [
      'JOB                                   STATE      NAME           USER  QUEUE    AGE  RAN  EXIT',
      '0b5178a0-0000-4000-8000-000000000001  RUNNABLE   align          ada   default  90m',
      '  It is behind 3 jobs.',
      '0b5178a0-0000-4000-8000-000000000002  FAILED     sort [31m      ada   default  90m  15m  137',
      '  OutOfMemory',
      '0b5178a0-0000-4000-8000-000000000001  SUCCEEDED  align [10/10]  ada   default  90m',
      '',
    ].join('\n'),
  )
})

test.each([60, 80, 100, 200])('no line is longer than a terminal of %i columns', async (columns) => {
  answers = [page(row({ jobName: 'n'.repeat(512), jobQueue: 'q'.repeat(128), statusReason: 'x'.repeat(400) }), failed)]
  const { out } = await run(columns, '--all')
  for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(columns)
  expect(out).toContain('0b5178a0-0000-4000-8000-000000000002  FAILED')
})

test('programs read one line a job, and the rest is on standard error', async () => {
  answers = [{ ...page(failed), total: 9, nextToken: 'T' }]
  const { out, err } = await run(undefined, '--limit', '1')
  expect(out).toBe(
    '0b5178a0-0000-4000-8000-000000000002\tFAILED\tsort [31m \tdefault\tada\t2026-11-22T10:30:00.000Z\t137\tOutOfMemory\n',
  )
  expect(err).toBe('1 of 9 jobs; more with --next T\n')
})

test('a limit above one page takes several, and --json prints them as one answer', async () => {
  answers = [
    { ...page(row(), failed), total: 3, nextToken: 'T' },
    { ...page(row()), total: 3 },
  ]
  const { out } = await run(undefined, '--limit', '1500', '--json')
  expect(asked.map(({ searchParams }) => searchParams.get('limit'))).toEqual(['1000', '1000'])
  expect(JSON.parse(out)).toEqual({ jobs: [row(), failed, row()], total: 3 })
})

test('an empty list says what hides jobs', async () => {
  const hiddenBy = [
    { filter: 'mine', jobs: 12 },
    { filter: 'status', jobs: 1 },
  ]
  answers = [{ ...page(), hiddenBy }, page()]
  expect((await run(80, '--state', 'failed')).out).toBe(
    'no job meets all of this: without “only mine” (--all) there are 12 jobs, without --state there is 1 job\n',
  )
  expect(await run(undefined)).toEqual({ code: 0, out: '', err: 'there are no jobs\n' })
})

test('groups are counted by status', async () => {
  const groups = [
    { key: '137', total: 3, byStatus: { FAILED: 3 } },
    { key: null, total: 2, byStatus: { RUNNING: 2 } },
  ]
  const answer = { total: 5, byStatus: { RUNNING: 2, FAILED: 3 }, groups, moreGroups: 4 }
  answers = [answer, answer]
  expect(await run(80, '--group-by', 'exit-code')).toEqual({
    code: 0,
    out: [
      'EXIT-CODE  JOBS  RUNNING  FAILED',
      '137        3     0        3',
      '(none)     2     2        0',
      'all        5     2        3',
      '',
    ].join('\n'),
    err: 'and 4 smaller groups (--limit shows more)\n',
  })
  expect([asked[0]!.pathname, query()]).toEqual(['/api/jobs/counts', ['mine true', 'groupBy exit-code', 'limit 50']])
  expect((await run(undefined, '--group-by', 'exit-code')).out).toBe(
    '137\t3\t0\t0\t0\t0\t0\t0\t3\n\t2\t0\t0\t0\t0\t2\t0\t0\n',
  )
})

test('times are durations or dates', () => {
  expect(momentOf('90s', now)).toBe(now - 90_000)
  expect(momentOf('2w', now)).toBe(now - 14 * 86_400_000)
  expect(momentOf('2026-11-22T08:15Z', now)).toBe(Date.UTC(2026, 10, 22, 8, 15))
  expect(momentOf('2026-11-22', now)).toBe(new Date(2026, 10, 22).getTime())
  for (const wrong of ['yesterday', '2', '-1h', '2026-13-01', ''])
    expect(() => momentOf(wrong, now)).toThrow('is not a time')
})
