import { expect, test } from 'vitest'
import { isVersionId, markOf, newTail, nullVersion, timeOf, VersionOrder, versionIdOf } from './version-id.ts'

test('an id says its order, and another one never has it', () => {
  const mark = { order: 1_795_776_564_123_004, tail: newTail() }
  const id = versionIdOf(mark)
  expect(id).toMatch(/^[0-9a-z]{24}$/)
  expect(markOf(id)).toEqual(mark)
  expect(timeOf(mark)).toBe(1_795_776_564_123)
  expect(versionIdOf({ ...mark, tail: newTail() })).not.toBe(id)
  expect(versionIdOf({ order: 1, tail: nullVersion })).toBe('null')
})

test.each(['', 'x', 'NULL', '0'.repeat(23), 'Z'.repeat(24), 'z'.repeat(24), '0'.repeat(11) + '.'.repeat(13)])(
  '%j is the id of no version',
  (text) => {
    expect(isVersionId(text)).toBe(false)
  },
)

test('the order goes on when the clock goes back', () => {
  const order = new VersionOrder()
  const first = order.next(1000)
  expect(first).toBe(1_000_000)
  expect(order.next(1)).toBe(first + 2)
  expect(order.next(1, first + 10)).toBe(first + 12)
  expect(order.next(2000)).toBe(2_000_000)
})
