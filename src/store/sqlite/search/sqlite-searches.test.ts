/** The thread that searches: it is told what changes, started again when it dies, given up, and ended. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as threads from '../../../ground/start-worker.ts'
import { jobStatuses } from '../../../model/job.ts'
import { childOf, childrenOf, jobOf } from '../../jobs.testing.ts'
import { type JobFacts, type JobFilter, type JobSearch, SearchTooLong, tagTextOf } from '../../search/job-search.ts'
import { noChanges, type Store, StoreFailure } from '../../store.ts'
import { openSqliteStore } from '../sqlite-store.ts'
import { BestRows } from './best-rows.ts'
import { JobColumns } from './job-columns.ts'
import { childColumns, JobMirror } from './job-mirror.ts'
import { countRows, findPlaces } from './scan.ts'
import type { SqliteSearches } from './sqlite-searches.ts'

let directory: string
let file: string
let store: Store
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-searches-'))
  file = join(directory, 'openbatch.db')
  store = openSqliteStore(file)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await store.searches.stop()
  store.close()
  rmSync(directory, { recursive: true })
})

const all: JobSearch = { filter: {}, order: { by: 'created', descending: true }, limit: 100, nowMs: 0 }
const found = async () => (await store.searches.find(all)).jobs.map(({ jobId }) => jobId)
const append = (...seqs: number[]) =>
  store.append({ ...noChanges(), newJobs: seqs.map((seq) => jobOf(seq, 'RUNNABLE')) })

test('a thread that dies is started again, and what changed meanwhile is found', async () => {
  append(1)
  const started = vi.spyOn(threads, 'startWorker')
  expect(await found()).toEqual(['job-1'])
  const died = started.mock.results[0]!.value
  await died.terminate()
  append(2)
  expect(await found()).toEqual(['job-2', 'job-1'])
  // The file is opened again after its disk failed.
  ;(store.searches as SqliteSearches).reopen()
  append(3)
  expect(await found()).toEqual(['job-3', 'job-2', 'job-1'])
  expect(started).toHaveBeenCalledTimes(3)
})

test('a search whose thread dies each time fails, and the next one works', async () => {
  append(1)
  vi.spyOn(threads, 'startWorker').mockImplementation(() => {
    const worker = new (class extends EventTarget {})() as never as ReturnType<typeof threads.startWorker>
    return Object.assign(worker, {
      ...{ ref() {}, unref() {}, postMessage() {}, terminate: async () => 0 },
      on: (event: string, tell: (code: number) => void) => event === 'exit' && setImmediate(tell, 1),
    })
  })
  await expect(found()).rejects.toThrow(StoreFailure)
  vi.restoreAllMocks()
  expect(await found()).toEqual(['job-1'])
})

test('a search that is aborted, or after the end, is rejected', async () => {
  append(1)
  const hungUp = new AbortController()
  const search = store.searches.find(all, hungUp.signal)
  hungUp.abort(new Error('hung up'))
  await expect(search).rejects.toThrow('hung up')
  expect(await found()).toEqual(['job-1'])
  const last = store.searches.find(all)
  await Promise.all([expect(last).rejects.toThrow('The store is closed.'), store.searches.stop()])
  await expect(found()).rejects.toThrow('The store is closed.')
})

test('a search past its deadline is given up', async () => {
  append(1)
  expect(await found()).toEqual(['job-1'])
  const now = Date.now()
  vi.spyOn(Date, 'now').mockReturnValue(now - 60_000)
  await expect(found()).rejects.toThrow(SearchTooLong)
  vi.restoreAllMocks()
  expect(await found()).toEqual(['job-1'])
})

test('of very many jobs the newest are searched', () => {
  append(...Array.from({ length: 100 }, (_, n) => n + 1))
  const database = new Database(file, { readonly: true })
  const mirror = new JobMirror(database, 10)
  while (!mirror.isRead) mirror.readSome()
  const scanned = () => ({ columns: mirror.columns, ids: new Set<number>(), check() {} })
  expect([mirror.tooOld, findPlaces(scanned(), all).places.map(({ at }) => at)]).toEqual([
    90,
    [100, 99, 98, 97, 96, 95, 94, 93, 92, 91],
  ])
  append(...Array.from({ length: 10 }, (_, n) => n + 101))
  mirror.refresh(Array.from({ length: 10 }, (_, n) => n + 101))
  expect([mirror.tooOld, findPlaces(scanned(), all).total]).toEqual([100, 10])
  database.close()
})

/** Counts the times a search asks whether it is to go on, and gives it up at the last of them. */
function givesUpAt(last: number) {
  let asked = 0
  const check = () => {
    if (++asked === last) throw new SearchTooLong(false)
  }
  return { check, asked: () => asked }
}

test.each<[string, JobFilter]>([
  ['a text', { text: `${'a'.repeat(500)}b` }],
  ['a name', { name: `*${'a'.repeat(500)}b*` }],
  ['a tag', { tag: [{ key: 'k', value: `${'a'.repeat(255)}b` }] }],
  ['a definition', { definition: { text: 'a'.repeat(1000), prefix: true } }],
])('a search for %s is given up in the middle of the texts', (_, filter) => {
  const columns = new JobColumns()
  const long = (at: number) => `${'a'.repeat(5000)}${at}`
  for (let at = 1; at <= 3000; at++)
    columns.put(factsAt(at, { name: long(at), tags: tagTextOf({ k: long(at) }), definition: long(at) }))
  const ids = new Set<number>()
  const { check, asked } = givesUpAt(0)
  findPlaces({ columns, ids, check }, { ...all, filter })
  // The rows themselves are looked at in one piece.
  expect(asked()).toBeGreaterThan(10)
  for (const last of [2, 5, 10])
    expect(() => findPlaces({ columns, ids, check: givesUpAt(last).check }, { ...all, filter })).toThrow(SearchTooLong)
})

test('the values of a tag are found in pieces, and those that were found are kept', () => {
  const columns = new JobColumns()
  for (let at = 1; at <= 3000; at++) columns.put(factsAt(at, { tags: tagTextOf({ k: `${'a'.repeat(5000)}${at}` }) }))
  const count = { filter: {}, groupBy: { by: 'tag', key: 'k' } as const, groups: 3 }
  const ids = new Set<number>()
  expect(() => countRows({ columns, ids, check: givesUpAt(4).check }, count)).toThrow(SearchTooLong)
  expect(columns.tagValues('k', () => {}).values.length).toBe(3000)
  expect(countRows({ columns, ids, check() {} }, count).moreGroups).toBe(2997)
})

test('the children of a large array are read in pieces', () => {
  const parent = jobOf(1, 'PENDING', { in: { arraySize: 5000 }, state: { status: 'PENDING', children: childrenOf(3) } })
  const children = Array.from({ length: 5000 }, (_, index) => childOf(parent, index, index + 2, 'SUCCEEDED'))
  store.append({ ...noChanges(), newJobs: [parent, ...children] })
  const database = new Database(file, { readonly: true })
  const { check, asked } = givesUpAt(0)
  expect(childColumns(database, parent.jobId, () => undefined, check).size).toBe(5000)
  expect(asked()).toBeGreaterThan(2)
  expect(() => childColumns(database, parent.jobId, () => undefined, givesUpAt(2).check)).toThrow(SearchTooLong)
  // Their ids begin as the array's does.
  const mirror = new JobMirror(database, 10)
  expect(mirror.idsFrom(parent.jobId, 10, check)).toEqual(new Set([1]))
  expect(() => mirror.idsFrom(parent.jobId, 10, givesUpAt(2).check)).toThrow(SearchTooLong)
  database.close()
})

test('the jobs that were there at the beginning are read in steps, and each once', () => {
  append(...Array.from({ length: 9000 }, (_, n) => n + 1))
  const database = new Database(file, { readonly: true })
  const mirror = new JobMirror(database, 8000)
  let steps = 0
  for (; !mirror.isRead; steps++) {
    mirror.readSome()
    // A job is taken back to an earlier status, or goes on, between two steps.
    if (steps === 0) store.append({ ...noChanges(), jobs: [jobOf(8999, 'RUNNING'), jobOf(9000, 'SUCCEEDED')] })
  }
  expect(steps).toBeGreaterThan(4)
  expect([mirror.columns.size, mirror.tooOld]).toEqual([8000, 1000])
  database.close()
})

test('columns of which much is gone are copied in steps, with what changes meanwhile', () => {
  const seqs = Array.from({ length: 12_000 }, (_, n) => n + 1)
  append(...seqs)
  const database = new Database(file, { readonly: true })
  const mirror = new JobMirror(database, 100_000)
  while (!mirror.isRead) mirror.readSome()
  store.append({ ...noChanges(), jobs: seqs.slice(0, 5000).map((seq) => jobOf(seq, 'SUCCEEDED')) })
  store.deleteJobs({ endedBeforeMs: Number.MAX_SAFE_INTEGER, afterSeq: 0, limit: 5000 })
  mirror.refresh(seqs.slice(0, 5000))
  expect([mirror.columns.size, mirror.columns.length, mirror.isCopying]).toEqual([7000, 12_000, true])
  mirror.copySome()
  store.append({ ...noChanges(), newJobs: [jobOf(20_000, 'RUNNABLE')], jobs: [jobOf(5001, 'RUNNING')] })
  mirror.refresh([5001, 12_000, 20_000])
  expect([mirror.columns.size, mirror.isCopying]).toEqual([7001, true])
  while (mirror.isCopying) mirror.copySome()
  const { columns } = mirror
  expect([columns.size, columns.length, columns.names.texts.length]).toEqual([7001, 7001, 1])
  expect([columns.at[0], columns.at.at(7000), jobStatuses[columns.status[0]!]]).toEqual([5001, 20_000, 'RUNNING'])
  database.close()
})

test('nothing is done while nothing changes, and between two searches', async () => {
  append(1)
  const started = vi.spyOn(threads, 'startWorker')
  expect(await found()).toEqual(['job-1'])
  const thread = started.mock.results[0]!.value as Worker
  const posted = vi.spyOn(thread, 'postMessage')
  const timers = vi.spyOn(globalThis, 'setTimeout')
  store.append(noChanges())
  store.append({ ...noChanges(), newJobs: [childOf(jobOf(9, 'PENDING', { in: { arraySize: 2 } }), 0, 10, 'RUNNING')] })
  expect([posted.mock.calls, timers.mock.calls]).toEqual([[], []])
})

const factsAt = (at: number, more: Partial<JobFacts> = {}): JobFacts => ({
  ...{ at, name: `name-${at}`, queue: 'q', definition: 'd', owner: 'ada', status: 0, createdAtMs: at, tags: '' },
  ...{ startedAtMs: undefined, stoppedAtMs: undefined, exitCode: undefined },
  ...more,
})

test('columns keep the order of jobs that come late, and forget what is gone', () => {
  const columns = new JobColumns()
  for (let at = 1; at <= 5000; at++) if (at % 100 !== 50) columns.put(factsAt(at))
  for (let at = 50; at <= 5000; at += 100) columns.put(factsAt(at, { exitCode: 7 }))
  expect(columns.size).toBe(5000)
  for (let row = 0; row < columns.length; row++) expect(columns.at[row]).toBe(row + 1)
  expect([columns.exitCode[49], columns.names.texts[columns.name[49]!]]).toEqual([7, 'name-50'])
  for (let at = 1; at <= 2000; at++) columns.remove(at)
  columns.remove(9999)
  expect([columns.size, columns.isSparse]).toEqual([3000, true])
  const copy = new JobColumns()
  for (let from: number | undefined = Number.NEGATIVE_INFINITY; from !== undefined; )
    from = columns.copyInto(copy, from, 700)
  expect([copy.size, copy.length, copy.names.texts.length, copy.at[0]]).toEqual([3000, 3000, 3000, 2001])
})

test('the best of many rows are those that sorting puts first', () => {
  const rows = Array.from({ length: 500 }, (_, n) => (n * 7919) % 503)
  for (const most of [0, 1, 7, 499, 600]) {
    const best = new BestRows(most, (a, b) => a - b)
    for (const row of rows) best.offer(row)
    expect(best.sorted()).toEqual(rows.toSorted((a, b) => a - b).slice(0, most))
  }
})
