import { expect, test } from 'vitest'
import { limits } from '../model/limits.ts'
import { DiskMeter } from './disk-meter.ts'

const mib = 1_048_576

/** Walks end when the test says so; wake-ups ring when it says so. */
function meterByHand() {
  const walks: { readonly of: string; readonly end: (foundMib: number) => void }[] = []
  const rings: (() => void)[] = []
  const meter = new DiskMeter({
    directoriesOf: (attempt) => [attempt],
    walk: ([of = '']) => {
      const { promise, resolve } = Promise.withResolvers<number>()
      walks.push({ of, end: (foundMib) => resolve(foundMib * mib) })
      return promise
    },
    timers: {
      wakeAfter: (_ms, wake) => {
        rings.push(wake)
        return () => void rings.splice(rings.indexOf(wake), 1)
      },
    },
  })
  return { meter, walks, rings }
}

test('remembers the most that it saw of a running attempt', async () => {
  const { meter, walks } = meterByHand()
  expect(meter.latest(['a']).get('a')).toBeUndefined()
  walks[0]!.end(3)
  await expect.poll(() => meter.latest(['a']).get('a')).toBe(3)
  const [first, second] = [meter.last('a'), meter.last('a')]
  await expect.poll(() => walks.length).toBe(2)
  walks[1]!.end(1)
  expect(await first).toBe(3)
  await expect.poll(() => walks.length).toBe(3)
  walks[2]!.end(1)
  expect(await second).toBe(1)
})

test('looks at one ended attempt after the other', async () => {
  const { meter, walks, rings } = meterByHand()
  const lasts = ['a', 'b', 'c'].map((attempt) => meter.last(attempt))
  for (const index of [0, 1, 2]) {
    await expect.poll(() => walks.length).toBe(index + 1)
    walks[index]!.end(index + 1)
    expect(await lasts[index]).toBe(index + 1)
  }
  expect(walks.map(({ of }) => of)).toEqual(['a', 'b', 'c'])
  expect(rings).toEqual([])
})

test('an end is reported without a last look if there is no time for it', async () => {
  const { meter, walks, rings } = meterByHand()
  meter.latest(['b'])
  walks[0]!.end(7)
  await expect.poll(() => meter.latest(['b']).get('b')).toBe(7)
  const lasts = [meter.last('a'), meter.last('b')]
  await expect.poll(() => walks.length).toBe(2)
  // The disk does not answer.
  for (const ring of [...rings]) ring()
  expect(await Promise.all(lasts)).toEqual([0, 7])
  walks[1]!.end(1)
  // Nobody waits for the second any more.
  const next = meter.last('c')
  await expect.poll(() => walks.map(({ of }) => of)).toEqual(['b', 'a', 'c'])
  walks[2]!.end(2)
  expect(await next).toBe(2)
})

test('no more wait for a last look than may', async () => {
  const { meter, walks, rings } = meterByHand()
  const waiting = Array.from({ length: limits.diskMeterWaiting }, (_, index) => meter.last(`${index}`))
  expect(await meter.last('one more')).toBe(0)
  expect(rings).toHaveLength(limits.diskMeterWaiting)
  for (const ring of [...rings]) ring()
  await Promise.all(waiting)
  walks[0]?.end(0)
})
