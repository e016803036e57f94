/** A page of an ended array costs only what it shows: the test counts the rows that are read. */
import { afterEach, expect, test } from 'vitest'
import { emptyState } from '../../../core/state/state.ts'
import { account } from '../../../core/world.testing.ts'
import type { Job, JobState } from '../../../model/job.ts'
import { atMs, childOf, jobOf } from '../../../store/jobs.testing.ts'
import { createMemoryStore } from '../../../store/memory/memory-store.testing.ts'
import { type JobQuery, noChanges } from '../../../store/store.ts'
import { listChildren } from './list-children.ts'

const size = 10_000
const halted = { statusReason: 'ended', atMs }
let rowsRead = 0
afterEach(() => {
  rowsRead = 0
})

/** An array that ended. Every third child has a record, and every fifth of those failed. */
function ended(more: Partial<JobState> = {}) {
  const store = createMemoryStore()
  const parent = jobOf(1, 'FAILED', { in: { arraySize: size } })
  const array = { ...parent, state: { ...parent.state, ...more } } as Job
  const children = Array.from({ length: Math.ceil(size / 3) }, (_, at) =>
    childOf(array, 3 * at, at + 2, at % 5 ? 'SUCCEEDED' : 'FAILED'),
  )
  store.append({ ...noChanges(), newJobs: [array, ...children] })
  const counting = {
    ...{ createdAtMs: store.createdAtMs, getJobs: (ids: readonly string[]) => store.getJobs(ids) },
    listJobsNeeding: () => [],
    listJobs(query: JobQuery) {
      const found = store.listJobs(query)
      rowsRead += found.length
      return found
    },
  }
  const state = emptyState(account, 'scripted')
  const list = (status: 'FAILED' | 'SUCCEEDED', limit: number, after?: number) =>
    listChildren({ loop: { state }, store: counting } as never, array.jobId, status, limit, after)
  return list
}

const indexesOf = (jobs: readonly Job[]) => jobs.map(({ arrayIndex }) => arrayIndex)

test('of children with records, only the page is read', () => {
  const list = ended()
  expect(indexesOf(list('FAILED', 4, 14))).toEqual([15, 30, 45, 60])
  expect(indexesOf(list('SUCCEEDED', 3))).toEqual([3, 6, 9])
  expect(rowsRead).toBe(7)
})

test('children without a record appear between those with one', () => {
  const list = ended({ halted } as Partial<JobState>)
  expect(indexesOf(list('FAILED', 5, 12))).toEqual([13, 14, 15, 16, 17])
  expect(rowsRead).toBeLessThanOrEqual(5)
  const all = indexesOf(list('FAILED', size))
  expect(all).toEqual(Array.from({ length: size }, (_, at) => at).filter((at) => at % 3 !== 0 || at % 15 === 0))
  expect(indexesOf(list('FAILED', 10, size - 3))).toEqual([9_998])
})
