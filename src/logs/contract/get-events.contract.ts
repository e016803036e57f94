/** GetLogEvents: pages of one stream. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { capBytes, entry, group, lines, type StoreCase, texts } from './store-case.contract.ts'

export function getEventsCases(on: StoreCase): void {
  describe('getEvents', () => {
    it('returns the newest page first, and pages back to the beginning', async () => {
      await on.write('s', lines(25))
      const newest = await on.get({ limit: 10 })
      expect(newest.events.map(({ message }) => message)).toEqual(texts(15, 25))
      const before = await on.get({ limit: 10, nextToken: newest.nextBackwardToken })
      expect(before.events.map(({ message }) => message)).toEqual(texts(5, 15))
      const oldest = await on.get({ limit: 10, nextToken: before.nextBackwardToken })
      expect(oldest.events.map(({ message }) => message)).toEqual(texts(0, 5))
      const end = await on.get({ limit: 10, nextToken: oldest.nextBackwardToken })
      expect(end.events).toEqual([])
      expect(end.nextBackwardToken).toBe(oldest.nextBackwardToken)
      const forth = await on.get({ limit: 10, nextToken: oldest.nextForwardToken })
      expect(forth.events.map(({ message }) => message)).toEqual(texts(5, 15))
    })

    it('returns the same token at the end of a growing stream; the token later finds the new events', async () => {
      const writer = await on.store.openWriter({ group, stream: 's', capBytes })
      await writer.append(lines(3))
      const page = await on.get({ startFromHead: true })
      expect(page.nextForwardToken).toMatch(/^f\/\d{56}\/s$/)
      expect(page.nextBackwardToken).toMatch(/^b\/\d{56}\/s$/)
      const end = await on.get({ startFromHead: true, nextToken: page.nextForwardToken })
      expect(end.events).toEqual([])
      expect(end.nextForwardToken).toBe(page.nextForwardToken)
      await writer.append([entry(3, 'new')])
      const grown = await on.get({ startFromHead: true, nextToken: end.nextForwardToken })
      expect(grown.events.map(({ message }) => message)).toEqual(['new'])
      expect(grown.nextForwardToken).not.toBe(end.nextForwardToken)
      await writer.finish()
    })

    it('treats startTime as inclusive and endTime as exclusive', async () => {
      await on.write('s', lines(10))
      const page = await on.get({ startTime: 1003, endTime: 1006 })
      expect(page.events.map(({ message }) => message)).toEqual(texts(3, 6))
      expect((await on.get({ startTime: 2000 })).events).toEqual([])
      expect((await on.get({ endTime: 1000 })).events).toEqual([])
      expect((await on.get({ startTime: 1006, endTime: 1003 })).events).toEqual([])
    })

    it('limits a page to 1 MB by CloudWatch’s count', async () => {
      const message = 'm'.repeat(100_000)
      await on.write(
        's',
        Array.from({ length: 25 }, (_, n) => entry(n, message)),
      )
      expect((await on.get({ startFromHead: true })).events).toHaveLength(10)
      expect((await on.get()).events).toHaveLength(10)
      await on.write(
        'tiny',
        Array.from({ length: 10_050 }, (_, n) => entry(n, 'x')),
      )
      expect((await on.get({ stream: 'tiny' })).events).toHaveLength(10_000)
    })

    it('rejects tokens that are not its own', async () => {
      await on.write('s', lines(3))
      await on.write('t', lines(3))
      const other = await on.get({ stream: 't', startFromHead: true })
      for (const nextToken of ['', 'x', 'f/12/s', `f/${'0'.repeat(56)}/s`, other.nextForwardToken]) {
        expect(await on.store.getEvents({ group, stream: 's', nextToken })).toMatchObject({
          code: 'InvalidParameterException',
          message: 'The specified nextToken is invalid.',
        })
      }
    })

    it('agrees with a plain list, whatever the pages', async () => {
      const runs = fc.array(fc.record({ gap: fc.nat(3), size: fc.oneof(fc.nat(30), fc.nat(2000)) }), {
        minLength: 1,
        maxLength: 60,
      })
      let streams = 0
      await fc.assert(
        fc.asyncProperty(
          runs,
          fc.integer({ min: 1, max: 20 }),
          fc.boolean(),
          fc.nat(60),
          fc.nat(60),
          async (shape, limit, head, a, b) => {
            const stream = `p${streams++}`
            let atMs = 1000
            const entries = shape.map(({ gap, size }, n) => {
              atMs += gap
              return { atMs, message: `${n} ${'x'.repeat(size)}`, cursor: String(n) }
            })
            await on.write(stream, entries)
            const [startTime, endTime] = [1000 + a, 1000 + a + b]
            const seen: string[] = []
            let nextToken: string | undefined
            for (;;) {
              const page = await on.get({
                stream,
                limit,
                startFromHead: head,
                startTime,
                endTime,
                ...(nextToken ? { nextToken } : {}),
              })
              const token = head ? page.nextForwardToken : page.nextBackwardToken
              const messages = page.events.map(({ message }) => message)
              if (head) seen.push(...messages)
              else seen.unshift(...messages)
              if (token === nextToken) break
              nextToken = token
            }
            const wanted = entries.filter((each) => each.atMs >= startTime && each.atMs < endTime)
            expect(seen).toEqual(wanted.map(({ message }) => message))
          },
        ),
        { numRuns: 25 },
      )
    })
  })
}
