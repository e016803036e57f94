/**
 * The ended jobs that needed a consumable resource, page by page, and the account's other
 * resources.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AccountResource } from '../../model/account-resource.ts'
import { type Job, jobStatuses } from '../../model/job.ts'
import { atMs, childOf, jobOf } from '../jobs.testing.ts'
import { type Changes, matchesNeed, type NeedQuery, noChanges, type Store } from '../store.ts'

export interface Given {
  store(): Store
  reopen(): void
}

const arnOf = (name: string) => `arn:aws:batch:us-west-2:123456789012:consumable-resource/${name}`

export function exerciseResources(given: () => Given): void {
  const store = () => given().store()
  const reopen = () => given().reopen()
  const append = (changes: Partial<Changes>) => store().append({ ...noChanges(), ...changes })

  test('resources come back, change and are deleted', () => {
    const made = (name: string, totalQuantity: number): AccountResource => ({
      ...{ kind: 'consumable-resource', name, arn: arnOf(name), tags: {}, createdAtMs: atMs },
      ...{ resourceType: 'REPLENISHABLE', totalQuantity, updates: [] },
    })
    const policy: AccountResource = {
      ...{ kind: 'scheduling-policy', name: 'a', arn: 'arn:a', tags: { a: '1' }, createdAtMs: atMs },
      shape: { name: 'a', arn: 'arn:a', fairsharePolicy: {} },
    }
    append({ resources: [made('a', 1), made('b', 2), policy] })
    append({
      resources: [made('a', 7)],
      goneResources: [
        { kind: 'consumable-resource', arn: arnOf('b') },
        { kind: 'quota-share', arn: 'arn:none' },
      ],
    })
    const check = () => expect(new Set(store().load().resources)).toEqual(new Set([made('a', 7), policy]))
    check()
    reopen()
    check()
  })

  test('ended jobs are found by what they needed, in pages without gap or repeat, newest first', () => {
    const jobs = needyJobs()
    append({ newJobs: jobs })
    // One job ends later than it was first written. The children of an array count as the array.
    expect(jobs[13]!.state.status).toBe('RUNNING')
    jobs[13] = { ...jobs[13]!, state: jobOf(1, 'FAILED').state }
    append({ jobs: [jobs[13]] })
    const parent = jobOf(900, 'PENDING', { in: { consumables: [{ arn: arnOf('a'), quantity: 1 }] } })
    append({ newJobs: [parent, childOf(parent, 0, 901, 'SUCCEEDED')] })
    reopen()
    fc.assert(
      fc.property(queries, fc.integer({ min: 1, max: 7 }), (asked, limit) => {
        const query = { ...asked, limit }
        const ended = jobs.filter(({ state }) => state.status === 'SUCCEEDED' || state.status === 'FAILED')
        const expected = ended.filter((job) => matchesNeed(job, query)).map(({ jobId }) => jobId)
        const pages: string[] = []
        for (let after: number | undefined; ; ) {
          const page = store().listJobsNeeding({ ...query, ...(after === undefined ? {} : { after }) })
          expect(page.length).toBeLessThanOrEqual(limit)
          pages.push(...page.map(({ jobId }) => jobId))
          if (page.length === 0) break
          after = page.at(-1)!.seq
        }
        expect(pages).toEqual(expected.reverse())
      }),
      { numRuns: 100 },
    )
  })

  test('a deleted job is no longer found by its needs', () => {
    const needy = (seq: number) => jobOf(seq, 'SUCCEEDED', { in: { consumables: [{ arn: arnOf('a'), quantity: 2 }] } })
    append({ newJobs: [needy(1), needy(2)] })
    expect(store().listJobsNeeding({ consumable: arnOf('a'), limit: 9 })).toEqual([needy(2), needy(1)])
    store().deleteJobs({ endedBeforeMs: atMs + 1000, afterSeq: 0, limit: 1 })
    expect(store().listJobsNeeding({ consumable: arnOf('a'), limit: 9 })).toEqual([needy(2)])
  })
}

/** Forty jobs of which every filter finds some and leaves some out. */
function needyJobs(): Job[] {
  return Array.from({ length: 40 }, (_, n) =>
    jobOf(n + 1, jobStatuses[(n * 3) % jobStatuses.length]!, {
      in: {
        jobName: ['sort', 'Sort-2', 'merge'][n % 3]!,
        owner: ['ada', 'bob'][n % 2]!,
        ...(n % 4
          ? { consumables: ['a', 'b'].slice(0, n % 3).map((name) => ({ arn: arnOf(name), quantity: 1 })) }
          : {}),
      },
    }),
  )
}

const queries: fc.Arbitrary<Omit<NeedQuery, 'limit'>> = fc.record(
  {
    consumable: fc.constantFrom(arnOf('a'), arnOf('b'), arnOf('none')),
    owners: fc.subarray(['ada', 'bob', 'nobody']),
    status: fc.constantFrom(...jobStatuses),
    jobName: fc.record({ text: fc.constantFrom('SORT', 'sort-2', 's', 'merge', 'none'), prefix: fc.boolean() }),
  },
  { requiredKeys: ['consumable'] },
)
