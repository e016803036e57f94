import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createEngineClock } from './engine-clock.ts'

const nowMs = Date.UTC(2026, 10, 26, 12)
const at = (ms: number) => new Date(nowMs + ms).toISOString()

beforeEach(() => {
  vi.useFakeTimers({ now: nowMs })
})
afterEach(() => {
  vi.useRealTimers()
})

it('converts the times of an engine whose clock differs', () => {
  const clock = createEngineClock()
  const asked = clock.ask()
  vi.advanceTimersByTime(200)
  clock.heard(at(3_600_100), asked)
  expect(clock.toOurs(nowMs + 3_600_500)).toBe(nowMs + 500)
  clock.heard(at(200), clock.ask())
  expect(clock.toOurs(nowMs + 500)).toBe(nowMs + 500)
})

it('leaves the times alone when the engine’s clock is in step or unknown', () => {
  const clock = createEngineClock()
  for (const told of [at(0), at(1_900), at(-1_900), undefined]) {
    clock.heard(told, clock.ask())
    expect(clock.toOurs(nowMs)).toBe(nowMs)
  }
})

it('learns nothing from an answer during which our own clock was set', () => {
  const clock = createEngineClock()
  const asked = clock.ask()
  vi.setSystemTime(nowMs + 86_400_000)
  clock.heard(at(86_400_000), asked)
  expect(clock.toOurs(nowMs)).toBe(nowMs)
})
