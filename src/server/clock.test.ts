/** Waiting: what is due is done once, not before its time, and not at all when it was called off. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { backoffMs, delay, wakeAt } from './clock.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

test('wakes at its time, and once', () => {
  const wake = vi.fn()
  wakeAt(1_005_000, Date.now, wake)
  vi.advanceTimersByTime(4_999)
  expect(wake).not.toHaveBeenCalled()
  vi.advanceTimersByTime(100_000)
  expect(wake).toHaveBeenCalledOnce()
})

test('wakes after more days than a timer can count', () => {
  const wake = vi.fn()
  const days = 86_400_000
  wakeAt(1_000_000 + 100 * days, Date.now, wake)
  vi.advanceTimersByTime(100 * days - 1)
  expect(wake).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(wake).toHaveBeenCalledOnce()
})

test('a timer that rings before the clock says so is wound up again', () => {
  const wake = vi.fn()
  // This clock lags: as with a timer that is a millisecond early, or a clock that was set back.
  let lagMs = 3
  wakeAt(1_005_000, () => Date.now() - lagMs, wake)
  vi.advanceTimersByTime(5_000)
  expect(wake).not.toHaveBeenCalled()
  lagMs = 0
  vi.advanceTimersByTime(3)
  expect(wake).toHaveBeenCalledOnce()
})

test('what was called off never wakes', () => {
  const wake = vi.fn()
  const cancel = wakeAt(1_005_000, Date.now, wake)
  cancel()
  vi.advanceTimersByTime(10_000)
  expect(wake).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})

test('a delay ends with its signal, and leaves no timer behind', async () => {
  const closing = new AbortController()
  const waiting = delay(60_000, closing.signal)
  closing.abort()
  await waiting
  await delay(60_000, closing.signal)
  expect(vi.getTimerCount()).toBe(0)
})

test('waiting times double up to a limit', () => {
  expect([0, 1, 2, 5, 6, 1_000].map((n) => backoffMs(n))).toEqual([100, 200, 400, 3_200, 5_000, 5_000])
})
