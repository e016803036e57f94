import { expect, test, vi } from 'vitest'
import { giveWay, inPieces, SteadyPace } from './pace.ts'

test('gives way once the pieces have taken their time, and not before', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
  try {
    const pace = new SteadyPace()
    expect(pace.breathe()).toBeUndefined()
    clock.mockReturnValue(6)
    let others = false
    setImmediate(() => {
      others = true
    })
    await pace.breathe()
    expect(others).toBe(true)
    expect(pace.breathe()).toBeUndefined()
  } finally {
    clock.mockRestore()
  }
})

test('ends work that nobody waits for', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
  try {
    const pace = new SteadyPace(AbortSignal.abort(new Error('hung up')))
    clock.mockReturnValue(6)
    expect(() => pace.breathe()).toThrow('hung up')
  } finally {
    clock.mockRestore()
  }
})

test('with many items, others have their turn between any two that took long', async () => {
  const story: string[] = []
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
  try {
    const work = inPieces(['a', 'b', 'c'], new SteadyPace(), (item) => {
      story.push(item)
      clock.mockReturnValue(performance.now() + 6)
      setImmediate(() => story.push('others'))
    })
    await work
    expect(story).toEqual(['a', 'others', 'b', 'others', 'c', 'others'])
  } finally {
    clock.mockRestore()
  }
})

test('gives way to work that already waits', async () => {
  let others = false
  setImmediate(() => {
    others = true
  })
  await giveWay()
  expect(others).toBe(true)
})
