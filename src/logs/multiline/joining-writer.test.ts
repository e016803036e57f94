/** Events of several lines, on the real log store: written, interrupted and continued. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { limits } from '../../model/limits.ts'
import type { LogEntry } from '../../model/log-entry.ts'
import { isRefusal } from '../../model/refusal.ts'
import { openFileLogStore } from '../file/file-log-store.ts'
import type { LogStore, LogWriter } from '../log-store.ts'
import { eventStartOf } from './event-start.ts'
import { JoiningWriter } from './joining-writer.ts'

const group = 'g'
const never = 3_600_000
let directory: string
let store: LogStore
let streams = 0
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-logs-'))
  store = await openFileLogStore({ directory })
})
afterAll(async () => {
  await store?.close()
  rmSync(directory, { recursive: true })
})

const eventStart = () => eventStartOf({ multilinePattern: '^#' })

async function open(stream: string, heldAtMostMs = never, disturb = (writer: LogWriter) => writer) {
  const inner = await store.openWriter({ group, stream, capBytes: 1_048_576 * 64 })
  return new JoiningWriter(disturb(inner), { eventStart, heldAtMostMs })
}

/** The driver's output. A line's cursor is how many lines came before it. */
const outputOf = (lines: readonly string[]): LogEntry[] =>
  lines.map((message, index) => ({ atMs: 1000 + index, message, cursor: String(index + 1) }))
const after = (output: readonly LogEntry[], cursor: string | undefined) => output.slice(Number(cursor ?? 0))

async function eventsOf(stream: string) {
  const events: { atMs: number; message: string }[] = []
  let nextToken: string | undefined
  for (;;) {
    const page = await store.getEvents({ group, stream, startFromHead: true, ...(nextToken && { nextToken }) })
    if (isRefusal(page)) return events
    events.push(...page.events.map(({ timestamp, message }) => ({ atMs: timestamp, message })))
    if (page.nextForwardToken === nextToken) return events
    nextToken = page.nextForwardToken
  }
}

/**
 * An independent definition of the result: each line that begins an event, with the lines after it.
 */
function expected(lines: readonly string[]): { atMs: number; message: string }[] {
  const events: { atMs: number; message: string }[] = []
  for (const [index, line] of lines.entries()) {
    const last = events.at(-1)
    if (last && !line.startsWith('#')) last.message += `\n${line}`
    else events.push({ atMs: 1000 + index, message: line })
  }
  return events
}

test('a line that begins no event is added to the previous event, which keeps the time of its first line', async () => {
  const lines = ['before any', '# one', ' at 1', ' at 2', '# two', '# three', ' end']
  const writer = await open('plain')
  await writer.append(outputOf(lines))
  expect(writer.cursor).toBe('7')
  expect(await eventsOf('plain')).toEqual(expected(lines).slice(0, -1))
  await writer.finish()
  expect(await eventsOf('plain')).toEqual(expected(lines))
})

test('wherever writing is interrupted, no line is missing, repeated, or in another event', async () => {
  const line = fc.constantFrom('#', '# begins', ' goes on', 'x')
  const turn = fc.record({
    /** Lines in one append. */
    lines: fc.integer({ min: 1, max: 5 }),
    /**
     * The engine is away and asked again, the disk refuses after some events, or the server is
     * killed and restarted.
     */
    after: fc.constantFrom('goes on', 'goes on', 'asked again', 'disk refuses', 'killed'),
    kept: fc.integer({ min: 0, max: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 30 }), fc.array(turn, { maxLength: 20 }), async (lines, turns) => {
      const stream = `s${streams++}`
      const output = outputOf(lines)
      let refuseAfter: number | undefined
      const disturb = (inner: LogWriter) => {
        const append = inner.append.bind(inner)
        inner.append = async (entries) => {
          if (refuseAfter === undefined) return append(entries)
          if (refuseAfter > 0) await append(entries.slice(0, refuseAfter))
          throw new Error('no space left on device')
        }
        return inner
      }
      let writer = await open(stream, never, disturb)
      for (const { lines: count, after: what, kept } of turns) {
        const batch = after(output, writer.cursor).slice(0, count)
        refuseAfter = what === 'disk refuses' ? kept : undefined
        if (batch.length > 0) await writer.append(batch).catch(() => {})
        refuseAfter = undefined
        if (what !== 'killed') continue
        await writer.close()
        writer = await open(stream, never, disturb)
      }
      const rest = after(output, writer.cursor)
      if (rest.length > 0) await writer.append(rest)
      await writer.finish()
      expect(await eventsOf(stream)).toEqual(expected(lines))
    }),
    { numRuns: 60 },
  )
})

test('an event is held back for a limited time; lines that arrive later form an event of their own', async () => {
  const output = outputOf(['# one', ' goes on', ' late', '# two'])
  const writer = await open('held', 1)
  await writer.append(output.slice(0, 2))
  await eventually('the event is released', async () => (await eventsOf('held')).length > 0)
  expect(await eventsOf('held')).toEqual([{ atMs: 1000, message: '# one\n goes on' }])
  await writer.close()
  const next = await open('held', 1)
  expect(next.cursor).toBe('2')
  await next.append(after(output, next.cursor))
  await next.finish()
  expect((await eventsOf('held')).map(({ message }) => message)).toEqual(['# one\n goes on', ' late', '# two'])
})

test('a release that the disk refuses is tried again', async () => {
  let refusals = 2
  const writer = await open('refused', 1, (inner) => {
    const append = inner.append.bind(inner)
    inner.append = async (entries) => {
      if (refusals-- > 0) throw new Error('no space left on device')
      return append(entries)
    }
    return inner
  })
  await writer.append(outputOf(['# one']))
  await eventually('the event is released', async () => (await eventsOf('refused')).length > 0)
  await writer.finish()
  expect(await eventsOf('refused')).toEqual([{ atMs: 1000, message: '# one' }])
})

test('an event is no larger than a line may be', async () => {
  const part = 'x'.repeat(limits.logLineBytes / 4)
  const lines = ['#', ...Array.from({ length: 9 }, () => part)]
  const writer = await open('large')
  await writer.append(outputOf(lines))
  await writer.finish()
  const messages = (await eventsOf('large')).map(({ message }) => message)
  expect(messages.map((message) => message.length <= limits.logLineBytes)).toEqual(messages.map(() => true))
  expect(messages.join('\n')).toBe(lines.join('\n'))
  expect(messages.length).toBe(3)
})
