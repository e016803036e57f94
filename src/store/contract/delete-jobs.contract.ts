/** Old jobs leave every store in bounded steps, arrays as a whole. Nothing else leaves. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Job } from '../../model/job.ts'
import { atMs, childOf, jobOf } from '../jobs.testing.ts'
import type { StoreUnderTest } from '../store.contract.ts'
import { noChanges, type Store } from '../store.ts'

/** A job that was submitted and ended that long after the first. */
function endedJob(seq: number, submitted: number, ended: number, more: Parameters<typeof jobOf>[2] = {}): Job {
  const state = { status: seq % 2 ? 'SUCCEEDED' : 'FAILED', statusReason: 'r', stoppedAtMs: atMs + ended } as const
  return jobOf(seq, state.status, { ...more, state, in: { createdAtMs: atMs + submitted, ...more.in } })
}

export function exerciseDeleting(under: () => StoreUnderTest, make: () => StoreUnderTest): void {
  const append = (...newJobs: Job[]) =>
    under()
      .store()
      .append({ ...noChanges(), newJobs })
  const leftIn = (store: Store, jobs: readonly Job[]) => [...store.getJobs(jobs.map(({ jobId }) => jobId)).keys()]
  const left = (jobs: readonly Job[]) => leftIn(under().store(), jobs)
  /** Takes steps until there is nothing left to examine. */
  const deleteAll = (endedBeforeMs: number, limit: number, store = under().store()) => {
    const steps: number[] = []
    for (let afterSeq: number | undefined = 0; afterSeq !== undefined; ) {
      const { deleted, lookedUpTo } = store.deleteJobs({ endedBeforeMs, afterSeq, limit })
      if (lookedUpTo !== undefined) expect(lookedUpTo).toBeGreaterThan(afterSeq)
      steps.push(deleted)
      afterSeq = lookedUpTo
    }
    return steps
  }

  describe('deleting old jobs', () => {
    test('deletes jobs that ended before the cutoff, and leaves later ones and all live ones', () => {
      const jobs = [
        endedJob(1, 0, 9),
        endedJob(2, 1, 10),
        jobOf(3, 'RUNNING', { in: { createdAtMs: atMs + 2 } }),
        endedJob(4, 3, 4),
        jobOf(5, 'PENDING', { in: { createdAtMs: atMs + 4 } }),
        endedJob(6, 10, 11),
      ]
      append(...jobs)
      deleteAll(atMs + 10, 100)
      under().reopen()
      expect(left(jobs)).toEqual(['job-2', 'job-3', 'job-5', 'job-6'])
      expect(
        under()
          .store()
          .listJobs({ scope: { jobQueue: 'q' }, finishedOnly: true, limit: 9 })
          .map(({ jobId }) => jobId),
      ).toEqual(['job-6', 'job-2'])
      expect(under().store().createdAtMs('job-1')).toBeUndefined()
      expect(under().store().load()).toMatchObject({ jobs: [{ jobId: 'job-3' }, { jobId: 'job-5' }], nextSeq: 7 })
    })

    test('deletes an array with all its children, and no child without its array', () => {
      const gone = endedJob(1, 0, 5, { in: { arraySize: 3 } })
      const kept = jobOf(2, 'PENDING', { in: { createdAtMs: atMs } })
      const old = { statusReason: 'r', stoppedAtMs: atMs + 1 }
      const ofGone = [0, 2].map((index) =>
        childOf(gone, index, 3 + index, 'FAILED', { state: { status: 'FAILED', ...old } }),
      )
      const ofKept = [0, 1].map((index) =>
        childOf(kept, index, 10 + index, 'FAILED', { state: { status: 'FAILED', ...old } }),
      )
      append(gone, kept, ...ofGone, ...ofKept)
      expect(deleteAll(atMs + 6, 100)).toEqual([3])
      under().reopen()
      expect(left([gone, kept, ...ofGone, ...ofKept])).toEqual(['job-2', 'job-2:0', 'job-2:1'])
      expect(
        under()
          .store()
          .listJobs({ scope: { parentId: 'job-1' }, limit: 9 }),
      ).toEqual([])
    })

    test('does the same in steps of any size, each of them small', () => {
      const life = fc.array(fc.record({ lasts: fc.nat(12), lives: fc.boolean() }), { minLength: 1, maxLength: 15 })
      fc.assert(
        fc.property(life, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 20 }), (lives, limit, before) => {
          const own = make()
          const store = own.store()
          const jobs = lives.map(({ lasts, lives }, n) =>
            lives ? jobOf(n + 1, 'RUNNABLE', { in: { createdAtMs: atMs + n } }) : endedJob(n + 1, n, n + lasts),
          )
          store.append({ ...noChanges(), newJobs: jobs })
          const steps = deleteAll(atMs + before, limit, store)
          for (const deleted of steps) expect(deleted).toBeLessThanOrEqual(limit)
          const kept = jobs.filter(({ state }) => !('stoppedAtMs' in state) || state.stoppedAtMs >= atMs + before)
          expect(leftIn(store, jobs)).toEqual(kept.map(({ jobId }) => jobId))
          own.remove()
        }),
        { numRuns: 40 },
      )
    })
  })
}
