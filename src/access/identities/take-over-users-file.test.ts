/** The users file of older versions is taken over without loss, whatever moment a crash comes at. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stableBytes } from '../../ground/stable-id.ts'
import { Credentials } from '../credentials.ts'
import { policiesOf } from '../policies.testing.ts'
import { Users } from '../users.ts'
import { IdentityDirectory, identitiesPath } from './identity-directory.ts'
import { SealedSecrets } from './sealed-secrets.ts'
import { SealingKeys, sealingKeysPath } from './sealing-keys.ts'
import { SqliteIdentityStore } from './sqlite-identity-store.ts'
import { takeOverUsersFile, usersFilePath } from './take-over-users-file.ts'
import type { OldUser } from './users-file.ts'

const now = 1_700_000_000_000
const old: OldUser[] = [
  ['admin', 'admin', false, 'OPENBADMIN', 'secret of admin'.replaceAll(' ', '-')],
  ['ada', 'user', true, 'OPENBADA', 'it\'s$HOME"\\'],
  ['Ada', 'user', false, 'OPENBOTHERADA', 'other'],
  ['second', 'admin', true, 'LABKEY', 's'],
].map(([name, role, disabled, accessKeyId, secretAccessKey], index) => ({
  ...{ name, role, disabled, accessKeyId, secretAccessKey },
  ...{ createdAtMs: now + index, keyCreatedAtMs: now + 100 * index },
})) as OldUser[]

let dataDir: string
const opened: { close(): void }[] = []
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-taken-over-'))
})
afterEach(() => {
  for (const each of opened.splice(0)) each.close()
  rmSync(dataDir, { recursive: true })
})

const write = (users: unknown, version = 1) =>
  writeFileSync(usersFilePath(dataDir), JSON.stringify({ version, users }), { mode: 0o600 })
const start = () => {
  const directory = new IdentityDirectory(dataDir, now)
  opened.push(directory)
  return directory
}

/** The id that older versions made of a name. */
const oldId = (name: string) =>
  `AIDA${Array.from(stableBytes(name).subarray(0, 17), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte & 31]).join('')}`

function expectAllThere() {
  const directory = start()
  const credentials = new Credentials(directory)
  for (const { name, role, disabled, accessKeyId, secretAccessKey } of old)
    expect(credentials.findKey(accessKeyId, now)).toEqual({
      ...{ accessKeyId, secretAccessKey, disabled },
      owner: { name, path: '/', tags: {}, userId: oldId(name), policies: policiesOf(role) },
    })
  const users = new Users(directory)
  expect(users.list()).toEqual(
    old.map(({ name, role, disabled, accessKeyId, createdAtMs, keyCreatedAtMs }) => ({
      ...{ name, role, disabled, createdAtMs },
      key: { accessKeyId, createdAtMs: keyCreatedAtMs },
    })),
  )
  expect(users.ensureAdministrator(now)).toMatchObject({ name: 'admin' })
}

test('every user is there as before, with the shipped policy for their role, and the file has another name', () => {
  write(old)
  const text = readFileSync(usersFilePath(dataDir), 'utf8')
  expectAllThere()
  expect(existsSync(usersFilePath(dataDir))).toBe(false)
  expect(readFileSync(`${usersFilePath(dataDir)}.taken-over`, 'utf8')).toBe(text)
  const known = start().current()
  const names = known.policiesOf(known.named('user', 'admin')!).map((policy) => 'name' in policy && policy.name)
  expect(names).toEqual(['OpenBatchAdmin'])
  expectAllThere()
})

test.each(['write', 'rename', 'sync'] as const)('a crash before the step “%s” loses nothing', (last) => {
  write(old)
  const store = new SqliteIdentityStore(identitiesPath(dataDir))
  opened.push(store)
  const keys = new SealingKeys(sealingKeysPath(dataDir))
  keys.ensure(now)
  const before = (step: string) => {
    if (step === last) throw new Error('crash')
  }
  const crash = () => takeOverUsersFile({ dataDir, store, secrets: new SealedSecrets(keys), before })
  expect(crash).toThrow('crash')
  if (last !== 'sync') expect(crash).toThrow('crash')
  store.close()
  expectAllThere()
  expect(existsSync(usersFilePath(dataDir))).toBe(false)
})

test('what changed after a crash before the renaming is not undone', () => {
  write(old)
  const text = readFileSync(usersFilePath(dataDir), 'utf8')
  new Users(start()).setDisabled('ada', false, now)
  writeFileSync(usersFilePath(dataDir), text)
  expect(new Users(start()).list()[1]).toMatchObject({ name: 'ada', disabled: false })
})

test('another users file that appears later is refused, and changes nothing', () => {
  start()
  write(old)
  const refused = `${usersFilePath(dataDir)} appeared, though users are kept in identities.sqlite.`
  expect(start).toThrow(refused)
  rmSync(usersFilePath(dataDir))
  expect(start().current().count('user')).toBe(0)
})

test('a damaged file is reported, never taken for an empty one, and stays where it is', () => {
  const damaged: [unknown, number?][] = [
    [old, 2],
    [{}],
    [[{ ...old[0], disabled: undefined, disable: false }]],
    [[{ ...old[0], role: 'root' }]],
    [[{ ...old[0], name: '../x' }]],
    [[{ ...old[0], secretAccessKey: '' }]],
    [[{ ...old[0], createdAtMs: 'today' }]],
    [[old[0], old[0]]],
    [[old[0], { ...old[1], accessKeyId: old[0]!.accessKeyId }]],
  ]
  for (const [users, version] of damaged) {
    write(users, version)
    expect(start).toThrow(`the users file ${usersFilePath(dataDir)} is damaged`)
    expect(existsSync(usersFilePath(dataDir))).toBe(true)
  }
  for (const text of ['', '{']) {
    writeFileSync(usersFilePath(dataDir), text)
    expect(start).toThrow('it is not JSON')
  }
  write(old)
  expectAllThere()
})

test('a file without users is taken over too', () => {
  write([])
  expect(new Users(start()).ensureAdministrator(now)).toMatchObject({ name: 'admin' })
  expect(existsSync(usersFilePath(dataDir))).toBe(false)
})
