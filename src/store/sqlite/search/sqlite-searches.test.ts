/** The thread that searches: it is told what changes, started again when it dies, given up, and ended. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as threads from '../../../ground/start-worker.ts'
import { jobOf } from '../../jobs.testing.ts'
import { type JobFacts, type JobSearch, SearchTooLong } from '../../search/job-search.ts'
import { noChanges, type Store, StoreFailure } from '../../store.ts'
import { openSqliteStore } from '../sqlite-store.ts'
import { BestRows } from './best-rows.ts'
import { JobColumns } from './job-columns.ts'
import { JobMirror } from './job-mirror.ts'
import { findPlaces } from './scan.ts'
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
  const copy = columns.compacted()
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
