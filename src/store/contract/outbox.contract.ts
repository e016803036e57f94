/**
 * The outbox of every store: numbered in order, kept until all sinks have it, and written in the
 * append's transaction.
 */
import { describe, expect, test } from 'vitest'
import { jobOf } from '../jobs.testing.ts'
import type { StoreUnderTest } from '../store.contract.ts'
import { noChanges, StoreFailure } from '../store.ts'

export function exerciseOutbox(under: () => StoreUnderTest): void {
  const outbox = () => under().store().outbox
  const put = (...bodies: string[]) =>
    under()
      .store()
      .append({ ...noChanges(), outbox: bodies.map((body) => ({ body })) })
  const bodies = (afterSeq = 0, limit = 100) =>
    outbox()
      .read(afterSeq, limit)
      .map(({ firstSeq, body }) => `${firstSeq} ${body}`)
  const nowAndLater = (check: () => void) => {
    check()
    under().reopen()
    check()
  }

  describe('the outbox', () => {
    test('numbers events in order, and reads them from any event on', () => {
      expect([outbox().lastSeq(), bodies()]).toEqual([0, []])
      put('a', 'b "ünïcode" \ud83d\ude00')
      put('c')
      nowAndLater(() => {
        expect(outbox().lastSeq()).toBe(3)
        expect(bodies()).toEqual(['1 a', '2 b "ünïcode" \ud83d\ude00', '3 c'])
        expect(bodies(1, 1)).toEqual(['2 b "ünïcode" \ud83d\ude00'])
        expect(bodies(3)).toEqual([])
      })
    })

    test('counts an entry for many children as that many events, and returns it until the last of them is passed', () => {
      put('a')
      under()
        .store()
        .append({ ...noChanges(), outbox: [{ body: 'x', children: [4, 7, 9] }] })
      put('b')
      nowAndLater(() => {
        expect(outbox().lastSeq()).toBe(5)
        const entry = { firstSeq: 2, body: 'x', children: [4, 7, 9] }
        expect(outbox().read(1, 1)).toEqual([entry])
        expect(outbox().read(3, 1)).toEqual([entry])
        expect(bodies(4)).toEqual(['5 b'])
      })
      outbox().settle(new Map([['s', 3]]), 10)
      nowAndLater(() => expect(bodies()).toEqual(['2 x', '5 b']))
    })

    test('keeps events that a sink still needs, and never gives a number again', () => {
      put('a', 'b', 'c')
      expect(
        outbox().settle(
          new Map([
            ['s', 3],
            ['t', 1],
          ]),
          10,
        ),
      ).toBe(1)
      nowAndLater(() => {
        expect(outbox().positions()).toEqual(
          new Map([
            ['s', 3],
            ['t', 1],
          ]),
        )
        expect(bodies()).toEqual(['2 b', '3 c'])
      })
      expect(
        outbox().settle(
          new Map([
            ['s', 3],
            ['t', 3],
          ]),
          1,
        ),
      ).toBe(1)
      expect(
        outbox().settle(
          new Map([
            ['s', 3],
            ['t', 3],
          ]),
          10,
        ),
      ).toBe(1)
      nowAndLater(() => expect([outbox().lastSeq(), bodies()]).toEqual([3, []]))
      put('d')
      expect(bodies()).toEqual(['4 d'])
    })

    test('forgets sinks that are not named, and everything if none is', () => {
      put('a', 'b')
      outbox().settle(
        new Map([
          ['s', 0],
          ['t', 0],
        ]),
        10,
      )
      outbox().settle(new Map([['t', 1]]), 10)
      nowAndLater(() => {
        expect(outbox().positions()).toEqual(new Map([['t', 1]]))
        expect(bodies()).toEqual(['2 b'])
      })
      expect(outbox().settle(new Map(), 10)).toBe(1)
      nowAndLater(() => expect([outbox().positions(), bodies()]).toEqual([new Map(), []]))
    })

    test('keeps nothing of a failed append or of a failed settling', () => {
      put('a')
      const big = 'x'.repeat(3_000_000)
      under().fill()
      expect(() => put(big)).toThrow(StoreFailure)
      expect([outbox().lastSeq(), bodies()]).toEqual([1, ['1 a']])
      expect(() => outbox().settle(new Map([[big, 1]]), 10)).toThrow(StoreFailure)
      under().free()
      under()
        .store()
        .append({ ...noChanges(), newJobs: [jobOf(1, 'RUNNABLE')], outbox: [{ body: 'b' }] })
      nowAndLater(() => expect([outbox().positions(), bodies()]).toEqual([new Map(), ['1 a', '2 b']]))
    })
  })
}
