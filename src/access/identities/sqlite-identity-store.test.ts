/** The identity store on SQLite keeps the contract; what else its file must be. */
import { execFile } from 'node:child_process'
import { chownSync, copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { accept, put } from './decision.ts'
import type { User } from './entities.ts'
import { exerciseIdentityStore } from './identity-store.contract.ts'
import { SqliteIdentityStore } from './sqlite-identity-store.ts'

exerciseIdentityStore({
  make() {
    const directory = mkdtempSync(join(tmpdir(), 'openbatch-identities-'))
    const opened: SqliteIdentityStore[] = []
    return {
      open() {
        const store = new SqliteIdentityStore(join(directory, 'identities.sqlite'))
        opened.push(store)
        return store
      },
      remove() {
        for (const store of opened) store.close()
        rmSync(directory, { recursive: true })
      },
    }
  },
})

let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-identities-'))
  file = join(directory, 'identities.sqlite')
})
afterEach(() => rmSync(directory, { recursive: true }))

const user = (name: string): User => ({
  ...{ kind: 'user', id: `AIDA${name}`, name, path: '/', createdAtMs: 0, tags: {} },
  ...{ inlinePolicies: {}, attachedPolicyIds: [], groupIds: [], disabled: false },
})
const add = (store: SqliteIdentityStore, name: string) => store.change(() => accept(undefined, put(user(name))))

test('only its owner may read the file and its companions', () => {
  const store = new SqliteIdentityStore(file)
  add(store, 'ada')
  for (const name of ['', '-wal', '-shm']) expect(statSync(`${file}${name}`).mode & 0o777).toBe(0o600)
  store.close()
})

test.skipIf(process.getuid!() !== 0)('what root writes belongs to the account of the directory', () => {
  chownSync(directory, 65534, 65534)
  const store = new SqliteIdentityStore(file)
  add(store, 'ada')
  for (const name of ['', '-wal', '-shm']) expect(statSync(`${file}${name}`).uid).toBe(65534)
  store.close()
})

test('what was written is in the file itself, and does not depend on the log beside it', () => {
  const store = new SqliteIdentityStore(file)
  add(store, 'ada')
  copyFileSync(file, join(directory, 'copy'))
  const copy = new SqliteIdentityStore(join(directory, 'copy'))
  expect(copy.current().count('user')).toBe(1)
  copy.close()
  store.close()
})

test('a file that is damaged, or of a newer version, is reported and left as it is', () => {
  writeFileSync(file, 'this is no database at all, however long one reads in it '.repeat(20))
  expect(() => new SqliteIdentityStore(file)).toThrow(
    `the identities file ${file} cannot be used: file is not a database`,
  )
  rmSync(file)
  new SqliteIdentityStore(file).close()
  const database = new Database(file)
  database.pragma('user_version = 999')
  database.close()
  expect(() => new SqliteIdentityStore(file)).toThrow(/written by a newer openbatch \(schema 999; this one knows \d+\)/)
})

test('a use that cannot be recorded now does not wait for the writer, and nothing else is lost', () => {
  const store = new SqliteIdentityStore(file)
  add(store, 'ada')
  const other = new Database(file)
  other.exec('BEGIN IMMEDIATE')
  const use = { accessKeyId: 'KEY', atMs: 1, service: 'batch', region: 'r' }
  const begun = performance.now()
  expect(() => store.recordLastUses([use])).toThrow('database is locked')
  expect(performance.now() - begun).toBeLessThan(1000)
  expect(store.current().count('user')).toBe(1)
  other.exec('ROLLBACK')
  other.close()
  store.recordLastUses([use])
  store.close()
})

test('simultaneous changes by several processes are all kept', async () => {
  const store = new SqliteIdentityStore(file)
  const from = (name: string) => JSON.stringify(join(import.meta.dirname, name))
  const script = `
    import { SqliteIdentityStore } from ${from('sqlite-identity-store.ts')}
    import { createUser } from ${from('decide-user.ts')}
    import { newRandomPart } from ${from('arn.ts')}
    const store = new SqliteIdentityStore(${JSON.stringify(file)})
    for (let i = 0; i < 5; i++)
      store.change((known) => createUser(known, { userName: process.argv[1] + i }, { now: 0, account: '1', randomPart: newRandomPart() }))
    store.close()`
  const run = promisify(execFile)
  await Promise.all(['a', 'b', 'c'].map((name) => run(process.execPath, ['--input-type=module', '-e', script, name])))
  expect(store.current().count('user')).toBe(15)
  store.close()
})
