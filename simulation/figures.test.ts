/** The parts of the figures: amounts over time, percentiles, and what each share was due. */
import { expect, test } from 'vitest'
import { dueOf, weightOf } from './due.ts'
import { Level } from './level.ts'
import { Samples } from './samples.ts'

test('a level is summed over the window, and over each of its spans', () => {
  const level = new Level({ fromMs: 100, toMs: 200, spans: 4 })
  level.add(2, 50)
  level.add(3, 130)
  level.add(-5, 160)
  level.add(1, 190)
  // 2 from 100 to 130, 5 to 160, nothing to 190, 1 to the end of the window. What comes after it
  // does not count.
  expect([...level.sums(500)]).toEqual([50, 10 + 100, 50, 10])
  expect(level.total(500)).toBe(220)
})

test('a level that is read meanwhile continues correctly', () => {
  const level = new Level({ fromMs: 0, toMs: 10, spans: 3 })
  level.add(1, 0)
  expect(level.total(5)).toBe(5)
  level.add(1, 7)
  // Spans of 4, 4 and 2.
  expect([...level.sums(10)]).toEqual([4, 5, 4])
})

test('percentiles are values that occurred', () => {
  const samples = new Samples()
  expect([samples.quantile(0.5), samples.mean]).toEqual([0, 0])
  for (let value = 200; value >= 1; value--) samples.push(value)
  expect([0, 0.5, 0.95, 1].map((share) => samples.quantile(share))).toEqual([1, 100, 190, 200])
  const more = new Samples()
  more.push(1000)
  samples.pushAll(more)
  expect([samples.length, samples.quantile(1)]).toEqual([201, 1000])
})

const share = (claim: number, used: number[], wanted: number[]) => ({
  claim,
  used: Float64Array.from(used),
  wanted: Float64Array.from(wanted),
})

test('with enough work each share is due its weight', () => {
  expect(dueOf([share(2, [90], [500]), share(1, [0], [500])])).toEqual([60, 30])
})

test('what one share does not want is due to the others by their weights', () => {
  const due = dueOf([share(1, [10], [10]), share(1, [80], [300]), share(2, [10], [300])])
  expect(due).toEqual([10, 30, 60])
})

test('a share is due nothing while it has no work', () => {
  expect(dueOf([share(1, [40, 40], [40, 100]), share(1, [0, 0], [0, 100])])).toEqual([60, 20])
  expect(dueOf([])).toEqual([])
})

test('a share has the weight of the entry that covers it', () => {
  const weights = { ann: 0.5, 'lab-*': 2 }
  expect(['ann', 'lab-7', 'anna'].map((it) => weightOf(weights, it))).toEqual([0.5, 2, 1])
})
