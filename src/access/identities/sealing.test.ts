/** What is sealed opens with its key, for its purpose and in its place, and nowhere else. Keys are replaced without loss. */
import { scryptSync } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AccessKey } from './entities.ts'
import { checkPassword, hashPassword, verifyPassword } from './password.ts'
import { SealedSecrets } from './sealed-secrets.ts'
import { fromBase64url, keyFor, open, seal } from './sealing.ts'
import { SealingKeys, sealingKeysPath } from './sealing-keys.ts'

const now = 1_700_000_000_000
let dataDir: string
let path: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-sealing-'))
  path = sealingKeysPath(dataDir)
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const accessKey = (id: string, sealedSecret: string): AccessKey => ({
  ...{ kind: 'accessKey', id, userId: 'AIDA', status: 'Active', createdAtMs: now, sealedSecret },
})

test('a sealed text opens with its key and in its place alone', () => {
  const key = keyFor({ id: '00000000', secret: Buffer.alloc(32, 1) }, 'test')
  const others = [
    keyFor({ id: '00000000', secret: Buffer.alloc(32, 2) }, 'test'),
    keyFor({ id: '00000000', secret: Buffer.alloc(32, 1) }, 'another purpose'),
  ]
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), fc.integer({ min: 1, max: 255 }), (text, bound, at, flip) => {
      const sealed = seal(key, text, bound)
      expect(open(key, sealed, bound)).toBe(Buffer.from(text).toString())
      expect(open(key, sealed, `${bound}x`)).toBeUndefined()
      for (const other of others) expect(open(other, sealed, bound)).toBeUndefined()
      const changed = Buffer.from(sealed)
      changed[at % sealed.length]! ^= flip
      expect(open(key, changed, bound)).toBeUndefined()
      expect(open(key, sealed.subarray(0, at % sealed.length), bound)).toBeUndefined()
    }),
  )
})

test('no two texts are the base64url of the same bytes', () => {
  expect(fromBase64url('-_8')).toEqual(Buffer.from([251, 255]))
  for (const text of ['-_9', '-_8=', '+/8', '-_8\n', '-_ 8', '-_8 ', '-_8ä'])
    expect(fromBase64url(text)).toBeUndefined()
})

test('the keys are in a private file, the secrets of access keys nowhere in the clear', () => {
  const keys = new SealingKeys(path)
  expect(() => keys.current()).toThrow(`${path} is missing`)
  keys.ensure(now)
  keys.ensure(now)
  expect(JSON.parse(readFileSync(path, 'utf8')).keys).toHaveLength(1)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const secrets = new SealedSecrets(keys)
  const sealed = secrets.seal('KEY1', 'a secret')
  expect(sealed).not.toContain('a secret')
  expect(secrets.open(accessKey('KEY1', sealed))).toBe('a secret')
  expect(() => secrets.open(accessKey('KEY2', sealed))).toThrow(
    'The secret of the access key KEY2 cannot be read: the record is damaged.',
  )
})

test('a key is replaced in steps, after each of which every secret can be read', () => {
  const keys = new SealingKeys(path)
  keys.ensure(now)
  const before = new SealedSecrets(keys).seal('KEY1', 'a secret')
  const read = (sealed: string) => new SealedSecrets(new SealingKeys(path)).open(accessKey('KEY1', sealed))
  keys.add(now)
  expect(read(before)).toBe('a secret')
  const after = new SealedSecrets(keys).seal('KEY1', 'a secret')
  expect(after.slice(0, 8)).not.toBe(before.slice(0, 8))
  keys.dropOld()
  expect(read(after)).toBe('a secret')
  expect(() => read(before)).toThrow(/the sealing key [0-9a-f]{8} is not in sealing-keys.json/)
})

test('a running server sees keys that another process replaced', () => {
  const [server, other] = [new SealingKeys(path), new SealingKeys(path)]
  other.ensure(now)
  const first = server.current()
  other.add(now)
  expect(server.current()).not.toEqual(first)
  expect(server.find(first.id)).toEqual(first)
  other.dropOld()
  expect(server.find(first.id)).toBeUndefined()
})

test('a damaged file is reported, never taken for an empty one, and nothing of it is told', () => {
  const keys = new SealingKeys(path)
  keys.ensure(now)
  const good = readFileSync(path, 'utf8')
  const { secret } = JSON.parse(good).keys[0]
  for (const text of ['', '{', good.replace('"secret": "', '"secret": "AAAA'), good.replace('"id"', '"ID"')]) {
    writeFileSync(path, text)
    expect(() => keys.ensure(now)).toThrow(`the keys file ${path} is damaged`)
    expect(() => keys.current()).not.toThrow(secret)
    chmodSync(path, 0o600)
  }
})

test('a password is known by its hash, whose parameters are kept beside it', async () => {
  const hash = await hashPassword('correct horse')
  expect(JSON.stringify(hash)).not.toContain('correct')
  expect(hash).toMatchObject({ algorithm: 'scrypt', cost: 32_768, blockSize: 8, parallelization: 3 })
  expect(await verifyPassword('correct horse', hash)).toBe(true)
  expect(await verifyPassword('correct horse ', hash)).toBe(false)
  expect(await verifyPassword('', undefined)).toBe(false)
  expect((await hashPassword('correct horse')).hash).not.toBe(hash.hash)
  // Hashes made with other parameters are still good when these are raised.
  const derived = scryptSync('correct horse', 'salt', 32, { cost: 1024, blockSize: 4, parallelization: 1 })
  const older = {
    algorithm: 'scrypt' as const,
    ...{ cost: 1024, blockSize: 4, parallelization: 1 },
    ...{ salt: Buffer.from('salt').toString('base64'), hash: derived.toString('base64') },
  }
  expect(await verifyPassword('correct horse', older)).toBe(true)
  for (const bad of ['', 'x'.repeat(7), 'x'.repeat(129)])
    expect(checkPassword(bad)).toMatchObject({ code: 'PasswordPolicyViolation' })
  expect(checkPassword('x'.repeat(8))).toBeUndefined()
})
