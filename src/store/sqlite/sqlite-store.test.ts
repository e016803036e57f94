/**
 * The SQLite store passes the contract, even on a full disk. A data directory outlives the program
 * that wrote it.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jobOf } from '../jobs.testing.ts'
import { exerciseStore } from '../store.contract.ts'
import { noChanges, StoreFailure } from '../store.ts'
import { peekSettings } from './setting-table.ts'
import { openSqliteStore } from './sqlite-store.ts'

exerciseStore({
  make() {
    const directory = mkdtempSync(join(tmpdir(), 'openbatch-store-'))
    const file = join(directory, 'openbatch.db')
    const open = () => {
      const database = new Database(file)
      return { database, store: openSqliteStore(file, { database }) }
    }
    let opened = open()
    return {
      store: () => opened.store,
      reopen() {
        opened.store.close()
        opened = open()
      },
      fill() {
        opened.database.pragma(`max_page_count = ${opened.database.pragma('page_count', { simple: true })}`)
      },
      free() {
        opened.database.pragma('max_page_count = 1073741823')
      },
      remove() {
        opened.store.close()
        rmSync(directory, { recursive: true })
      },
    }
  },
})

describe('the file', () => {
  let directory: string
  let file: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'openbatch-store-'))
    file = join(directory, 'openbatch.db')
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  test('holds what was appended before the process was killed', () => {
    const program = `
      const { openSqliteStore } = await import(${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url).href)})
      const { noChanges } = await import(${JSON.stringify(new URL('../store.ts', import.meta.url).href)})
      const { jobOf } = await import(${JSON.stringify(new URL('../jobs.testing.ts', import.meta.url).href)})
      openSqliteStore(${JSON.stringify(file)}).append({ ...noChanges(), newJobs: [jobOf(1, 'RUNNABLE')] })
      process.kill(process.pid, 'SIGKILL')`
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    expect([run.signal, run.stderr]).toEqual(['SIGKILL', ''])
    const store = openSqliteStore(file)
    expect(store.load().jobs).toEqual([jobOf(1, 'RUNNABLE')])
    store.close()
  })

  test('from a newer version is refused, and left unchanged', () => {
    openSqliteStore(file).close()
    const database = new Database(file)
    database.pragma('user_version = 999')
    database.close()
    expect(() => openSqliteStore(file)).toThrow(/written by a newer openbatch \(schema 999; this one knows \d+\)/)
    const again = new Database(file)
    expect(again.pragma('user_version', { simple: true })).toBe(999)
    again.close()
  })

  test('syncs every commit to the disk: WAL with full synchronisation', () => {
    const database = new Database(file)
    const store = openSqliteStore(file, { database })
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(database.pragma('synchronous', { simple: true })).toBe(2)
    store.close()
  })

  test('answers every list from an index', () => {
    const database = new Database(file)
    const store = openSqliteStore(file, { database })
    const plans: string[] = []
    const prepare = database.prepare.bind(database)
    database.prepare = ((text: string) => {
      plans.push(text)
      return prepare(text)
    }) as never
    const scope = { jobQueue: 'q' }
    store.listJobs({ scope, status: 'RUNNING', limit: 1 })
    store.listJobs({ scope, finishedOnly: true, limit: 1 })
    store.listJobs({ scope, finishedOnly: true, jobName: { text: 'a', prefix: true }, limit: 1 })
    store.listJobs({ scope, finishedOnly: true, jobDefinition: { text: 'a', prefix: false }, limit: 1 })
    store.listJobs({ scope: { parentId: 'p' }, limit: 1 })
    store.listJobs({ scope, finishedOnly: true, owners: ['ada', 'bob'], status: 'FAILED', limit: 1 })
    const consumable = 'arn'
    store.listJobsNeeding({ consumable, limit: 1 })
    store.listJobsNeeding({ consumable, status: 'FAILED', limit: 1 })
    store.listJobsNeeding({ consumable, jobName: { text: 'a', prefix: true }, limit: 1 })
    expect(plans).toHaveLength(9)
    expect(plans[5]).toContain(`json_extract(spec, '$.owner') IN (?, ?)`)
    for (const text of plans) {
      const steps = prepare(`EXPLAIN QUERY PLAN ${text}`).all(
        ...(Array(text.split('?').length - 1).fill(0) as number[]),
      )
      const details = steps.map((step) => (step as { detail: string }).detail)
      if (text === plans[5]) expect(details).toContainEqual(expect.stringContaining('USING INDEX job_by_owner'))
      expect(
        details.filter((detail) => /^SCAN (job|ended_need)/.test(detail)),
        text,
      ).toEqual([])
    }
    store.close()
  })

  test('that lost its log is recognised by its mark, because only the log held the last one', () => {
    const database = new Database(file)
    const marks: number[] = []
    const store = openSqliteStore(file, { database, markAfter: 7, onMark: (number) => marks.push(number) })
    // The log is copied home at every commit, and begun anew by the next.
    database.pragma('wal_autocheckpoint = 1')
    const alone = join(directory, 'alone.db')
    for (let seq = 1; seq <= 20; seq++) {
      store.append({ ...noChanges(), newJobs: [jobOf(seq, 'RUNNABLE')] })
      expect(Number(peekSettings(file, ['mark']).mark)).toBe(marks.at(-1))
      copyFileSync(file, alone)
      const isBehind = Number(peekSettings(alone, ['mark']).mark ?? 0) < marks.at(-1)!
      const jobsInIt = countJobs(alone)
      if (!isBehind) expect(jobsInIt).toBe(seq)
    }
    expect(marks[0]).toBe(8)
    expect(marks.length).toBeGreaterThan(10)
    expect(marks).toEqual(marks.map((_, at) => 8 + at))
    store.close()
    expect(Number(peekSettings(file, ['mark']).mark)).toBe(marks.at(-1))
  })

  test('distinguishes a bug from a full disk: a broken constraint is not retried', () => {
    const store = openSqliteStore(file)
    store.append({ ...noChanges(), newJobs: [jobOf(1, 'RUNNABLE')] })
    const twice = () => store.append({ ...noChanges(), newJobs: [jobOf(1, 'RUNNABLE')] })
    expect(twice).toThrow(/UNIQUE|PRIMARY KEY/)
    expect(twice).not.toThrow(StoreFailure)
    store.close()
  })
})

/** Counts in the file alone, without a log. */
function countJobs(file: string): number {
  const database = new Database(file, { readonly: true })
  try {
    return (database.prepare('SELECT count(*) AS jobs FROM job').get() as { jobs: number }).jobs
  } catch {
    return 0
  } finally {
    database.close()
  }
}
