/**
 * This version reads every data directory that an older version wrote. `written-by/` holds one for
 * each schema: what a store of that time wrote for the same few jobs. The newest is checked against
 * what this version writes (`vitest -u` writes it while its schema is unreleased). The others are
 * never changed.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jobStatuses } from '../../model/job.ts'
import { childOf, jobOf } from '../jobs.testing.ts'
import { noChanges, type Store } from '../store.ts'
import { openSqliteStore } from './sqlite-store.ts'

const writtenBy = join(import.meta.dirname, 'written-by')
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-upgrade-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const parent = jobOf(10, 'PENDING')
const jobs = [
  ...jobStatuses.map((status, index) => jobOf(index + 1, status, index % 2 ? { tags: { team: 'a' } } : {})),
  parent,
  childOf(parent, 0, 11, 'RUNNING'),
  childOf(parent, 1, 12, 'FAILED', { isCancelled: true }),
]

function write(store: Store): void {
  store.append({
    ...noChanges(),
    newJobs: jobs,
    jobDefinitions: [{ name: 'd', revision: 1, status: 'ACTIVE', owner: 'ada' } as never],
    jobQueues: [{ name: 'q' } as never],
    computeEnvironments: [{ name: 'ce' } as never],
    calls: [{ key: 'k', answer: '{"jobId":"1"}', atMs: 5 }],
    outbox: [{ body: '{}' }, { body: '{"a":1}', children: [0, 1] }],
  })
  store.putSetting('installationId', 'i')
}

/** The whole database as SQL text. */
function dump(database: Database.Database): string {
  const made = database.prepare('SELECT name, sql, type FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid').all()
  const rows = (made as { name: string; type: string }[])
    .filter(({ type }) => type === 'table')
    .flatMap(({ name }) => {
      const columns = (database.pragma(`table_info(${name})`) as { name: string }[]).map((column) => column.name)
      const values = columns.map((column) => `quote(${column})`).join(` || ', ' || `)
      const texts = database.prepare(`SELECT ${values} FROM ${name} ORDER BY 1`).pluck().all()
      return texts.map((text) => `INSERT INTO ${name} VALUES (${text});`)
    })
  const version = database.pragma('user_version', { simple: true })
  const statements = (made as { sql: string }[]).map(({ sql }) => `${sql};`)
  return `${[`PRAGMA user_version = ${version};`, ...statements, ...rows].join('\n')}\n`
}

test('the newest schema is written as recorded', async () => {
  const database = new Database(join(directory, 'new.db'))
  const store = openSqliteStore('', { database })
  write(store)
  const version = database.pragma('user_version', { simple: true })
  await expect(dump(database)).toMatchFileSnapshot(join(writtenBy, `schema-${version}.sql`))
  store.close()
})

test.each(readdirSync(writtenBy))('%s can be read and written', (name) => {
  const database = new Database(join(directory, 'old.db'))
  database.exec(readFileSync(join(writtenBy, name), 'utf8'))
  const store = openSqliteStore('', { database })
  expect(
    [...store.getJobs(jobs.map(({ jobId }) => jobId)).values()].map(({ jobId, state }) => [jobId, state.status]),
  ).toEqual(jobs.map(({ jobId, state }) => [jobId, state.status]))
  expect(store.load()).toMatchObject({
    nextSeq: 13,
    jobQueues: [{ name: 'q' }],
    computeEnvironments: [{ name: 'ce' }],
  })
  expect(store.definitions.newestActive('d', 2)).toMatchObject({ name: 'd', revision: 1 })
  expect(store.definitions.lastRevision('d')).toBe(1)
  expect(store.findCall('k', 5)).toBe('{"jobId":"1"}')
  expect(store.getSetting('installationId')).toBe('i')
  store.append({ ...noChanges(), newJobs: [jobOf(20, 'RUNNABLE')], jobs: [jobOf(3, 'SUCCEEDED')] })
  expect(
    store.listJobs({ scope: { jobQueue: 'q' }, status: 'SUCCEEDED', limit: 9 }).map(({ jobId }) => jobId),
  ).toContain('job-3')
  store.close()
})
