/** FilterLogEvents: many streams by time. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FilterEventsQuery } from '../log-store.ts'
import { capBytes, entry, group, lines, type StoreCase, texts } from './store-case.contract.ts'

export function filterEventsCases(on: StoreCase): void {
  describe('filterEvents', () => {
    it('interleaves the streams by time, and gives each event a lasting id of its own', async () => {
      await on.write('a', [entry(0, 'a0'), entry(2, 'a2'), entry(4, 'a4')])
      await on.write('b', [entry(1, 'b1'), entry(2, 'b2'), entry(3, 'b3')])
      await on.write('c', [entry(0, 'elsewhere')], 'another')
      const events = await on.search()
      expect(events.map(({ message }) => message).filter((message) => !message.endsWith('2'))).toEqual([
        'a0',
        'b1',
        'b3',
        'a4',
      ])
      expect(events.map(({ timestamp }) => timestamp)).toEqual([1000, 1001, 1002, 1002, 1003, 1004])
      expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(6)
      expect(events[0]).toMatchObject({ logStreamName: 'a', eventId: expect.stringMatching(/^\d{56}$/) })
      await on.reopen()
      expect(await on.search({ limit: 1 })).toEqual(events)
      expect(await on.search({ limit: 2, startFromHead: false })).toEqual([...events].reverse())
    })

    it('treats both startTime and endTime as inclusive', async () => {
      await on.write('a', lines(10))
      expect((await on.search({ startTime: 1003, endTime: 1006 })).map(({ message }) => message)).toEqual(texts(3, 7))
    })

    it('searches the named streams, or those with a prefix', async () => {
      await on.write('x/1', [entry(0, 'one')])
      await on.write('x/2', [entry(1, 'two')])
      await on.write('y/1', [entry(2, 'three')])
      expect((await on.search({ streams: ['x/1', 'y/1'] })).map(({ message }) => message)).toEqual(['one', 'three'])
      expect((await on.search({ streamPrefix: 'x/' })).map(({ message }) => message)).toEqual(['one', 'two'])
      expect(await on.search({ streamPrefix: 'z' })).toEqual([])
      expect(await on.store.filterEvents({ group, streams: ['x/1', 'nope'] })).toMatchObject({
        code: 'ResourceNotFoundException',
        message: 'The specified log stream does not exist.',
      })
      expect(await on.store.filterEvents({ group: 'nope' })).toMatchObject({ code: 'ResourceNotFoundException' })
    })

    it('returns only events that the pattern matches', async () => {
      await on.write('a', [entry(0, 'ERROR one'), entry(1, 'fine'), entry(2, 'ERROR two')])
      expect((await on.search({ filterPattern: 'ERROR -one' })).map(({ message }) => message)).toEqual(['ERROR two'])
      expect(await on.store.filterEvents({ group, filterPattern: '{ $.a = }' })).toMatchObject({
        code: 'InvalidParameterException',
        message: 'Invalid filter pattern',
      })
    })

    it('sees a stream that is being written; with the newest time as startTime it finds the later events', async () => {
      const writer = await on.store.openWriter({ group, stream: 's', capBytes })
      await writer.append(lines(2))
      const seen = await on.search()
      await writer.append([entry(1, 'same time'), entry(5, 'later')])
      const again = await on.search({ startTime: seen.at(-1)!.timestamp })
      const known = new Set(seen.map(({ eventId }) => eventId))
      expect(again.filter(({ eventId }) => !known.has(eventId)).map(({ message }) => message)).toEqual([
        'same time',
        'later',
      ])
      await writer.finish()
    })

    it('returns an empty page with a token rather than read without end', async () => {
      const message = 'x'.repeat(250_000)
      await on.write(
        'large',
        Array.from({ length: 100 }, (_, n) => entry(n, n === 99 ? 'needle' : message)),
      )
      const query = { group, filterPattern: 'needle' }
      expect(await on.store.filterEvents(query)).toEqual({ events: [], nextToken: expect.any(String) })
      expect((await on.search(query)).map((event) => event.message)).toEqual(['needle'])
      expect(await on.search({ ...query, endTime: 1098 })).toEqual([])
    })

    it('finds its way through many streams', async () => {
      const count = 1150
      const name = (n: number) => `${n % 10 === 0 ? 'ten' : 'some'}/${n}`
      const all = Array.from({ length: count }, (_, n) => n)
      await Promise.all(all.map((n) => on.write(name(n), [entry(n, `${n}`), entry(n + (n % 97), 'end')])))
      const begins = async (query: Partial<FilterEventsQuery>) =>
        (await on.search({ ...query, filterPattern: '-end' })).map(({ message }) => Number(message))
      expect(await begins({})).toEqual(all)
      expect(await begins({ startFromHead: false, limit: 700 })).toEqual([...all].reverse())
      expect(await begins({ streamPrefix: 'some/' })).toEqual(all.filter((n) => n % 10 !== 0))
      expect(await begins({ streamPrefix: 'ten/', startTime: 1500, limit: 9 })).toEqual(
        all.filter((n) => n % 10 === 0 && n >= 500),
      )
      expect(await begins({ startTime: 1700, endTime: 1710, startFromHead: false })).toEqual(
        all.slice(700, 711).reverse(),
      )
    })

    it('rejects tokens that are not its own', async () => {
      await on.write('a', lines(1))
      for (const nextToken of ['x', 'YS4x', '']) {
        expect(await on.store.filterEvents({ group, nextToken })).toMatchObject({ code: 'InvalidParameterException' })
      }
    })

    it('agrees with a sorted list, whatever the streams and pages', async () => {
      const streams = fc.array(
        fc.record({ begin: fc.nat(50), gaps: fc.array(fc.nat(20), { minLength: 1, maxLength: 8 }) }),
        {
          minLength: 1,
          maxLength: 12,
        },
      )
      let runs = 0
      await fc.assert(
        fc.asyncProperty(
          streams,
          fc.integer({ min: 1, max: 7 }),
          fc.boolean(),
          fc.nat(60),
          fc.nat(80),
          async (shape, limit, head, a, b) => {
            const inGroup = `g${runs++}`
            const all: { atMs: number; message: string }[] = []
            for (const [n, { begin, gaps }] of shape.entries()) {
              let atMs = 1000 + begin
              const entries = gaps.map((gap, at) => {
                atMs += gap
                return { atMs, message: `${n}/${at}`, cursor: String(at) }
              })
              all.push(...entries)
              await on.write(`s${n}`, entries, inGroup)
            }
            const [startTime, endTime] = [1000 + a, 1000 + a + b]
            const found = await on.search({ group: inGroup, limit, startFromHead: head, startTime, endTime })
            const times = found.map(({ timestamp }) => timestamp)
            expect(times).toEqual([...times].sort((x, y) => (head ? x - y : y - x)))
            const wanted = all.filter(({ atMs }) => atMs >= startTime && atMs <= endTime)
            expect(found.map(({ message }) => message).sort()).toEqual(wanted.map(({ message }) => message).sort())
          },
        ),
        { numRuns: 40 },
      )
    })
  })
}
