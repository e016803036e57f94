/** Secrets are kept in a file that another process may change under a running server. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { limits } from '../model/limits.ts'
import { SecretStore, secretsFilePath } from './secrets.ts'

let dataDir: string
let path: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-secrets-'))
  path = secretsFilePath(dataDir)
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const now = 1_700_000_000_000

test('a secret is found by its exact name until it is removed', () => {
  const secrets = new SecretStore(path)
  expect(secrets.find('lab/db')).toBeUndefined()
  secrets.set('lab/db', 'pässword "with"\nlines', now)
  secrets.set('__proto__', 'a', now)
  expect(secrets.find('lab/db')).toBe('pässword "with"\nlines')
  expect(secrets.find('__proto__')).toBe('a')
  expect(secrets.find('toString')).toBeUndefined()
  secrets.remove('lab/db')
  expect(secrets.find('lab/db')).toBeUndefined()
  expect(() => secrets.remove('lab/db')).toThrow('There is no secret "lab/db".')
})

test('a new value replaces the old one and keeps the time of creation', () => {
  const secrets = new SecretStore(path)
  secrets.set('b', 'old', now)
  secrets.set('a', 'x', now + 1)
  secrets.set('b', 'new', now + 2)
  expect(secrets.list()).toEqual([
    { name: 'a', value: 'x', createdAtMs: now + 1, changedAtMs: now + 1 },
    { name: 'b', value: 'new', createdAtMs: now, changedAtMs: now + 2 },
  ])
  expect(readFileSync(path, 'utf8')).not.toContain('old')
})

test('a running server sees another process’s changes at once', () => {
  const [server, other] = [new SecretStore(path), new SecretStore(path)]
  expect(server.find('token')).toBeUndefined()
  other.set('token', 'one', now)
  expect(server.find('token')).toBe('one')
  other.set('token', 'two', now)
  expect(server.find('token')).toBe('two')
  other.remove('token')
  expect(server.find('token')).toBeUndefined()
})

test('only the owner may read the file, and no other file is left behind', () => {
  const secrets = new SecretStore(path)
  secrets.set('token', 'x', now)
  chmodSync(path, 0o644)
  secrets.set('token', 'y', now)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(dataDir)).toEqual(['secrets.json', 'secrets.json.lock'])
})

test('names and values are checked, and no message shows a value', () => {
  const secrets = new SecretStore(path)
  for (const name of ['', 'a b', 'a:b', 'ä', 'x'.repeat(limits.secretNameLength + 1)])
    expect(() => secrets.set(name, 'hush', now)).toThrow('is not valid')
  const tooLong = 'ä'.repeat(limits.secretBytes / 2)
  secrets.set('long', tooLong, now)
  expect(() => secrets.set('long', `${tooLong}x`, now)).toThrow(
    /^The value of long is too long: 65536 bytes at most\.$/,
  )
  expect(() => secrets.set('empty', '', now)).toThrow('The value of empty is empty.')
  expect(() => secrets.set('zero', 'a\0b', now)).toThrow('The value of zero holds a zero byte.')
  expect(secrets.list().map(({ name }) => name)).toEqual(['long'])
})

test('the number of secrets is limited, and existing secrets can still be changed and removed', () => {
  const many = Array.from({ length: limits.secrets }, (_, index) => ({
    name: `s${index}`,
    value: 'x',
    createdAtMs: now,
    changedAtMs: now,
  }))
  writeFileSync(path, JSON.stringify({ version: 1, secrets: many }))
  const secrets = new SecretStore(path)
  expect(() => secrets.set('more', 'x', now)).toThrow('no more than 1000 are kept')
  secrets.set('s7', 'changed', now)
  expect(secrets.find('s7')).toBe('changed')
  secrets.remove('s8')
  secrets.set('more', 'x', now)
  expect(secrets.list()).toHaveLength(limits.secrets)
})

test('a damaged file is reported, never taken for an empty one, and its contents are not shown', () => {
  const secrets = new SecretStore(path)
  secrets.set('token', 'hush', now)
  const good = readFileSync(path, 'utf8')
  const damaged = [
    '',
    '{"secrets":[{"name":"token","value":"hush" oops',
    good.replace('"version": 1', '"version": "hush"'),
    good.replace('"name"', '"nam"'),
    good.replace('"hush"', '["hush"]'),
    good.replace(`"createdAtMs": ${now}`, '"createdAtMs": "hush"'),
  ]
  for (const text of damaged) {
    expect(text).not.toBe(good)
    writeFileSync(path, text)
    for (const use of [() => secrets.find('token'), () => secrets.list(), () => secrets.set('other', 'x', now)]) {
      expect(use).toThrow(`the secrets file ${path} is damaged`)
      expect(use).not.toThrow('hush')
    }
    expect(readFileSync(path, 'utf8')).toBe(text)
  }
  writeFileSync(path, good)
  expect(secrets.find('token')).toBe('hush')
})

test('simultaneous changes by several processes are all kept', async () => {
  const script = `
    import { SecretStore } from ${JSON.stringify(join(import.meta.dirname, 'secrets.ts'))}
    for (let i = 0; i < 5; i++) new SecretStore(${JSON.stringify(path)}).set(process.argv[1] + i, 'x', 0)`
  const run = promisify(execFile)
  await Promise.all(['a', 'b', 'c'].map((name) => run(process.execPath, ['--input-type=module', '-e', script, name])))
  expect(new SecretStore(path).list()).toHaveLength(3 * 5)
})
