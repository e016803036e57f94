/** The suite that every store must pass: call `exerciseStore({ make })` in a test file. */

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { childStatus, hasRecord } from '../model/array-children.ts'
import type { ArrayChildren } from '../model/job.ts'
import { type EndedAttempt, type Job, jobStatuses } from '../model/job.ts'
import { exerciseDefinitions } from './contract/definitions.contract.ts'
import { exerciseDeleting } from './contract/delete-jobs.contract.ts'
import { exerciseResources } from './contract/jobs-needing.contract.ts'
import { exerciseOutbox } from './contract/outbox.contract.ts'
import { exerciseSearches } from './contract/searches.contract.ts'
import { atMs, childOf, childrenOf, jobOf } from './jobs.testing.ts'
import { type Changes, type JobQuery, matchesQuery, noChanges, type Store, StoreFailure } from './store.ts'

export interface StoreUnderTest {
  store(): Store
  /** Closes the store and opens it again on its data. A store without a file continues as it is. */
  reopen(): void
  /** From now on nothing can be written, as on a full disk. `free` ends that. */
  fill(): void
  free(): void
  /** Closes and removes everything. */
  remove(): void
}

export interface ExerciseOptions {
  make(): StoreUnderTest
}

const ended: EndedAttempt = {
  number: 1,
  taskId: 'f'.repeat(32),
  computeEnvironment: 'ce',
  instanceId: 'i-1',
  exitCode: 1,
  statusReason: 'Essential container in task exited',
  stoppedAtMs: atMs,
}

export function exerciseStore({ make }: ExerciseOptions): void {
  let under: StoreUnderTest
  beforeEach(() => {
    under = make()
  })
  afterEach(() => under.remove())

  const append = (changes: Partial<Changes>) => under.store().append({ ...noChanges(), ...changes })
  const ids = (query: Partial<JobQuery> = {}) =>
    under
      .store()
      .listJobs({ scope: { jobQueue: 'q' }, limit: 1000, ...query })
      .map(({ jobId }) => jobId)
  /** Checks now, and again after the store was closed and reopened. */
  const nowAndLater = (check: () => void) => {
    check()
    under.reopen()
    check()
  }

  describe('jobs', () => {
    test('come back unchanged, whatever their status', () => {
      const jobs = jobStatuses.map((status, index) =>
        jobOf(index + 1, status, {
          attempts: index % 2 ? [ended] : [],
          ...(index % 2 ? { tags: { team: 'a' }, isCancelled: true } : { isTerminated: true }),
        }),
      )
      append({ newJobs: jobs })
      nowAndLater(() => {
        expect([
          ...under
            .store()
            .getJobs(jobs.map(({ jobId }) => jobId))
            .values(),
        ]).toEqual(jobs)
        expect(under.store().load()).toMatchObject({ jobs: jobs.slice(0, 5), nextSeq: 8 })
        expect(under.store().getJobs(['job-1', 'none'])).toEqual(new Map([['job-1', jobs[0]]]))
        expect(['job-1', 'none'].map((id) => under.store().createdAtMs(id))).toEqual([
          jobs[0]!.spec.createdAtMs,
          undefined,
        ])
      })
    })

    test('keep later changes of state, attempts, marks and tags', () => {
      const job = jobOf(1, 'RUNNABLE')
      append({ newJobs: [job] })
      const stop = { as: 'terminated', reason: 'r', by: 'ada', atMs } as const
      const later: Job = { ...jobOf(1, 'RUNNING'), attempts: [ended], tags: { a: 'b' }, isTerminated: true, stop }
      append({ jobs: [later] })
      nowAndLater(() => expect(under.store().load().jobs).toEqual([later]))
      const end: Job = { ...jobOf(1, 'FAILED'), attempts: [ended] }
      append({ jobs: [end] })
      nowAndLater(() => {
        expect(under.store().load()).toMatchObject({ jobs: [], nextSeq: 2 })
        expect(under.store().getJobs(['job-1']).get('job-1')).toEqual(end)
      })
    })

    test('are not shared with the caller', () => {
      const job = jobOf(1, 'RUNNABLE')
      append({ newJobs: [job] })
      job.state = { status: 'SUBMITTED' }
      job.attempts.push(ended)
      expect(under.store().load().jobs).toEqual([jobOf(1, 'RUNNABLE')])
    })

    test('that have ended can be tagged', () => {
      append({ newJobs: [jobOf(1, 'SUCCEEDED', { tags: { a: '1' } }), jobOf(2, 'SUCCEEDED')] })
      append({
        finishedJobTags: new Map<string, Record<string, string>>([
          ['job-1', {}],
          ['job-2', { b: '2' }],
          ['none', { c: '3' }],
        ]),
      })
      nowAndLater(() =>
        expect([...under.store().getJobs(['job-1', 'job-2', 'none']).values()].map(({ tags }) => tags)).toEqual([
          {},
          { b: '2' },
        ]),
      )
    })
  })

  describe('the children of an array', () => {
    test('are their records, and wait if they have none', () => {
      const parent = jobOf(1, 'PENDING', {
        in: { arraySize: 6 },
        state: { status: 'PENDING', children: childrenOf(6) },
      })
      append({ newJobs: [parent] })
      const running = childOf(parent, 0, 2, 'RUNNING')
      const retried = childOf(parent, 1, 3, 'RUNNABLE', { attempts: [ended] })
      append({
        newJobs: [
          running,
          retried,
          childOf(parent, 2, 4, 'SUCCEEDED', { attempts: [ended] }),
          // These were cancelled out of turn: they never were the next to start.
          childOf(parent, 3, 5, 'FAILED'),
          childOf(parent, 5, 6, 'FAILED'),
        ],
      })
      nowAndLater(() => {
        const [loaded, ...children] = under.store().load().jobs
        expect(children).toEqual([running, retried])
        const { children: found } = loaded!.state as { children: ArrayChildren }
        expect(found).toMatchObject({ counts: [0, 1, 1, 0, 1, 1, 2], startable: 0, updatedAtMs: atMs })
        expect([0, 1, 2, 3, 4, 5].map((index) => childStatus(found, index))).toEqual([
          'RUNNING',
          'RUNNABLE',
          'SUCCEEDED',
          'FAILED',
          'PENDING',
          'FAILED',
        ])
        expect([0, 1, 2, 3, 4, 5].map((index) => hasRecord(found, index))).toEqual([
          true,
          true,
          true,
          true,
          false,
          true,
        ])
      })
    })

    test('without a record ended when the array was halted', () => {
      const children = { ...childrenOf(4), halted: { statusReason: 'r', atMs } }
      const parent = jobOf(1, 'PENDING', { in: { arraySize: 4 }, state: { status: 'PENDING', children } })
      append({
        newJobs: [parent, childOf(parent, 0, 2, 'RUNNING'), childOf(parent, 1, 3, 'SUCCEEDED', { attempts: [ended] })],
      })
      nowAndLater(() =>
        expect(under.store().load().jobs[0]!.state).toMatchObject({
          children: { nextIndex: 4, counts: [0, 0, 0, 0, 1, 1, 2], halted: children.halted },
        }),
      )
    })

    test('are listed by index, and not among the jobs of the queue', () => {
      const parent = jobOf(1, 'PENDING')
      const other = jobOf(5, 'PENDING', { jobId: 'job-10' })
      append({
        newJobs: [
          parent,
          childOf(parent, 2, 2, 'RUNNING'),
          childOf(parent, 0, 3, 'FAILED'),
          childOf(parent, 1, 4, 'RUNNING'),
        ],
      })
      append({ newJobs: [other, childOf(other, 0, 6, 'RUNNING')] })
      expect(ids()).toEqual(['job-10', 'job-1'])
      const scope = { parentId: 'job-1' }
      expect(ids({ scope })).toEqual(['job-1:0', 'job-1:1', 'job-1:2'])
      expect(ids({ scope, status: 'RUNNING' })).toEqual(['job-1:1', 'job-1:2'])
      expect(ids({ scope, after: 0, limit: 1 })).toEqual(['job-1:1'])
      expect(under.store().listJobs({ scope, limit: 1 })[0]!.spec).toEqual(parent.spec)
    })
  })

  test('lists apply every filter, in pages without gap or repeat, newest first', () => {
    const jobs = manyJobs()
    append({ newJobs: jobs })
    append({ newJobs: [jobOf(900, 'RUNNING', { in: { jobQueue: 'other' } })] })
    fc.assert(
      fc.property(filters, fc.integer({ min: 1, max: 7 }), (filter, limit) => {
        const query = { scope: { jobQueue: 'q' }, limit, ...filter }
        const expected = jobs.filter((job) => matchesQuery(job, query)).map(({ jobId }) => jobId)
        const pages: string[] = []
        for (let after: number | undefined; ; ) {
          const page = under.store().listJobs({ ...query, ...(after === undefined ? {} : { after }) })
          expect(page.length).toBeLessThanOrEqual(limit)
          pages.push(...page.map(({ jobId }) => jobId))
          if (page.length === 0) break
          after = page.at(-1)!.seq
        }
        expect(pages).toEqual(expected.reverse())
      }),
      { numRuns: 150 },
    )
  })

  test('a prefix may contain letters of every plane, and pattern characters count as themselves', () => {
    const names = ['a', 'ab', 'a\u{1f600}', 'A%', 'a_', 'b', 'a*']
    append({ newJobs: names.map((jobName, index) => jobOf(index + 1, 'SUCCEEDED', { in: { jobName } })) })
    const byName = (text: string, prefix: boolean) => ids({ jobName: { text, prefix } })
    expect(byName('A', true)).toEqual(['job-7', 'job-5', 'job-4', 'job-3', 'job-2', 'job-1'])
    expect(byName('a%', true)).toEqual(['job-4'])
    expect(byName('a_', true)).toEqual(['job-5'])
    expect(byName('AB', false)).toEqual(['job-2'])
  })

  test('queues, environments and other resources come back, change and are deleted', () => {
    const named = (name: string, more = {}) => ({ name, ...more }) as never
    const resource = (arn: string, more = {}) => ({ kind: 'consumable-resource', arn, ...more }) as never
    const shareUse = (jobQueue: string, average: number) => ({ jobQueue, shareIdentifier: 'ada', average, atMs })
    append({
      jobQueues: [named('q1'), named('q2')],
      computeEnvironments: [named('c1'), named('c2')],
      resources: [resource('r1'), resource('r2')],
      shareUses: [shareUse('q1', 1), shareUse('q2', 1)],
    })
    append({
      jobQueues: [named('q1', { priority: 5 })],
      goneJobQueues: ['q2', 'none'],
      computeEnvironments: [named('c1', { state: 'DISABLED' })],
      goneComputeEnvironments: ['c2'],
      resources: [resource('r1', { totalQuantity: 3 })],
      goneResources: [{ kind: 'consumable-resource', arn: 'r2' }],
      shareUses: [shareUse('q1', 2.5)],
    })
    nowAndLater(() =>
      expect(under.store().load()).toEqual({
        jobs: [],
        nextSeq: 1,
        definitionBytes: new Map(),
        jobQueues: [{ name: 'q1', priority: 5 }],
        computeEnvironments: [{ name: 'c1', state: 'DISABLED' }],
        resources: [{ kind: 'consumable-resource', arn: 'r1', totalQuantity: 3 }],
        shareUses: [shareUse('q1', 2.5)],
      }),
    )
    nowAndLater(() => expect(under.store().loadComputeEnvironments()).toEqual([{ name: 'c1', state: 'DISABLED' }]))
  })

  describe('calls', () => {
    const call = (key: string, at: number) => ({ key, answer: `answer to ${key}`, atMs: at })

    test('are found as long as they are young enough', () => {
      append({ calls: [call('k', 1000)] })
      nowAndLater(() => {
        expect(under.store().findCall('k', 1000)).toBe('answer to k')
        expect(under.store().findCall('k', 1001)).toBeUndefined()
        expect(under.store().findCall('other', 0)).toBeUndefined()
      })
    })

    test('that are made again replace the old ones', () => {
      append({ calls: [call('k', 1000)] })
      append({ calls: [{ key: 'k', answer: 'newer', atMs: 9000 }] })
      expect(under.store().findCall('k', 0)).toBe('newer')
    })

    test('are forgotten as fast as new ones arrive', () => {
      const many = (prefix: string, at: number) => Array.from({ length: 100 }, (_, n) => call(`${prefix}${n}`, at))
      append({ calls: many('old', 1) })
      append({ calls: many('new', 1000), forgetCallsBeforeMs: 500 })
      append({ calls: many('newer', 1000), forgetCallsBeforeMs: 500 })
      const left = (prefix: string) => many(prefix, 0).filter(({ key }) => under.store().findCall(key, 0)).length
      expect([left('old'), left('new'), left('newer')]).toEqual([0, 100, 100])
    })
  })

  exerciseDefinitions(() => under)
  exerciseOutbox(() => under)
  exerciseSearches(() => under)
  exerciseDeleting(() => under, make)
  exerciseResources(() => under)

  test('settings come back', () => {
    expect(under.store().getSetting('a')).toBeUndefined()
    under.store().putSetting('a', '1')
    under.store().putSetting('a', '2')
    nowAndLater(() => expect(under.store().getSetting('a')).toBe('2'))
  })

  test('a write that fails leaves nothing behind, and the next one works', () => {
    append({ newJobs: [jobOf(1, 'RUNNABLE')], calls: [{ key: 'k', answer: 'a', atMs }] })
    const big = 'x'.repeat(20_000)
    const much: Partial<Changes> = {
      newJobs: Array.from({ length: 50 }, (_, n) => jobOf(n + 2, 'RUNNABLE', { in: { parameters: { big } } })),
      jobs: [jobOf(1, 'RUNNING')],
      jobQueues: [{ name: 'q' } as never],
      calls: [{ key: 'k2', answer: big, atMs }],
    }
    under.fill()
    expect(() => append(much)).toThrow(StoreFailure)
    expect(() => under.store().putSetting('s', big.repeat(10))).toThrow(StoreFailure)
    const unchanged = () => {
      expect(under.store().load()).toMatchObject({ jobs: [jobOf(1, 'RUNNABLE')], jobQueues: [], nextSeq: 2 })
      expect([under.store().findCall('k', 0), under.store().findCall('k2', 0)]).toEqual(['a', undefined])
      expect(under.store().getSetting('s')).toBeUndefined()
    }
    unchanged()
    under.free()
    nowAndLater(unchanged)
    append(much)
    nowAndLater(() => expect(under.store().load()).toMatchObject({ nextSeq: 52, jobQueues: [{ name: 'q' }] }))
  })
}

/** Forty jobs of which every filter finds some and leaves some out. */
function manyJobs(): Job[] {
  return Array.from({ length: 40 }, (_, n) =>
    jobOf(n + 1, jobStatuses[n % jobStatuses.length]!, {
      in: {
        jobName: ['sort', 'Sort-2', 'merge'][n % 3]!,
        jobDefinition: `arn:aws:batch:us-west-2:123456789012:job-definition/${['a', 'ab'][n % 2]}:${n % 3}`,
        createdAtMs: atMs + n,
        owner: ['ada', 'bob', 'eve'][n % 5] ?? 'ada',
        ...(n % 4 ? { shareIdentifier: `share${n % 4}` } : {}),
      },
    }),
  )
}

const match = (...texts: string[]) => fc.record({ text: fc.constantFrom(...texts), prefix: fc.boolean() })
const filters = fc.record(
  {
    status: fc.constantFrom(...jobStatuses),
    finishedOnly: fc.boolean(),
    jobName: match('SORT', 'sort-2', 's', 'merge', 'none', ''),
    jobDefinition: match(
      'arn:aws:batch:us-west-2:123456789012:job-definition/a:',
      'arn:aws:batch:us-west-2:123456789012:job-definition/ab:1',
    ),
    shareIdentifier: match('share', 'share1'),
    owners: fc.subarray(['ada', 'bob', 'eve', 'nobody']),
    createdBeforeMs: fc.integer({ min: atMs, max: atMs + 40 }),
    createdAfterMs: fc.integer({ min: atMs, max: atMs + 40 }),
  },
  { requiredKeys: [] },
)
