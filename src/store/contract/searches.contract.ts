/** Searches of every store, held against the plainest filter over the same jobs. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Job, jobStatuses } from '../../model/job.ts'
import { atMs, childOf, childrenOf, jobOf, stateOf } from '../jobs.testing.ts'
import { NaiveSearches } from '../memory/searches.testing.ts'
import {
  type GroupKey,
  hasOwnRecord,
  type JobFilter,
  type JobSearch,
  type SearchPlace,
  sortKeys,
} from '../search/job-search.ts'
import type { StoreUnderTest } from '../store.contract.ts'
import { type Changes, noChanges } from '../store.ts'

const names = [
  'Sort',
  'sort-2',
  'MERGE',
  '100%_done',
  'x'.repeat(512),
  '\u202eevil',
  'nul\u0000name',
  'half\ud800',
  'İstanbul',
  '',
]
const tagSets: readonly Readonly<Record<string, string>>[] = [
  {},
  { team: 'a' },
  { team: 'b', run: '1' },
  { 'a=b': 'c' },
  { a: 'b=c', 'nul\u0000': '\ud800' },
]
const arnOf = (name: string) => `arn:aws:batch:us-west-2:123456789012:job-definition/${name}`

/** Jobs of which every filter finds some and leaves some out. */
function variedJobs(): Job[] {
  return Array.from({ length: 90 }, (_, n) => {
    const status = jobStatuses[(n * 5) % jobStatuses.length]!
    const exitCode = [0, 1, 137, -1][n % 4]!
    const attempt = { number: 1, taskId: 't', computeEnvironment: 'ce', instanceId: 'i-1', statusReason: 'r' }
    const ended = { ...attempt, stoppedAtMs: atMs + n, ...(n % 5 && { startedAtMs: atMs - n }) }
    return jobOf(n + 1, status, {
      tags: tagSets[n % tagSets.length]!,
      attempts: n % 3 === 0 ? [] : [{ ...ended, ...(n % 7 && { exitCode }) }],
      in: {
        ...{ jobName: names[n % names.length]!, owner: ['ada', 'bob', 'Bob'][n % 3]!, jobQueue: ['q', 'r'][n % 2]! },
        ...{ jobDefinition: arnOf(['sort:1', 'sort:12', 'sort-2:1'][n % 3]!), createdAtMs: atMs + ((n * 37) % 50) },
      },
    })
  })
}

const anyText = fc.constantFrom(
  ...['sort', 'SORT', '%', '_', '*', 'team=a', 'a=b=c', '=', 'job-1', 'job-', 'x'.repeat(512), '\u202e'],
  ...['nul\u0000', '\ud800', '', 'i̇', "' OR 1=1 --", 'none'],
)
const filters: fc.Arbitrary<JobFilter> = fc.record(
  {
    user: fc.subarray(['ada', 'bob', 'BOB', 'nobody'], { minLength: 1 }),
    queue: fc.subarray(['q', 'r', 'none'], { minLength: 1 }),
    status: fc.subarray([...jobStatuses], { minLength: 1 }),
    name: fc.constantFrom(...names, '*', 's*t', '*o*', 'sort*', '%', '*\u0000*', '*\ud800', '**', 'none'),
    definition: fc.constantFrom(
      { text: arnOf('sort:1'), prefix: false },
      { text: arnOf('sort:'), prefix: true },
      { text: arnOf('%'), prefix: true },
    ),
    tag: fc.subarray([{ key: 'team' }, { key: 'team', value: 'a' }, { key: 'a', value: 'b=c' }, { key: 'nul\u0000' }], {
      minLength: 1,
      maxLength: 2,
    }),
    exitCode: fc.subarray([0, 1, 137, -1, 99], { minLength: 1 }),
    since: fc.integer({ min: atMs - 1, max: atMs + 51 }),
    until: fc.integer({ min: atMs - 1, max: atMs + 51 }),
    text: anyText,
  },
  { requiredKeys: [] },
)
const scopes = fc.record(
  { owners: fc.subarray(['ada', 'bob', 'Bob']), filter: fc.oneof({ weight: 3, arbitrary: few(filters) }, filters) },
  { requiredKeys: ['filter'] },
)
const orders = fc.record({ by: fc.constantFrom(...sortKeys), descending: fc.boolean() })
const groupings: fc.Arbitrary<GroupKey> = fc.oneof(
  fc.constantFrom<GroupKey>(...(['status', 'user', 'queue', 'definition', 'exit-code'] as const).map((by) => ({ by }))),
  fc.constantFrom<GroupKey>(...['team', 'a', 'none', 'nul\u0000'].map((key) => ({ by: 'tag', key }) as const)),
)

/** Keeps two parts of a filter: with more there is seldom a job left. */
function few(all: fc.Arbitrary<JobFilter>): fc.Arbitrary<JobFilter> {
  return fc
    .tuple(all, fc.nat(9), fc.nat(9))
    .map(([filter, ...at]) => Object.fromEntries(Object.entries(filter).filter((_, index) => at.includes(index))))
}

export function exerciseSearches(under: () => StoreUnderTest): void {
  const append = (changes: Partial<Changes>) =>
    under()
      .store()
      .append({ ...noChanges(), ...changes })
  const searches = () => under().store().searches
  const newest: JobSearch = { filter: {}, order: { by: 'created', descending: true }, limit: 1000, nowMs: atMs + 1000 }
  const found = async (search: Partial<JobSearch> = {}) =>
    (await searches().find({ ...newest, ...search })).jobs.map(({ jobId }) => jobId)

  describe('searches', () => {
    test('find, order, page and count what a plain filter does', async () => {
      const jobs = variedJobs()
      append({ newJobs: jobs })
      const naive = new NaiveSearches(() => jobs)
      const runs = { numRuns: 60 }
      await fc.assert(
        fc.asyncProperty(scopes, orders, fc.integer({ min: 1, max: 40 }), async (scope, order, limit) => {
          const search = { ...scope, order, nowMs: atMs + 1000 }
          const whole = await naive.find({ ...search, limit: 1000 })
          const pages: unknown[] = []
          for (let after: SearchPlace | undefined; ; ) {
            const page = await searches().find({ ...search, limit, after })
            expect(page).toMatchObject({ total: whole.total, hiddenBy: whole.hiddenBy })
            pages.push(...page.jobs)
            after = page.jobs.at(-1)?.place
            if (page.jobs.length < limit) break
          }
          expect(pages).toEqual(whole.jobs)
        }),
        runs,
      )
      await fc.assert(
        fc.asyncProperty(
          scopes,
          fc.option(groupings, { nil: undefined }),
          fc.nat(5),
          async (scope, groupBy, groups) => {
            const count = { ...scope, groupBy, groups }
            expect(await searches().count(count)).toEqual(await naive.count(count))
          },
        ),
        runs,
      )
    })

    test('order by duration as it was at the moment of the first page, whatever starts and ends between pages', async () => {
      const running = (seq: number, startedAtMs: number) =>
        jobOf(seq, 'RUNNING', { state: { ...stateOf('RUNNING'), startedAtMs } as Job['state'] })
      const over = (seq: number, startedAtMs: number, stoppedAtMs: number) =>
        jobOf(seq, 'FAILED', { state: { ...stateOf('FAILED'), startedAtMs, stoppedAtMs } as Job['state'] })
      const nowMs = atMs + 100
      append({ newJobs: [running(1, atMs), over(2, atMs, atMs + 90), running(3, atMs + 20), jobOf(4, 'RUNNABLE')] })
      const search = { ...newest, order: { by: 'duration', descending: true } as const, nowMs }
      const first = await searches().find({ ...search, limit: 1 })
      expect(first.jobs.map(({ jobId }) => jobId)).toEqual(['job-1'])
      append({ jobs: [over(1, atMs, atMs + 500), over(3, atMs + 20, atMs + 900), running(4, atMs + 300)] })
      const after = first.jobs[0]!.place
      expect(await found({ ...search, after })).toEqual(['job-2', 'job-3', 'job-4'])
      expect(await found(search)).toEqual(['job-1', 'job-2', 'job-3', 'job-4'])
    })

    test('see what was appended, changed, tagged and deleted just before', async () => {
      append({ newJobs: [jobOf(1, 'RUNNABLE'), jobOf(3, 'SUCCEEDED', { tags: { a: '1' } })] })
      expect(await found()).toEqual(['job-3', 'job-1'])
      append({ newJobs: [jobOf(4, 'RUNNABLE'), jobOf(2, 'SUBMITTED')], jobs: [jobOf(1, 'FAILED')] })
      expect(await found()).toEqual(['job-4', 'job-3', 'job-2', 'job-1'])
      expect(await found({ filter: { status: ['FAILED'] } })).toEqual(['job-1'])
      append({ finishedJobTags: new Map([['job-3', { b: '2' }]]) })
      expect(await found({ filter: { tag: [{ key: 'b', value: '2' }] } })).toEqual(['job-3'])
      under()
        .store()
        .deleteJobs({ endedBeforeMs: atMs + 1000, afterSeq: 0, limit: 1 })
      expect(await found()).toEqual(['job-4', 'job-3', 'job-2'])
      under().reopen()
      expect(await found()).toEqual(['job-4', 'job-3', 'job-2'])
    })

    test('go through the children of an array, with those that have no record', async () => {
      const parent = jobOf(1, 'PENDING', {
        in: { arraySize: 5 },
        state: { status: 'PENDING', children: childrenOf(5) },
      })
      const ended = { number: 1, taskId: 't', computeEnvironment: 'ce', instanceId: 'i', statusReason: 'r' }
      const attempts = [{ ...ended, stoppedAtMs: atMs, exitCode: 3 }]
      append({ newJobs: [parent, childOf(parent, 0, 2, 'RUNNING'), childOf(parent, 3, 3, 'FAILED', { attempts })] })
      expect(await found()).toEqual(['job-1'])
      const runnable = jobStatuses.indexOf('RUNNABLE')
      const withoutRecord = Uint8Array.of(hasOwnRecord, runnable, runnable, hasOwnRecord, 0)
      const children = { parentId: 'job-1', withoutRecord }
      expect(await found({ children })).toEqual([0, 1, 2, 3, 4].map((index) => `job-1:${index}`))
      expect(await found({ children, filter: { status: ['RUNNABLE'] } })).toEqual(['job-1:1', 'job-1:2'])
      expect(await found({ children, filter: { exitCode: [3] } })).toEqual(['job-1:3'])
      expect(await found({ children, owners: ['bob'] })).toEqual([])
      expect(await found({ children: { parentId: 'none' } })).toEqual([])
      expect(await searches().count({ children, filter: {}, groupBy: { by: 'exit-code' }, groups: 9 })).toMatchObject({
        groups: [{ key: null }, { key: '3' }],
      })
      const failed = jobStatuses.indexOf('FAILED')
      expect(
        (await searches().count({ children: { parentId: 'job-1', withoutRecord: failed }, filter: {}, groups: 0 }))
          .byStatus[failed],
      ).toBe(4)
    })
  })
}
