import { expect, test } from 'vitest'
import { RefusalPace } from './refusal-pace.ts'

test('a burst is recorded up to its bound, and what came beyond is counted in the next', () => {
  const pace = new RefusalPace(3, 1)
  expect([0, 0, 0, 0, 0].map((at) => pace.take(at))).toEqual([0, 0, 0, undefined, undefined])
  expect(pace.take(1000)).toBe(2)
  expect(pace.take(1000)).toBeUndefined()
  expect(pace.take(60_000)).toBe(1)
})

test('a clock that is set back gives no room', () => {
  const pace = new RefusalPace(1, 1)
  expect(pace.take(10_000)).toBe(0)
  expect(pace.take(0)).toBeUndefined()
  expect(pace.take(500)).toBeUndefined()
})
