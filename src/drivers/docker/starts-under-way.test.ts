import { expect, it } from 'vitest'
import type { StartOutcome } from '../driver.ts'
import { createStartsUnderWay } from './starts-under-way.ts'

const started: StartOutcome = { kind: 'started' }

function work() {
  const seen: { signal: AbortSignal; end: (outcome: StartOutcome) => void }[] = []
  const begin = (signal: AbortSignal) => new Promise<StartOutcome>((resolve) => seen.push({ signal, end: resolve }))
  return { seen, begin }
}

it('callers of one name share one start, of two names have two', async () => {
  const [starts, { seen, begin }] = [createStartsUnderWay(), work()]
  const all = [
    starts.join('a', begin, undefined),
    starts.join('a', begin, undefined),
    starts.join('b', begin, undefined),
  ]
  expect(seen).toHaveLength(2)
  expect(starts.has('a')).toBe(true)
  for (const one of seen) one.end(started)
  expect(await Promise.all(all)).toEqual([started, started, started])
  expect(starts.has('a')).toBe(false)
})

it('who gives up is answered at once; the start goes on for the others, and is called off when none is left', async () => {
  const [starts, { seen, begin }] = [createStartsUnderWay(), work()]
  const [one, other] = [new AbortController(), new AbortController()]
  const first = starts.join('a', begin, one.signal)
  const second = starts.join('a', begin, other.signal)
  one.abort()
  expect((await first).kind).toBe('unknown')
  expect(seen[0]!.signal.aborted).toBe(false)
  other.abort()
  expect((await second).kind).toBe('unknown')
  expect(seen[0]!.signal.aborted).toBe(true)
})

it('one that was called off is not joined: the next waits for its end and begins anew', async () => {
  const [starts, { seen, begin }] = [createStartsUnderWay(), work()]
  const first = starts.join('a', begin, undefined)
  const off = starts.callOff('a')
  const second = starts.join('a', begin, undefined)
  expect(seen).toHaveLength(1)
  seen[0]!.end({ kind: 'unknown', why: 'called off' })
  await off
  expect((await first).kind).toBe('unknown')
  await starts.callOff('nobody')
  while (seen.length < 2) await Promise.resolve()
  seen[1]!.end(started)
  expect(await second).toEqual(started)
})
