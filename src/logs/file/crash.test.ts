/**
 * What survives when the process or the machine goes down at any moment, and when the files beside
 * the log are lost.
 */
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isRefusal } from '../../model/refusal.ts'
import { entry, lines } from '../contract/store-case.contract.ts'
import type { LogEvent, LogStore } from '../log-store.ts'
import { openFileLogStore } from './file-log-store.ts'
import { headerBytesOf } from './live-stream.ts'
import { recordBytes } from './record.ts'

const group = '/aws/batch/job'
const capBytes = 1_048_576 * 64
let place: string
let copies: number
const open: LogStore[] = []

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'openbatch-logs-'))
  copies = 0
})
afterEach(async () => {
  for (const store of open.splice(0)) await store.close()
  rmSync(place, { recursive: true })
})

async function openAt(directory: string): Promise<LogStore> {
  const store = await openFileLogStore({ directory })
  open.push(store)
  return store
}

/** Copies the directory as a kill at this moment would leave it. */
function crashed(directory: string): string {
  const copy = join(place, `copy${copies++}`)
  cpSync(directory, copy, { recursive: true })
  return copy
}

function filesOf(directory: string, ending: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(directory, path))
}

async function all(store: LogStore, query: { startTime?: number; endTime?: number } = {}): Promise<LogEvent[]> {
  const page = await store.getEvents({ group, stream: 's', startFromHead: true, ...query })
  if (isRefusal(page)) throw new Error(page.message)
  return [...page.events]
}

describe('a kill between the first lines and their row in the catalogue', () => {
  it('loses nothing, even if a second kill comes as soon as the next writer has finished', async () => {
    const directory = join(place, 'data')
    const store = await openAt(directory)
    const killed = crashed(directory)
    const writer = await store.openWriter({ group, stream: 's', capBytes })
    await writer.append([entry(1, 'one'), entry(2, 'two')])
    for (const file of filesOf(directory, '.log')) cpSync(file, join(killed, relative(directory, file)))

    const next = await (await openAt(killed)).openWriter({ group, stream: 's', capBytes })
    expect(next.cursor).toBe('2')
    await next.finish()
    const again = await openAt(crashed(killed))
    expect((await all(again)).map(({ message }) => message)).toEqual(['one', 'two'])
  })
})

describe('a torn tail', () => {
  const entries = Array.from({ length: 40 }, (_, n) => entry(n, `line ${n} ${'ü'.repeat(n % 7)}`))

  it('is cut off without losing a whole record, wherever the tear is and whatever bytes follow it', async () => {
    const directory = join(place, 'data')
    const store = await openAt(directory)
    const writer = await store.openWriter({ group, stream: 's', capBytes })
    await writer.append(entries)
    const ends: number[] = []
    let end = headerBytesOf({ group, stream: 's' })
    for (const { cursor, message } of entries) {
      end += recordBytes(cursor, message)
      ends.push(end)
    }
    const whole = readFileSync(filesOf(directory, '.log')[0]!)
    const garbage = fc.oneof(
      fc.constant(Buffer.alloc(0)),
      fc.nat(300).map((size) => Buffer.alloc(size)),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    )
    await fc.assert(
      fc.asyncProperty(fc.nat(end), garbage, async (cut, tail) => {
        const copy = crashed(directory)
        const [file] = filesOf(copy, '.log')
        expect(statSync(file!).size).toBe(end)
        truncateSync(file!, cut)
        appendFileSync(file!, tail)
        // The random bytes may happen to equal the bytes that were there.
        const bytes = readFileSync(file!)
        const same = whole.findIndex((byte, at) => byte !== bytes[at])
        const kept = ends.filter((each) => same < 0 || each <= same).length
        const again = await openAt(copy)
        const next = await again.openWriter({ group, stream: 's', capBytes })
        expect(next.cursor).toBe(kept === 0 ? undefined : String(kept - 1))
        await next.append(entries.slice(kept))
        await next.finish()
        expect((await all(again)).map(({ message }) => message)).toEqual(entries.map(({ message }) => message))
      }),
      { numRuns: 60 },
    )
  })

  it('is cut off for a reader too, when no writer comes', async () => {
    const directory = join(place, 'data')
    const store = await openAt(directory)
    await (await store.openWriter({ group, stream: 's', capBytes })).append(entries)
    const copy = crashed(directory)
    const [file] = filesOf(copy, '.log')
    truncateSync(file!, statSync(file!).size - 3)
    const again = await openAt(copy)
    expect(await Promise.all([all(again), all(again)])).toEqual([expect.anything(), expect.anything()])
    expect(await all(again)).toHaveLength(39)
    expect(await again.describeStreams({ group })).toMatchObject({ streams: [{ lastEventTimestamp: 1038 }] })
  })
})

describe('kill -9', () => {
  it('loses no acknowledged line, and the stream is listed', async () => {
    const directory = join(place, 'data')
    const script = `
      import { openFileLogStore } from ${JSON.stringify(join(import.meta.dirname, 'file-log-store.ts'))}
      const store = await openFileLogStore({ directory: ${JSON.stringify(directory)} })
      const writer = await store.openWriter({ group: '${group}', stream: 's', capBytes: 1e9 })
      for (let n = 0; ; n++) {
        await writer.append([{ atMs: n, message: 'line ' + n, cursor: String(n) }])
        console.log(n)
      }`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = new Promise((resolve) => child.once('exit', resolve))
    let acknowledged = -1
    for await (const line of createInterface(child.stdout)) {
      acknowledged = Number(line)
      if (acknowledged === 200) child.kill('SIGKILL')
    }
    await exited
    const store = await openAt(directory)
    expect(await store.describeStreams({ group })).toMatchObject({ streams: [{ stream: 's' }] })
    const writer = await store.openWriter({ group, stream: 's', capBytes })
    expect(Number(writer.cursor)).toBeGreaterThanOrEqual(acknowledged)
    expect((await all(store)).map(({ timestamp }) => timestamp)).toEqual(
      Array.from({ length: Number(writer.cursor) + 1 }, (_, n) => n),
    )
  })
})

describe('the catalogue', () => {
  async function withStreams(): Promise<string> {
    const directory = join(place, 'data')
    const store = await openAt(directory)
    for (const stream of ['a', 'b', 's']) {
      const writer = await store.openWriter({ group: stream === 'b' ? 'other' : group, stream, capBytes })
      await writer.append(lines(5))
      await writer.finish()
    }
    return directory
  }

  async function described(store: LogStore) {
    return [
      await store.describeGroups({}),
      await store.describeStreams({ group }),
      await store.describeStreams({ group: 'other' }),
    ]
  }

  it.each([
    ['is gone', (path: string) => rmSync(path)],
    ['is no database', (path: string) => writeFileSync(path, 'not a database at all'.repeat(1000))],
    ['is damaged', (path: string) => writeFileSync(path, readFileSync(path).fill(7, 100))],
  ])('is rebuilt from the files when it %s', async (_how, damage) => {
    const directory = await withStreams()
    const wanted = await described(open[0]!)
    await open.pop()!.close()
    damage(join(directory, 'catalog.db'))
    const again = await openAt(directory)
    expect(await described(again)).toEqual(wanted)
    expect(await all(again)).toHaveLength(5)
  })

  it('recovers the streams that a power loss took from it', async () => {
    const directory = await withStreams()
    const wanted = await described(open[0]!)
    const copy = crashed(directory)
    const database = new Database(join(copy, 'catalog.db'))
    database.exec(
      "DELETE FROM streams WHERE name <> 'a'; DELETE FROM groups WHERE name = 'other'; UPDATE meta SET boot_id = 'before'",
    )
    database.exec('UPDATE groups SET bytes = (SELECT sum(bytes) FROM streams)')
    database.close()
    const again = await openAt(copy)
    expect(await described(again)).toEqual(wanted)
    expect(await all(again)).toHaveLength(5)
  })

  it('forgets a stream whose file is gone', async () => {
    const directory = await withStreams()
    for (const file of filesOf(directory, '.log')) rmSync(file)
    expect(await open[0]!.getEvents({ group, stream: 's' })).toMatchObject({ code: 'ResourceNotFoundException' })
    expect(await open[0]!.filterEvents({ group })).toEqual({ events: [] })
  })
})

describe('the time index', () => {
  const message = 'x'.repeat(10_000)
  const entries = Array.from({ length: 300 }, (_, n) => entry(n, message))

  it.each([
    ['is gone', (path: string) => rmSync(path)],
    ['is short', (path: string) => truncateSync(path, 37)],
    ['is damaged', (path: string) => writeFileSync(path, readFileSync(path).fill(7))],
    ['is of another log', (path: string) => appendFileSync(path, readFileSync(path))],
  ])('is mended when it %s', async (_how, damage) => {
    const directory = join(place, 'data')
    const store = await openAt(directory)
    const writer = await store.openWriter({ group, stream: 's', capBytes })
    await writer.append(entries)
    const copy = crashed(directory)
    await writer.finish()
    for (const where of [directory, copy]) for (const path of filesOf(where, '.idx')) damage(path)
    for (const found of [store, await openAt(copy)]) {
      for (const from of [1000, 1001, 1150, 1299, 1300]) {
        const events = await all(found, { startTime: from, endTime: from + 5 })
        expect(events.map(({ timestamp }) => timestamp)).toEqual(
          [0, 1, 2, 3, 4].map((n) => from + n).filter((at) => at < 1300),
        )
      }
    }
    const sound = filesOf(copy, '.idx')
    expect(statSync(sound[0]!).size).toBe(11 * 16)
  })
})
