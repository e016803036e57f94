import { expect, test } from 'vitest'
import { backoffMs } from './backoff.ts'

test('waiting times double up to a limit', () => {
  expect([0, 1, 2, 5, 6, 1_000].map((n) => backoffMs(n))).toEqual([100, 200, 400, 3_200, 5_000, 5_000])
  expect([0, 1, 5, 1_000].map((n) => backoffMs(n, 1_000, 30_000))).toEqual([1_000, 2_000, 30_000, 30_000])
})
