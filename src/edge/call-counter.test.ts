import { expect, test } from 'vitest'
import { CallCounter } from './call-counter.ts'

test('allows a number of calls for each user within a day, and then again', () => {
  const counter = new CallCounter(2, 1000)
  expect([counter.take('ada', 0), counter.take('ada', 1), counter.take('ada', 2)]).toEqual([true, true, false])
  expect(counter.take('bob', 2)).toBe(true)
  expect([counter.take('ada', 999), counter.take('ada', 1000)]).toEqual([false, true])
})
