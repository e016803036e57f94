import { expect, it } from 'vitest'
import { Gate } from './gate.ts'

it('admits its width at once, and the others in the order they came', async () => {
  const gate = new Gate(2)
  const [begun, ends]: [number[], (() => void)[]] = [[], []]
  const passing = [0, 1, 2, 3].map((index) =>
    gate.pass(async () => {
      begun.push(index)
      await new Promise<void>((resolve) => ends.push(resolve))
    }),
  )
  await Promise.resolve()
  expect(begun).toEqual([0, 1])
  ends[1]!()
  await passing[1]
  expect(begun).toEqual([0, 1, 2])
  ends[0]!()
  await passing[0]
  expect(begun).toEqual([0, 1, 2, 3])
  for (const end of ends) end()
  await Promise.all(passing)
})

it('a failure makes room, and a caller that gives up leaves the line', async () => {
  const gate = new Gate(1)
  let fail = (_: Error) => {}
  const first = gate.pass(() => new Promise((_, reject) => (fail = reject)))
  const abort = new AbortController()
  const second = gate.pass(async () => 'second', abort.signal)
  const third = gate.pass(async () => 'third')
  abort.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')
  fail(new Error('broken'))
  await expect(first).rejects.toThrow('broken')
  expect(await third).toBe('third')
  await expect(gate.pass(async () => 'late', AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
})
