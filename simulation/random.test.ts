/** The generator: its numbers are fixed, spread evenly, and have the claimed distributions. */
import { expect, test } from 'vitest'
import { type Distribution, draw } from './distribution.ts'
import { createRandom, exponential, normal, seedOf } from './random.ts'

/** xoshiro128** after its authors' C code, in numbers that cannot overflow. */
function* reference(state: bigint[]): Generator<number> {
  const mask = 0xffffffffn
  const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & mask
  let [a, b, c, d] = state as [bigint, bigint, bigint, bigint]
  for (;;) {
    yield Number((rotate((b * 5n) & mask, 7n) * 9n) & mask)
    const t = (b << 9n) & mask
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotate(d, 11n)
  }
}

/** The finaliser of MurmurHash3 behind a Weyl sequence, in the same way. */
function referenceState(seeds: number[]): bigint[] {
  const mask = 0xffffffffn
  const scramble = (x: bigint) => {
    let mixed = ((x ^ (x >> 16n)) * 0x85ebca6bn) & mask
    mixed = ((mixed ^ (mixed >> 13n)) * 0xc2b2ae35n) & mask
    return mixed ^ (mixed >> 16n)
  }
  let mixed = 0x9e3779b9n
  for (const seed of seeds) mixed = scramble(((mixed ^ BigInt(seed)) + 0x9e3779b9n) & mask)
  const words = [0, 1, 2, 3].map(() => {
    mixed = (mixed + 0x9e3779b9n) & mask
    return scramble(mixed)
  })
  return [...words.slice(0, 3), words[3]! | 1n]
}

test.each([[[0]], [[1, 2, 3]], [[0xffffffff, 7]]])('is xoshiro128** of seeds %j', (seeds) => {
  const random = createRandom(...seeds)
  const wanted = reference(referenceState(seeds))
  for (let at = 0; at < 1000; at++) expect(random.bits()).toBe(wanted.next().value)
})

test('other seeds give other numbers, and so does another order of the same seeds', () => {
  const first = (...seeds: number[]) => createRandom(...seeds).next()
  expect(new Set([first(1), first(2), first(1, 2), first(2, 1), first(1, 2, 0)]).size).toBe(5)
  expect(seedOf('ann')).not.toBe(seedOf('bob'))
  expect(seedOf('')).toBe(0x811c9dc5)
  expect(seedOf('a')).toBe(0xe40c292c)
})

const count = 200_000
function meanAndDeviation(next: () => number): { mean: number; deviation: number } {
  let sum = 0
  let squares = 0
  for (let at = 0; at < count; at++) {
    const value = next()
    sum += value
    squares += value * value
  }
  const mean = sum / count
  return { mean, deviation: Math.sqrt(squares / count - mean * mean) }
}

test('numbers are spread evenly', () => {
  const random = createRandom(42)
  const uniform = meanAndDeviation(random.next)
  expect(uniform.mean).toBeCloseTo(0.5, 2)
  expect(uniform.deviation).toBeCloseTo(Math.sqrt(1 / 12), 2)
  const exponentials = meanAndDeviation(() => exponential(random))
  expect(exponentials.mean).toBeCloseTo(1, 1)
  expect(exponentials.deviation).toBeCloseTo(1, 1)
  const normals = meanAndDeviation(() => normal(random))
  expect(normals.mean).toBeCloseTo(0, 1)
  expect(normals.deviation).toBeCloseTo(1, 1)
})

test.each<[Distribution, number]>([
  [7, 7],
  [{ uniform: [10, 20] }, 15],
  [{ exponential: 3 }, 3],
  // The mean of a lognormal is median × exp(sigma² / 2).
  [{ lognormal: { median: 10, sigma: 0.5 } }, 10 * Math.exp(0.125)],
  [{ choose: { 1: 3, 5: 1 } }, 2],
])('%j has the mean %d', (distribution, wanted) => {
  const random = createRandom(1)
  const { mean } = meanAndDeviation(() => draw(distribution, random))
  expect(Math.abs(mean / wanted - 1)).toBeLessThan(0.02)
})

test('bounds hold, and a choice with weight 0 is never made', () => {
  const random = createRandom(5)
  for (let at = 0; at < 1000; at++) {
    const value = draw({ exponential: 10, min: 4, max: 6 }, random)
    expect(value).toBeGreaterThanOrEqual(4)
    expect(value).toBeLessThanOrEqual(6)
    expect(draw({ choose: { 1: 0, 2: 1 } }, random)).toBe(2)
  }
})
