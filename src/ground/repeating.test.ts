import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Repeating } from './repeating.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const everyMs = 1000
const log = { warn: vi.fn() }
const repeating = (run: (signal: AbortSignal) => unknown) =>
  new Repeating({ everyMs, run, log, whenFailed: 'it failed' })

test('runs at once, and again after each interval', async () => {
  const run = vi.fn()
  const service = repeating(run)
  await service.start()
  expect(run).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(everyMs - 1)
  expect(run).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(everyMs + 1)
  expect(run).toHaveBeenCalledTimes(3)
  await service.stop()
  await vi.advanceTimersByTimeAsync(10 * everyMs)
  expect(run).toHaveBeenCalledTimes(3)
  expect(vi.getTimerCount()).toBe(0)
})

test('may wait for the interval first', async () => {
  const run = vi.fn()
  const service = repeating(run)
  service.startLater()
  await vi.advanceTimersByTimeAsync(everyMs - 1)
  expect(run).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(run).toHaveBeenCalledTimes(1)
  await service.stop()
})

test('runs never overlap, and a stop waits for the run under way', async () => {
  const story: string[] = []
  let finish = () => {}
  const service = repeating(async (signal) => {
    story.push('begins')
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    story.push(signal.aborted ? 'ends, stopped' : 'ends')
  })
  const first = service.start()
  await vi.advanceTimersByTimeAsync(10 * everyMs)
  expect(story).toEqual(['begins'])
  finish()
  await first
  await vi.advanceTimersByTimeAsync(everyMs)
  const stopped = service.stop().then(() => story.push('stopped'))
  await vi.advanceTimersByTimeAsync(10 * everyMs)
  expect(story).toEqual(['begins', 'ends', 'begins'])
  finish()
  await stopped
  expect(story).toEqual(['begins', 'ends', 'begins', 'ends, stopped', 'stopped'])
})

test('a failed run is logged, and the next one still comes', async () => {
  const error = new Error('broken')
  const run = vi.fn().mockRejectedValueOnce(error)
  const service = repeating(run)
  await service.start()
  expect(log.warn).toHaveBeenCalledExactlyOnceWith({ err: error }, 'it failed')
  await vi.advanceTimersByTimeAsync(everyMs)
  expect(run).toHaveBeenCalledTimes(2)
  await service.stop()
})

test('a run may be the last', async () => {
  let runs = 0
  const service = repeating(() => {
    if (++runs === 2) service.end()
  })
  await service.start()
  await vi.advanceTimersByTimeAsync(10 * everyMs)
  expect(runs).toBe(2)
  expect(vi.getTimerCount()).toBe(0)
})

test('work that is stopped before its first run never runs', async () => {
  const run = vi.fn()
  const service = repeating(run)
  await service.stop()
  await service.start()
  expect(run).not.toHaveBeenCalled()
})
