/** What every log store must do, as one suite: `exerciseLogStore({ make })` inside a test file. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogEntry } from '../model/log-entry.ts'
import { isRefusal } from '../model/refusal.ts'
import {
  type EventsPage,
  type FilterEventsQuery,
  type FilteredLogEvent,
  type LogStore,
  StreamBusy,
} from './log-store.ts'

export interface StoreUnderTest {
  readonly store: LogStore
  /** Closes the store and opens it again on what it kept. */
  reopen(): Promise<LogStore>
  /** Closes and removes everything. */
  remove(): Promise<void>
}

export interface ExerciseOptions {
  make(now: () => number): Promise<StoreUnderTest>
}

const group = '/aws/batch/job'
const capBytes = 1_048_576 * 64

export function exerciseLogStore({ make }: ExerciseOptions): void {
  let under: StoreUnderTest
  let store: LogStore
  let nowMs: number

  beforeEach(async () => {
    nowMs = 1_700_000_000_000
    under = await make(() => nowMs)
    store = under.store
  })
  afterEach(() => under.remove())

  async function write(stream: string, entries: readonly LogEntry[], inGroup = group): Promise<void> {
    const writer = await store.openWriter({ group: inGroup, stream, capBytes })
    await writer.append(entries)
    await writer.finish()
  }

  async function get(query: Partial<Parameters<LogStore['getEvents']>[0]> = {}): Promise<EventsPage> {
    const page = await store.getEvents({ group, stream: 's', ...query })
    if (isRefusal(page)) throw new Error(page.message)
    return page
  }

  /** All pages of a search. Pages may be empty, but must come to an end. */
  async function search(query: Partial<FilterEventsQuery> = {}): Promise<FilteredLogEvent[]> {
    const events: FilteredLogEvent[] = []
    let nextToken: string | undefined
    do {
      const page = await store.filterEvents({ group, ...query, ...(nextToken === undefined ? {} : { nextToken }) })
      if (isRefusal(page)) throw new Error(page.message)
      events.push(...page.events)
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    return events
  }

  describe('writing', () => {
    it('makes the stream with its first line', async () => {
      const writer = await store.openWriter({ group, stream: 's', capBytes })
      expect(await store.getEvents({ group, stream: 's' })).toMatchObject({
        code: 'ResourceNotFoundException',
        message: 'The specified log group does not exist.',
      })
      await write('other', lines(1))
      expect(await store.getEvents({ group, stream: 's' })).toMatchObject({
        code: 'ResourceNotFoundException',
        message: 'The specified log stream does not exist.',
      })
      await writer.append(lines(1))
      expect((await get()).events).toHaveLength(1)
      await writer.finish()
      expect((await get()).events).toHaveLength(1)
    })

    it('leaves no stream behind when there was no line', async () => {
      const writer = await store.openWriter({ group, stream: 's', capBytes })
      await writer.append([])
      await writer.finish()
      expect(isRefusal(await store.getEvents({ group, stream: 's' }))).toBe(true)
    })

    it('shows every line at once, with its times', async () => {
      const writer = await store.openWriter({ group, stream: 's', capBytes })
      for (let n = 0; n < 3; n++) {
        nowMs += 5
        await writer.append([entry(n, `line ${n}`)])
        expect((await get()).events.at(-1)).toEqual({ timestamp: 1000 + n, message: `line ${n}`, ingestionTime: nowMs })
      }
      await writer.close()
    })

    it('keeps any text as it is, and leaves out empty lines', async () => {
      const messages = ['ü', '', '\u{1F600}'.repeat(3), 'a\rb', '\0', ' ']
      await write(
        's',
        messages.map((message, n) => entry(n, message)),
      )
      expect((await get()).events.map(({ message }) => message)).toEqual(messages.filter((message) => message !== ''))
    })

    it('never lets time go back within a stream', async () => {
      await write('s', [
        { atMs: 5, message: 'a', cursor: '1' },
        { atMs: 3, message: 'b', cursor: '2' },
      ])
      expect((await get()).events.map(({ timestamp }) => timestamp)).toEqual([5, 5])
    })

    it('continues where the writer before was', async () => {
      const first = await store.openWriter({ group, stream: 's', capBytes })
      expect(first.cursor).toBeUndefined()
      await first.append(lines(3))
      expect(first.cursor).toBe('2')
      await first.close()
      const second = await store.openWriter({ group, stream: 's', capBytes })
      expect(second.cursor).toBe('2')
      await second.append([entry(3, 'more')])
      await second.finish()
      store = await under.reopen()
      const third = await store.openWriter({ group, stream: 's', capBytes })
      expect(third.cursor).toBe('3')
      await third.append([entry(4, 'and more')])
      await third.finish()
      expect((await get()).events).toHaveLength(5)
    })

    it('has one writer a stream', async () => {
      const writer = await store.openWriter({ group, stream: 's', capBytes })
      await expect(store.openWriter({ group, stream: 's', capBytes })).rejects.toThrow(StreamBusy)
      await writer.append(lines(1))
      await expect(store.deleteStream(group, 's')).rejects.toThrow(StreamBusy)
      await writer.close()
      await writer.close()
      await (await store.openWriter({ group, stream: 's', capBytes })).close()
    })

    it('says plainly that the stream is full, once, and counts the rest', async () => {
      const message = 'x'.repeat(1000)
      const writer = await store.openWriter({ group, stream: 's', capBytes: 1_048_576 / 4 })
      await writer.append(Array.from({ length: 1000 }, (_, n) => entry(n, message)))
      await writer.append([entry(1000, 'one more')])
      expect(writer.cursor).toBe('1000')
      const { events } = await get({ startFromHead: true })
      expect(events.at(-1)?.message).toBe(
        'openbatch: the log of this attempt reached its limit of 0.25 MiB; further output is not kept',
      )
      expect(events.slice(0, -1).every((event) => event.message === message)).toBe(true)
      expect(events.length - 1 + writer.droppedEntries).toBe(1001)
      await writer.finish()
      store = await under.reopen()
      const again = await store.openWriter({ group, stream: 's', capBytes: 1_048_576 / 4 })
      expect(again.cursor).toBe('1000')
      await again.append([entry(1001, 'x')])
      await again.finish()
      expect((await get({ startFromHead: true })).events).toEqual(events)
    })
  })

  describe('getEvents', () => {
    it('gives the newest page first, and pages back to the beginning', async () => {
      await write('s', lines(25))
      const newest = await get({ limit: 10 })
      expect(newest.events.map(({ message }) => message)).toEqual(texts(15, 25))
      const before = await get({ limit: 10, nextToken: newest.nextBackwardToken })
      expect(before.events.map(({ message }) => message)).toEqual(texts(5, 15))
      const oldest = await get({ limit: 10, nextToken: before.nextBackwardToken })
      expect(oldest.events.map(({ message }) => message)).toEqual(texts(0, 5))
      const end = await get({ limit: 10, nextToken: oldest.nextBackwardToken })
      expect(end.events).toEqual([])
      expect(end.nextBackwardToken).toBe(oldest.nextBackwardToken)
      const forth = await get({ limit: 10, nextToken: oldest.nextForwardToken })
      expect(forth.events.map(({ message }) => message)).toEqual(texts(5, 15))
    })

    it('gives at the end of a growing stream the same token, and later what came since', async () => {
      const writer = await store.openWriter({ group, stream: 's', capBytes })
      await writer.append(lines(3))
      const page = await get({ startFromHead: true })
      expect(page.nextForwardToken).toMatch(/^f\/\d{56}\/s$/)
      expect(page.nextBackwardToken).toMatch(/^b\/\d{56}\/s$/)
      const end = await get({ startFromHead: true, nextToken: page.nextForwardToken })
      expect(end.events).toEqual([])
      expect(end.nextForwardToken).toBe(page.nextForwardToken)
      await writer.append([entry(3, 'new')])
      const grown = await get({ startFromHead: true, nextToken: end.nextForwardToken })
      expect(grown.events.map(({ message }) => message)).toEqual(['new'])
      expect(grown.nextForwardToken).not.toBe(end.nextForwardToken)
      await writer.finish()
    })

    it('takes startTime in and endTime out', async () => {
      await write('s', lines(10))
      const page = await get({ startTime: 1003, endTime: 1006 })
      expect(page.events.map(({ message }) => message)).toEqual(texts(3, 6))
      expect((await get({ startTime: 2000 })).events).toEqual([])
      expect((await get({ endTime: 1000 })).events).toEqual([])
      expect((await get({ startTime: 1006, endTime: 1003 })).events).toEqual([])
    })

    it('keeps a page to 1 MB by the count of CloudWatch', async () => {
      const message = 'm'.repeat(100_000)
      await write(
        's',
        Array.from({ length: 25 }, (_, n) => entry(n, message)),
      )
      expect((await get({ startFromHead: true })).events).toHaveLength(10)
      expect((await get()).events).toHaveLength(10)
      await write(
        'tiny',
        Array.from({ length: 10_050 }, (_, n) => entry(n, 'x')),
      )
      expect((await get({ stream: 'tiny' })).events).toHaveLength(10_000)
    })

    it('knows its tokens from others', async () => {
      await write('s', lines(3))
      await write('t', lines(3))
      const other = await get({ stream: 't', startFromHead: true })
      for (const nextToken of ['', 'x', 'f/12/s', `f/${'0'.repeat(56)}/s`, other.nextForwardToken]) {
        expect(await store.getEvents({ group, stream: 's', nextToken })).toMatchObject({
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
            await write(stream, entries)
            const [startTime, endTime] = [1000 + a, 1000 + a + b]
            const seen: string[] = []
            let nextToken: string | undefined
            for (;;) {
              const page = await get({
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

  describe('filterEvents', () => {
    it('interleaves the streams by time, each event with a lasting id of its own', async () => {
      await write('a', [entry(0, 'a0'), entry(2, 'a2'), entry(4, 'a4')])
      await write('b', [entry(1, 'b1'), entry(2, 'b2'), entry(3, 'b3')])
      await write('c', [entry(0, 'elsewhere')], 'another')
      const events = await search()
      expect(events.map(({ message }) => message).filter((message) => !message.endsWith('2'))).toEqual([
        'a0',
        'b1',
        'b3',
        'a4',
      ])
      expect(events.map(({ timestamp }) => timestamp)).toEqual([1000, 1001, 1002, 1002, 1003, 1004])
      expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(6)
      expect(events[0]).toMatchObject({ logStreamName: 'a', eventId: expect.stringMatching(/^\d{56}$/) })
      store = await under.reopen()
      expect(await search({ limit: 1 })).toEqual(events)
      expect(await search({ limit: 2, startFromHead: false })).toEqual([...events].reverse())
    })

    it('takes both startTime and endTime in', async () => {
      await write('a', lines(10))
      expect((await search({ startTime: 1003, endTime: 1006 })).map(({ message }) => message)).toEqual(texts(3, 7))
    })

    it('searches the streams named, or those of a prefix', async () => {
      await write('x/1', [entry(0, 'one')])
      await write('x/2', [entry(1, 'two')])
      await write('y/1', [entry(2, 'three')])
      expect((await search({ streams: ['x/1', 'y/1'] })).map(({ message }) => message)).toEqual(['one', 'three'])
      expect((await search({ streamPrefix: 'x/' })).map(({ message }) => message)).toEqual(['one', 'two'])
      expect(await search({ streamPrefix: 'z' })).toEqual([])
      expect(await store.filterEvents({ group, streams: ['x/1', 'nope'] })).toMatchObject({
        code: 'ResourceNotFoundException',
        message: 'The specified log stream does not exist.',
      })
      expect(await store.filterEvents({ group: 'nope' })).toMatchObject({ code: 'ResourceNotFoundException' })
    })

    it('keeps what the pattern matches', async () => {
      await write('a', [entry(0, 'ERROR one'), entry(1, 'fine'), entry(2, 'ERROR two')])
      expect((await search({ filterPattern: 'ERROR -one' })).map(({ message }) => message)).toEqual(['ERROR two'])
      expect(await store.filterEvents({ group, filterPattern: '{ $.a = }' })).toMatchObject({
        code: 'InvalidParameterException',
        message: 'Invalid filter pattern',
      })
    })

    it('sees a stream that is being written, and with the newest time as startTime what came since', async () => {
      const writer = await store.openWriter({ group, stream: 's', capBytes })
      await writer.append(lines(2))
      const seen = await search()
      await writer.append([entry(1, 'same time'), entry(5, 'later')])
      const again = await search({ startTime: seen.at(-1)!.timestamp })
      const known = new Set(seen.map(({ eventId }) => eventId))
      expect(again.filter(({ eventId }) => !known.has(eventId)).map(({ message }) => message)).toEqual([
        'same time',
        'later',
      ])
      await writer.finish()
    })

    it('gives an empty page with a token rather than read without end', async () => {
      const message = 'x'.repeat(250_000)
      await write(
        'large',
        Array.from({ length: 100 }, (_, n) => entry(n, n === 99 ? 'needle' : message)),
      )
      const query = { group, filterPattern: 'needle' }
      expect(await store.filterEvents(query)).toEqual({ events: [], nextToken: expect.any(String) })
      expect((await search(query)).map((event) => event.message)).toEqual(['needle'])
      expect(await search({ ...query, endTime: 1098 })).toEqual([])
    })

    it('finds its way through many streams', async () => {
      const count = 1150
      const name = (n: number) => `${n % 10 === 0 ? 'ten' : 'some'}/${n}`
      const all = Array.from({ length: count }, (_, n) => n)
      await Promise.all(all.map((n) => write(name(n), [entry(n, `${n}`), entry(n + (n % 97), 'end')])))
      const begins = async (query: Partial<FilterEventsQuery>) =>
        (await search({ ...query, filterPattern: '-end' })).map(({ message }) => Number(message))
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

    it('knows its tokens from others', async () => {
      await write('a', lines(1))
      for (const nextToken of ['x', 'YS4x', '']) {
        expect(await store.filterEvents({ group, nextToken })).toMatchObject({ code: 'InvalidParameterException' })
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
              await write(`s${n}`, entries, inGroup)
            }
            const [startTime, endTime] = [1000 + a, 1000 + a + b]
            const found = await search({ group: inGroup, limit, startFromHead: head, startTime, endTime })
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

  describe('describing', () => {
    it('lists streams by name or by last event, either way, a page at a time', async () => {
      for (const [stream, at] of [
        ['b', 3],
        ['a', 5],
        ['c', 1],
        ['d', 5],
      ] as const)
        await write(stream, [entry(at, stream)])
      const names = async (query: object) => {
        const seen: string[] = []
        let nextToken: string | undefined
        do {
          const page = await store.describeStreams({ group, limit: 3, ...query, ...(nextToken ? { nextToken } : {}) })
          if (isRefusal(page)) throw new Error(page.message)
          seen.push(...page.streams.map(({ stream }) => stream))
          nextToken = page.nextToken
        } while (nextToken)
        return seen.join('')
      }
      expect(await names({})).toBe('abcd')
      expect(await names({ descending: true })).toBe('dcba')
      expect(await names({ orderBy: 'LastEventTime' })).toBe('cbad')
      expect(await names({ orderBy: 'LastEventTime', descending: true })).toBe('dabc')
      expect(await names({ streamPrefix: 'b' })).toBe('b')
      expect(await store.describeStreams({ group, nextToken: 'x' })).toMatchObject({
        code: 'InvalidParameterException',
      })
      expect(await store.describeStreams({ group: 'nope' })).toMatchObject({ code: 'ResourceNotFoundException' })
    })

    it('tells what a stream holds, while it is written and after', async () => {
      const writer = await store.openWriter({ group, stream: 's', capBytes })
      await writer.append(lines(3))
      const facts = {
        group,
        stream: 's',
        creationTime: nowMs,
        firstEventTimestamp: 1000,
        lastEventTimestamp: 1002,
        lastIngestionTime: nowMs,
      }
      expect(await store.describeStreams({ group })).toMatchObject({ streams: [facts] })
      nowMs += 10
      await writer.append([entry(9, 'x')])
      expect(await store.describeStreams({ group })).toMatchObject({
        streams: [{ ...facts, lastEventTimestamp: 1009, lastIngestionTime: nowMs }],
      })
      await writer.finish()
    })

    it('lists groups by name, by prefix, by a part of the name', async () => {
      for (const each of ['/x/Beta', '/x/alpha', '/y/beta']) await write('s', lines(1), each)
      const names = async (query: object) => {
        const page = await store.describeGroups(query)
        if (isRefusal(page)) throw new Error(page.message)
        return page.groups.map((each) => each.group)
      }
      expect(await names({})).toEqual(['/x/Beta', '/x/alpha', '/y/beta'])
      expect(await names({ prefix: '/x' })).toEqual(['/x/Beta', '/x/alpha'])
      expect(await names({ pattern: 'BETA' })).toEqual(['/x/Beta', '/y/beta'])
      const first = await store.describeGroups({ limit: 2 })
      if (isRefusal(first)) throw new Error(first.message)
      expect(await names({ nextToken: first.nextToken })).toEqual(['/y/beta'])
      expect(await store.describeGroups({ nextToken: 'x' })).toMatchObject({ code: 'InvalidParameterException' })
    })
  })

  describe('deleting', () => {
    it('removes a stream', async () => {
      await write('s', lines(1))
      expect(await store.deleteStream(group, 's')).toBeUndefined()
      expect(await store.deleteStream(group, 's')).toMatchObject({ code: 'ResourceNotFoundException' })
      expect(await store.getEvents({ group, stream: 's' })).toMatchObject({ code: 'ResourceNotFoundException' })
      expect(await search()).toEqual([])
      await write('s', lines(2))
      expect((await get()).events).toHaveLength(2)
    })

    it('removes old streams, the oldest first, but none that is being written', async () => {
      for (let n = 0; n < 4; n++) await write(`s${n}`, [entry(n, 'x')])
      const writer = await store.openWriter({ group, stream: 'open', capBytes })
      await writer.append([entry(0, 'x')])
      expect(await store.deleteStreamsOlderThan(1003, 2)).toBe(2)
      expect((await search()).map(({ logStreamName }) => logStreamName)).toEqual(
        expect.arrayContaining(['s2', 's3', 'open']),
      )
      expect(await store.deleteStreamsOlderThan(1003, 2)).toBe(1)
      expect(await store.deleteStreamsOlderThan(1003, 2)).toBe(0)
      expect((await search()).map(({ logStreamName }) => logStreamName).sort()).toEqual(['open', 's3'])
      await writer.close()
    })
  })
}

/** At 1000 ms and `n`, with the cursor `n`. */
export function entry(n: number, message: string): LogEntry {
  return { atMs: 1000 + n, message, cursor: String(n) }
}

export function lines(count: number): LogEntry[] {
  return Array.from({ length: count }, (_, n) => entry(n, `line ${n}`))
}

function texts(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, n) => `line ${from + n}`)
}
