import { expect, test, vi } from 'vitest'
import type { Effect } from '../../core/react.ts'
import { Effects } from './effects.ts'

const effect = (n: number): Effect => ({ type: 'settleComputeEnvironment', name: String(n) })
const many = (from: number, count: number) => Array.from({ length: count }, (_, n) => effect(from + n))

test('a few effects are carried out at once', () => {
  const done: Effect[] = []
  new Effects((it) => done.push(it)).push(many(0, 3))
  expect(done).toEqual(many(0, 3))
})

test('many are carried out in pieces and in order, with later ones after them', async () => {
  let ms = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => ms)
  try {
    const done: Effect[] = []
    const effects = new Effects((it) => {
      done.push(it)
      ms += 1
    })
    effects.push(many(0, 1000))
    expect(done.length).toBeLessThan(10)
    effects.push(many(1000, 2))
    let turns = 0
    for (; effects.waiting > 0; turns++) await new Promise(setImmediate)
    expect(done).toEqual(many(0, 1002))
    expect(turns).toBeGreaterThan(100)
    effects.push(many(0, 1))
    expect(done.length).toBe(1003)
  } finally {
    clock.mockRestore()
  }
})
