/**
 * Measures the log store: `node test/bench/logs.ts [gigabytes=1] [tinyStreams=20000]`. Appends one
 * large stream and reads from it, writes many streams of one line, and describes and searches among
 * many. Uses the system's temporary directory (set TMPDIR to measure another disk).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileLogStore } from '../../src/logs/file/file-log-store.ts'
import type { LogStore } from '../../src/logs/log-store.ts'
import { isRefusal } from '../../src/model/refusal.ts'

const group = '/aws/batch/job'
const gigabytes = Number(process.argv[2] ?? 1)
const tinyStreams = Number(process.argv[3] ?? 20_000)
const concurrency = 64
const directory = mkdtempSync(join(tmpdir(), 'openbatch-bench-'))

function say(what: string, value: string): void {
  console.log(`${what.padEnd(58)} ${value}`)
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now()
  const result = await work()
  if (isRefusal(result)) throw new Error(result.message)
  say(what, `${(performance.now() - begin).toFixed(1)} ms`)
  return result
}

async function largeStream(store: LogStore): Promise<void> {
  const line = `${'the quick brown fox jumps over the lazy dog, '.repeat(2)} again`
  const linesAtOnce = 500
  const bytes = gigabytes * 1024 ** 3
  const writer = await store.openWriter({ group, stream: 'large', capBytes: Number.MAX_SAFE_INTEGER })
  const rssBefore = process.memoryUsage.rss()
  const begin = performance.now()
  let rssMost = rssBefore
  let count = 0
  for (let written = 0; written < bytes; written += linesAtOnce * line.length) {
    await writer.append(
      Array.from({ length: linesAtOnce }, () => ({ atMs: count, message: line, cursor: String(count++) })),
    )
    if (count % 100_000 === 0) rssMost = Math.max(rssMost, process.memoryUsage.rss())
  }
  await writer.finish()
  const seconds = (performance.now() - begin) / 1000
  say(
    `append ${gigabytes} GB of ${line.length}-byte lines`,
    `${(bytes / 1024 ** 2 / seconds).toFixed(0)} MiB/s, ${(count / seconds).toFixed(0)} lines/s`,
  )
  say('  memory grew by at most', `${((rssMost - rssBefore) / 1024 ** 2).toFixed(0)} MiB`)

  const query = { group, stream: 'large' }
  for (const run of ['cold', 'warm']) {
    await timed(`GetLogEvents, last page (${run})`, () => store.getEvents(query))
    await timed(`GetLogEvents, first page (${run})`, () => store.getEvents({ ...query, startFromHead: true }))
    await timed(`GetLogEvents, startTime in the middle (${run})`, () =>
      store.getEvents({ ...query, startTime: Math.floor(count / 2), startFromHead: true, limit: 100 }),
    )
    await timed(`FilterLogEvents, nothing matches, one page (${run})`, () =>
      store.filterEvents({ group, streams: ['large'], filterPattern: 'nothing' }),
    )
  }
  say('  memory now above the start by', `${((process.memoryUsage.rss() - rssBefore) / 1024 ** 2).toFixed(0)} MiB`)
}

async function manyStreams(store: LogStore): Promise<void> {
  const begin = performance.now()
  let next = 0
  let slowest = 0
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < tinyStreams) {
        const n = next++
        const started = performance.now()
        const writer = await store.openWriter({ group, stream: `job/default/${n}`, capBytes: 1e9 })
        await writer.append([{ atMs: 1_000_000 + n, message: `hello from job ${n}`, cursor: '1' }])
        await writer.finish()
        slowest = Math.max(slowest, performance.now() - started)
      }
    }),
  )
  const seconds = (performance.now() - begin) / 1000
  say(
    `${tinyStreams} streams of one line, ${concurrency} at a time`,
    `${(tinyStreams / seconds).toFixed(0)} streams/s, slowest ${slowest.toFixed(0)} ms`,
  )

  const middle = 1_000_000 + Math.floor(tinyStreams / 2)
  await timed('DescribeLogStreams, a page by name', () => store.describeStreams({ group }))
  await timed('DescribeLogStreams, the newest', () =>
    store.describeStreams({ group, orderBy: 'LastEventTime', descending: true }),
  )
  await timed('DescribeLogStreams, by prefix', () => store.describeStreams({ group, streamPrefix: 'job/default/77' }))
  await timed('DescribeLogGroups', () => store.describeGroups({}))
  await timed('FilterLogEvents, whole group, from the middle, 100 events', () =>
    store.filterEvents({ group, startTime: middle, limit: 100 }),
  )
  await timed('FilterLogEvents, whole group, the newest 100', () =>
    store.filterEvents({ group, startTime: middle, startFromHead: false, limit: 100 }),
  )
  await timed('FilterLogEvents, whole group, nothing matches, one page', () =>
    store.filterEvents({ group, startTime: 1_000_000, filterPattern: 'nothing' }),
  )
}

try {
  const store = await openFileLogStore({ directory })
  if (gigabytes > 0) await largeStream(store)
  if (tinyStreams > 0) await manyStreams(store)
  await timed('close', () => store.close())
  const again = await timed('open again', () => openFileLogStore({ directory }))
  await again.close()
} finally {
  rmSync(directory, { recursive: true })
}
