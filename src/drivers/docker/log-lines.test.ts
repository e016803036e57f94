import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LogEntry } from '../../model/log-entry.ts'
import { beginning, gridMs, parseCursor } from './log-cursor.ts'
import { createFrameReader, type LogFrame } from './log-frames.ts'
import { LineReader, type LineRules } from './log-lines.ts'

const rules: LineRules = { mostBytes: 30, onlyNewlineEnds: true }
const at = Date.UTC(2026, 10, 22, 12)

interface Message {
  stream: 1 | 2
  atMs: number
  text: string | Buffer
}

/** Encodes messages as the engine writes them on the wire. */
function wire(messages: readonly Message[]): Buffer {
  return Buffer.concat(
    messages.map(({ stream, atMs, text }) => {
      const time = `${new Date(atMs).toISOString().slice(0, -1)}456789Z `
      const body = Buffer.concat([Buffer.from(time), Buffer.from(text as string)])
      const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
      header.writeUInt32BE(body.length, 4)
      return Buffer.concat([header, body])
    }),
  )
}

function frames(messages: readonly Message[]): LogFrame[] {
  return createFrameReader().push(wire(messages))
}

function readAll(messages: readonly Message[], cursor?: string, lineRules = rules): LogEntry[] {
  const place = parseCursor(cursor)
  // The messages that the engine would send again.
  const given = messages.filter((message) => message.atMs >= place.since * gridMs)
  const reader = new LineReader(place, lineRules)
  return [...reader.take(frames(given)), ...reader.finish()]
}

const texts = (entries: readonly LogEntry[]) => entries.map((entry) => entry.message)
const out = (text: string | Buffer, ms = 0): Message => ({ stream: 1, atMs: at + ms, text })
const err = (text: string | Buffer, ms = 0): Message => ({ stream: 2, atMs: at + ms, text })

describe('lines', () => {
  it('are never empty, and the last one may lack a newline', () => {
    expect(texts(readAll([out('a\n'), out('\n'), out(' \n'), out('\r\n'), out('b')]))).toEqual(['a', ' ', '\r', 'b'])
  })

  it('are joined from their parts, separately for each stream', () => {
    expect(texts(readAll([out('one '), err('e'), out('two'), err('rr\n'), out('\n')]))).toEqual(['err', 'one two'])
  })

  it('are cut between characters if too long, at the same places however their parts arrive', () => {
    const long = '世'.repeat(25)
    const pieces = ['世'.repeat(10), '世'.repeat(10), '世'.repeat(5)]
    expect(texts(readAll([out(`${long}\n`)]))).toEqual(pieces)
    const bytes = Buffer.from(`${long}\n`)
    expect(texts(readAll([...bytes].map((byte) => out(Buffer.from([byte])))))).toEqual(pieces)
  })

  it('stay within the limit when bytes that are not UTF-8 are replaced', () => {
    const entries = readAll([out(Buffer.alloc(40, 0xff)), out('\n')])
    expect(entries.every((entry) => Buffer.byteLength(entry.message) <= 30)).toBe(true)
    expect(texts(entries).join('')).toBe('\uFFFD'.repeat(40))
  })

  it('end at a short last part where the engine omits newlines', () => {
    const part = 'x'.repeat(16 * 1024)
    const localRules = { mostBytes: 256 * 1024, onlyNewlineEnds: false }
    const messages = [out(part), out(part), out('end'), out('next\n'), out(part), out(''), out('last')]
    const entries = readAll(messages, undefined, localRules)
    expect(texts(entries)).toEqual([`${part}${part}end`, 'next', part, 'last'])
    for (const [index, entry] of entries.entries()) {
      expect(readAll(messages, entry.cursor, localRules)).toEqual(entries.slice(index + 1))
    }
  })

  it('have times that never decrease', () => {
    const entries = readAll([out('a\n', 5), err('b\n', 3), out('c\n', 9)])
    expect(entries.map((entry) => entry.atMs - at)).toEqual([5, 5, 9])
  })
})

describe('cursors', () => {
  it('save the engine from reading everything again', () => {
    const messages = Array.from({ length: 100 }, (_, index) => out(`${index}\n`, index * 5000))
    const last = readAll(messages).at(-1)!
    expect(last.cursor.length).toBeLessThanOrEqual(64)
    expect(parseCursor(last.cursor).since * gridMs).toBeGreaterThan(at + 99 * 5000 - 3 * gridMs)
  })

  it('go back to the beginning when the clock was set back', () => {
    const messages = [out('a\n', 0), out('b\n', 100_000), out('c\n', 1000), out('d\n', 2000), out('e\n', 200_000)]
    const entries = readAll(messages)
    expect(parseCursor(entries[2]!.cursor).since).toBe(0)
    for (const index of [2, 3, 4]) expect(readAll(messages, entries[index]!.cursor)).toEqual(entries.slice(index + 1))
  })

  it('that are not valid mean the beginning', () => {
    for (const text of ['', 'what is this', '1.2.3', undefined]) expect(parseCursor(text)).toEqual(beginning)
  })

  it('continue after every entry without gap or repeat, whatever was written when', () => {
    const content = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => Buffer.from(text.replaceAll('\n', ' '))),
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes.map((byte) => (byte === 10 ? 11 : byte)))),
    )
    const message = fc.record({
      stream: fc.constantFrom(1 as const, 2 as const),
      text: fc
        .tuple(content, fc.boolean())
        .map(([bytes, ends]) => (ends ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes)),
      stepMs: fc.oneof(fc.constant(0), fc.integer({ min: -900, max: 9_000 })),
    })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), (steps) => {
        let now = at
        let latestMs = at
        // All parts of a line carry the time of its first part.
        const openAt: Record<number, number | undefined> = {}
        const messages = steps.map(({ stream, text, stepMs }) => {
          // Steps back add up while a line is open, whose parts do not show them. A clock that is set back
          // further than a cursor reaches is another matter.
          now = Math.max(now + stepMs, latestMs - 900)
          const atMs = openAt[stream] ?? now
          latestMs = Math.max(latestMs, atMs)
          openAt[stream] = text.at(-1) === 10 ? undefined : atMs
          return { stream, text, atMs }
        })
        const entries = readAll(messages)
        for (const [index, entry] of entries.entries()) {
          expect(entry.cursor).toMatch(/^[\x20-\x7e]{1,64}$/)
          expect(Buffer.byteLength(entry.message)).toBeLessThanOrEqual(rules.mostBytes)
          expect(readAll(messages, entry.cursor)).toEqual(entries.slice(index + 1))
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('frames', () => {
  it('are the same however the bytes are cut', () => {
    const bytes = wire([out('first\n'), err('second\n', 1500), out('', 2000), out('x'.repeat(300), 61_000)])
    const whole = createFrameReader().push(bytes)
    expect(whole.map((frame) => frame.atMs - at)).toEqual([0, 1500, 2000, 61_000])
    for (let cut = 1; cut < bytes.length; cut++) {
      const reader = createFrameReader()
      expect([...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))]).toEqual(whole)
    }
  })

  it('may carry times in Podman’s form; other data is refused', () => {
    const body = Buffer.from('2026-11-22T13:00:00.25+01:00 text\n')
    const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, body.length])
    expect(createFrameReader().push(Buffer.concat([header, body]))).toEqual([
      { stream: 1, atMs: at + 250, content: Buffer.from('text\n') },
    ])
    expect(() => createFrameReader().push(Buffer.from('plain text, not frames at all'))).toThrow('a log frame')
  })
})
