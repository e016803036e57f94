/** What waits for a client that does not read is bounded, and it learns that it missed something. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { limits } from '../../../../model/limits.ts'
import type { Batch } from '../../../../server/changes/change-feed.ts'
import type { RequestContext } from '../../../context.ts'
import { Watcher } from './watcher.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const context = { backend: { identities: { current: () => 1 } }, now: () => 0 } as unknown as RequestContext
const job = (n: number) => ({ kind: 'job', jobId: `job-${n}`, jobQueue: 'q', owner: 'ada', status: 'RUNNING' }) as const
const batchOf = (id: string, size: number): Batch => ({ id, changes: Array.from({ length: size }, (_, n) => job(n)) })

function watching(missed: readonly Batch[] = [], again: () => RequestContext | undefined = () => context) {
  let take!: (batch: Batch) => void
  const stop = vi.fn()
  const feed = {
    lastId: 'now',
    watch: (given: typeof take) => {
      take = given
      return { missed, stop }
    },
  }
  const cutOff = vi.fn()
  const watcher = new Watcher({ feed, context, again, filter: {}, lastId: undefined, cutOff })
  const read = watcher.stream[Symbol.asyncIterator]()
  const next = async () => Buffer.from((await read.next()).value ?? []).toString()
  return { watcher, take: (batch: Batch) => take(batch), stop, cutOff, next }
}

test('a slow client gets no more than a bounded number of bytes, then a reset, and is cut off', async () => {
  const { watcher, take, stop, cutOff, next } = watching()
  expect(await next()).toContain('event: ready')
  take(batchOf('first', 10))
  expect(await next()).toContain('id: first\n')
  // From here on the client takes nothing.
  for (let n = 0; n < 10_000 && !watcher.stream.isOver; n++) take(batchOf(`b${n}`, 100))
  expect(watcher.stream.isOver).toBe(true)
  expect(stop).toHaveBeenCalled()
  vi.advanceTimersByTime(limits.watcherStallMs)
  expect(cutOff).toHaveBeenCalled()
  expect(await next()).toMatch(/^id: now\nevent: reset\n/)
  expect(await next()).toBe('')
  watcher.close()
})

test('more changes at once than may wait are one reset, and the client stays', async () => {
  const { watcher, take, next } = watching()
  await next()
  take(batchOf('large', 5000))
  expect(await next()).toMatch(/^id: now\nevent: reset\n/)
  take(batchOf('small', 1))
  expect(await next()).toContain('job-0')
  watcher.close()
})

test('a quiet stream shows signs of life, with its place', async () => {
  const { watcher, next } = watching([batchOf('missed', 1)])
  expect([await next(), await next()]).toEqual([
    expect.stringContaining('ready'),
    expect.stringContaining('id: missed'),
  ])
  vi.advanceTimersByTime(limits.watcherBeatMs)
  expect(await next()).toBe(':\nid: now\n\n')
  watcher.close()
  expect(vi.getTimerCount()).toBe(0)
})

test('while users and policies cannot be read, a watcher is told to read again, and nobody else is harmed', async () => {
  const unreadable = () => {
    throw new Error('the disk does not answer')
  }
  for (const look of ['a change', 'a check'] as const) {
    const { watcher, take, stop, next } = watching([], unreadable)
    await next()
    if (look === 'a change') take(batchOf('one', 1))
    else vi.advanceTimersByTime(limits.watcherCheckMs)
    expect(watcher.stream.isOver, look).toBe(true)
    expect(stop).toHaveBeenCalled()
    expect(await next()).toMatch(/^id: now\nevent: reset\n/)
    watcher.close()
  }
})

test('what was missed is told by the rights of the request, however much it is', () => {
  const again = vi.fn(() => context)
  const { watcher } = watching(
    Array.from({ length: 1000 }, (_, n) => batchOf(`b${n}`, 1)),
    again,
  )
  expect(again).not.toHaveBeenCalled()
  watcher.close()
})
