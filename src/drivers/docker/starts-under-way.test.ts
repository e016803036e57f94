import { expect, it } from 'vitest'
import type { StartOutcome } from '../driver.ts'
import { StartsUnderWay } from './starts-under-way.ts'

const started: StartOutcome = { kind: 'started' }

function work() {
  const seen: { signal: AbortSignal; say: (why: string) => void; end: (outcome: StartOutcome) => void }[] = []
  const begin = (signal: AbortSignal, say: (why: string) => void) =>
    new Promise<StartOutcome>((resolve) => seen.push({ signal, say, end: resolve }))
  return { seen, begin }
}

it('callers of one name share one start, callers of two names have two', async () => {
  const [starts, { seen, begin }] = [new StartsUnderWay(), work()]
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

it('a caller who gives up is answered at once; the start continues for the others, and is cancelled when none is left', async () => {
  const [starts, { seen, begin }] = [new StartsUnderWay(), work()]
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

it('a cancelled start is not joined: the next caller waits for its end and begins anew', async () => {
  const [starts, { seen, begin }] = [new StartsUnderWay(), work()]
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

it('every caller, even a late one, hears why the start is pending, once for each change', async () => {
  const [starts, { seen, begin }] = [new StartsUnderWay(), work()]
  const heard: string[] = []
  const first = starts.join('a', begin, undefined, (why) => heard.push(`first: ${why}`))
  for (const why of ['its turn', 'its turn', 'its image']) seen[0]!.say(why)
  const second = starts.join('a', begin, undefined, (why) => heard.push(`second: ${why}`))
  expect(starts.whyPending('a')).toBe('its image')
  seen[0]!.end(started)
  await Promise.all([first, second])
  expect(heard).toEqual(['first: its turn', 'first: its image', 'second: its image'])
  expect(starts.whyPending('a')).toBeUndefined()
})
