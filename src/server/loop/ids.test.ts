import { expect, test } from 'vitest'
import { newId } from './ids.ts'

test('an id has the form of a random UUID, and a later id sorts after an earlier one', () => {
  const ids = [0, 1, 1_795_361_336_621, 1_795_361_336_622, 2 ** 48 - 1].map(newId)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect([...ids].sort()).toEqual(ids)
})

test('ids of the same moment differ', () => {
  expect(new Set(Array.from({ length: 10_000 }, () => newId(1_795_361_336_621))).size).toBe(10_000)
})
