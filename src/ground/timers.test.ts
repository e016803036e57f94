/**
 * Waiting: what is due is done once, not before its time, and not at all when it was called off.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { delay, wakeAfter } from './timers.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

const steady = () => performance.now()

test('wakes when its time is up, and once', () => {
  const wake = vi.fn()
  wakeAfter(5_000, wake)
  vi.advanceTimersByTime(4_999)
  expect(wake).not.toHaveBeenCalled()
  vi.advanceTimersByTime(100_000)
  expect(wake).toHaveBeenCalledOnce()
})

test('wakes after more days than a timer can count', () => {
  const wake = vi.fn()
  const days = 86_400_000
  wakeAfter(100 * days, wake)
  vi.advanceTimersByTime(100 * days - 1)
  expect(wake).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(wake).toHaveBeenCalledOnce()
})

test.each([
  ['back', -86_400_000],
  ['forward', 86_400_000],
])('a clock that is set %s changes nothing', (_way, ms) => {
  const wake = vi.fn()
  wakeAfter(60_000, wake)
  vi.advanceTimersByTime(20_000)
  vi.setSystemTime(Date.now() + ms)
  vi.advanceTimersByTime(39_999)
  expect(wake).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(wake).toHaveBeenCalledOnce()
})

test('a timer that rings early is wound up again', () => {
  const wake = vi.fn()
  let lagMs = 0
  wakeAfter(5_000, wake, () => steady() - lagMs)
  lagMs = 3
  vi.advanceTimersByTime(5_000)
  expect(wake).not.toHaveBeenCalled()
  vi.advanceTimersByTime(3)
  expect(wake).toHaveBeenCalledOnce()
})

test('what was called off never wakes', () => {
  const wake = vi.fn()
  const cancel = wakeAfter(5_000, wake)
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

test('a delay ends when its subscriber is called, and unsubscribes once', async () => {
  const unsubscribe = vi.fn()
  let resume = () => {}
  const subscribe = (wake: () => void) => {
    resume = wake
    return unsubscribe
  }
  const waiting = delay(60_000, undefined, { subscribe })
  expect(unsubscribe).not.toHaveBeenCalled()
  resume()
  await waiting
  expect(unsubscribe).toHaveBeenCalledOnce()
  expect(vi.getTimerCount()).toBe(0)
})
