/**
 * Retention works step by step until nothing is left, once an hour, through failures, and stops at
 * the end.
 */
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { emptyState } from '../../core/state/state.ts'
import { account } from '../../core/world.testing.ts'
import { findAnyJobs } from '../../edge/services/batch/find-jobs.ts'
import { limits } from '../../model/limits.ts'
import { childOf, jobOf } from '../../store/jobs.testing.ts'
import { createMemoryStore } from '../../store/memory/memory-store.testing.ts'
import { noChanges, StoreFailure } from '../../store/store.ts'
import { deletingJobs, deletingLogs, Retention, type RetentionOptions } from './retention.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
const nowMs = 1_900_000_000_000

/** The parts that outlive a server. */
function memory() {
  let kept: string | undefined
  return {
    read: () => kept,
    write(text: string) {
      kept = text
    },
  }
}

/** Runs that many rounds while the clock advances by each wait. Returns the waits. */
async function run(
  rounds: number,
  options: Pick<RetentionOptions, 'what' | 'days' | 'deleteSome'>,
  { note = memory(), beginsAtMs = nowMs } = {},
): Promise<number[]> {
  const waits: number[] = []
  const clock = { now: beginsAtMs }
  let done = () => {}
  const finished = new Promise<void>((resolve) => {
    done = resolve
  })
  const retention = new Retention({
    ...options,
    log: pino({ level: 'silent' }),
    now: () => clock.now,
    note,
    wait: async (ms, signal) => {
      waits.push(ms)
      clock.now += ms
      if (waits.length < rounds) return
      done()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    },
  })
  retention.start()
  await finished
  await retention.stop()
  return waits
}

/** A job that was submitted and ended that many days ago. */
function ended(seq: number, daysAgo: number, more: Parameters<typeof jobOf>[2] = {}) {
  const at = nowMs - daysAgo * dayMs
  const state = { status: 'SUCCEEDED', statusReason: 'r', stoppedAtMs: at } as const
  return jobOf(seq, 'SUCCEEDED', { ...more, state, in: { createdAtMs: at, ...more.in } })
}

describe('of jobs', () => {
  test('deletes jobs that ended too long ago, so that they are as unknown as if they had never existed', async () => {
    const store = createMemoryStore()
    const old = ended(1, 8, { in: { arraySize: 2 } })
    const live = jobOf(3, 'RUNNABLE', { in: { createdAtMs: nowMs - 9 * dayMs, dependsOn: [{ jobId: old.jobId }] } })
    store.append({
      ...noChanges(),
      newJobs: [old, childOf(old, 0, 2, 'SUCCEEDED'), live, ended(4, 6)],
    })
    expect(await run(1, { what: 'jobs', days: 7, deleteSome: deletingJobs(store) })).toEqual([hourMs])
    const loop = { state: emptyState(account, 'scripted') } as never
    const ids = [old.jobId, `${old.jobId}:0`, `${old.jobId}:1`, live.jobId, 'job-4']
    expect(findAnyJobs({ loop, store }, ids).map(({ jobId }) => jobId)).toEqual([live.jobId, 'job-4'])
  })

  test('works in bounded steps, and runs again when more jobs have grown old', async () => {
    const store = createMemoryStore()
    const count = limits.jobsDeletedAtOnce * 2 + 10
    const young = ended(count + 1, 6.99)
    store.append({ ...noChanges(), newJobs: [...Array.from({ length: count }, (_, n) => ended(n + 1, 8)), young] })
    const steps: number[] = []
    const deleteJobs: typeof store.deleteJobs = (old) => {
      const step = store.deleteJobs(old)
      steps.push(step.deleted)
      return step
    }
    await run(2, { what: 'jobs', days: 7, deleteSome: deletingJobs({ deleteJobs }) })
    expect(steps).toEqual([limits.jobsDeletedAtOnce, limits.jobsDeletedAtOnce, 10, 1])
    expect(store.getJobs([young.jobId]).size).toBe(0)
  })

  test('tries again an hour after a failure, from the beginning', async () => {
    const store = createMemoryStore()
    const old = ended(1, 8)
    store.append({ ...noChanges(), newJobs: [old] })
    let failures = 1
    const deleteJobs: typeof store.deleteJobs = (wanted) => {
      if (failures-- > 0) throw new StoreFailure('full')
      expect(wanted.afterSeq).toBe(0)
      return store.deleteJobs(wanted)
    }
    await run(2, { what: 'jobs', days: 7, deleteSome: deletingJobs({ deleteJobs }) })
    expect(store.getJobs([old.jobId]).size).toBe(0)
  })
})

test('of logs continues while there is something to delete', async () => {
  const asked: number[] = []
  const left = [3, 1, 0, 0]
  const deleteStreamsOlderThan = async (ms: number) => {
    asked.push(ms)
    return left.shift()!
  }
  await run(2, { what: 'logs', days: 1, deleteSome: deletingLogs({ deleteStreamsOlderThan }) })
  expect(asked).toEqual([nowMs - dayMs, nowMs - dayMs, nowMs - dayMs, nowMs - dayMs + hourMs])
})

describe('what nobody could see is not deleted as soon as somebody looks:', () => {
  /** The cutoffs that the rounds of one life of the server asked for. */
  const cutoffs = async (rounds: number, setting: NonNullable<Parameters<typeof run>[2]>) => {
    const asked: number[] = []
    const deleteSome = (olderThanMs: number) => asked.push(olderThanMs) < 0
    await run(rounds, { what: 'jobs', days: 7, deleteSome }, setting)
    return asked
  }

  test('after a restart within a day, retention continues', async () => {
    const note = memory()
    expect(await cutoffs(2, { note })).toHaveLength(2)
    expect(await cutoffs(2, { note, beginsAtMs: nowMs + 20 * hourMs })).toHaveLength(2)
  })

  test('a server that was away for three days deletes nothing for three days', async () => {
    const note = memory()
    await cutoffs(1, { note })
    const backAtMs = nowMs + 3 * dayMs
    const [first] = await cutoffs(4 * 24, { note, beginsAtMs: backAtMs })
    expect(first! + 7 * dayMs - backAtMs).toBeGreaterThanOrEqual(2.9 * dayMs)
    expect(first! + 7 * dayMs - backAtMs).toBeLessThanOrEqual(3.1 * dayMs)
  })

  test('a server that was away for a month deletes nothing for as long as jobs are kept, even if it restarts in between', async () => {
    const note = memory()
    await cutoffs(1, { note })
    const backAtMs = nowMs + 30 * dayMs
    expect(await cutoffs(3 * 24, { note, beginsAtMs: backAtMs })).toEqual([])
    expect(await cutoffs(3 * 24, { note, beginsAtMs: backAtMs + 3 * dayMs })).toEqual([])
    expect(await cutoffs(2 * 24, { note, beginsAtMs: backAtMs + 6 * dayMs })).not.toEqual([])
  })

  test('a clock that is a year ahead for a while deletes nothing, and delays retention no longer than jobs are kept', async () => {
    const note = memory()
    expect(await cutoffs(1, { note })).toHaveLength(1)
    expect(await cutoffs(5, { note, beginsAtMs: nowMs + 365 * dayMs })).toEqual([])
    expect(await cutoffs(1, { note, beginsAtMs: nowMs + hourMs })).toEqual([])
    expect(await cutoffs(8 * 24, { note, beginsAtMs: nowMs + 2 * hourMs })).not.toEqual([])
  })
})
