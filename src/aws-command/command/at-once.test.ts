import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eachAtOnce, partBytesFor, partsOf } from './at-once.ts'

test('no more runs at once than allowed', async () => {
  let running = 0
  let most = 0
  await eachAtOnce([1, 2, 3, 4, 5], 2, async () => {
    most = Math.max(most, ++running)
    await setImmediate()
    running--
  })
  expect(most).toBe(2)
})

test('the first error is told after what runs has ended, and nothing new begins', async () => {
  const ended: number[] = []
  const work = async (item: number) => {
    await setImmediate()
    ended.push(item)
    if (item === 1) throw new Error('the first')
  }
  await expect(eachAtOnce([1, 2, 3, 4], 2, work)).rejects.toThrow('the first')
  expect(ended).toEqual([1, 2])
})

test('a source that is silent does not hold an error back', async () => {
  const silent = async function* () {
    yield 1
    await new Promise(() => {})
  }
  await expect(eachAtOnce(silent(), 2, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
})

test('an error of the source is told after what runs has ended', async () => {
  const ended: number[] = []
  const broken = async function* () {
    yield 1
    throw new Error('the source')
  }
  const work = async (item: number) => {
    await setImmediate()
    ended.push(item)
  }
  await expect(eachAtOnce(broken(), 2, work)).rejects.toThrow('the source')
  expect(ended).toEqual([1])
})

test('parts cover all bytes once', () => {
  expect([...partsOf(10, 4)]).toEqual([
    [1, 0, 4],
    [2, 4, 8],
    [3, 8, 10],
  ])
})

test('parts grow until ten thousand are enough', () => {
  const mebibyte = 1_048_576
  expect(partBytesFor(1024 ** 3, 8 * mebibyte)).toBe(8 * mebibyte)
  expect(partBytesFor(10_000 * 8 * mebibyte + 1, 8 * mebibyte)).toBe(16 * mebibyte)
  expect(partBytesFor(0, 1)).toBe(5 * mebibyte)
})
