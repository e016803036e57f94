import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TokenBucket, TokenBuckets } from './token-bucket.ts'

test('a burst comes together, and then as many as the time allows', () => {
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 })
  expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([true, true, true, false])
  expect(bucket.waitSeconds).toBe(0.5)
  expect([499, 500, 501].map((now) => bucket.take(now))).toEqual([false, true, false])
  expect([60_000, 60_000, 60_000, 60_000].map((now) => bucket.take(now))).toEqual([true, true, true, false])
})

test('a clock that is set back gives nothing, and takes nothing', () => {
  const bucket = new TokenBucket({ burst: 1, perSecond: 1 })
  expect([10_000, 0, 500, 1000].map((now) => bucket.take(now))).toEqual([true, false, false, true])
})

test('in any stretch of time no more come through than the burst and the rate allow', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (steps, burst, perSecond) => {
      const bucket = new TokenBucket({ burst, perSecond })
      let now = 0
      const taken: number[] = []
      for (const step of steps) {
        now += step
        if (bucket.take(now)) taken.push(now)
      }
      for (const [index, from] of taken.entries()) {
        const count = taken.length - index
        expect(count).toBeLessThanOrEqual(burst + ((taken.at(-1)! - from) / 1000) * perSecond + 1e-6)
      }
    }),
  )
})

test('each name has a bucket, and those used longest ago are forgotten', () => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 1 }, 2)
  expect(['a', 'a', 'b', 'a'].map((name) => buckets.take(name, 0))).toEqual([undefined, 1, undefined, 1])
  expect(buckets.take('c', 0)).toBeUndefined()
  expect(buckets.kept).toBe(2)
  expect(buckets.take('a', 0)).toBe(1)
  expect(buckets.take('b', 0)).toBeUndefined()
})
