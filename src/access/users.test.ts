/** Users as `openbatch user` changes them under a running server. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Credentials, staleForMs } from './credentials.ts'
import { IdentityDirectory, identitiesPath } from './identities/identity-directory.ts'
import { sealingKeysPath } from './identities/sealing-keys.ts'
import { openUsers, Users } from './users.ts'

let dataDir: string
const opened: IdentityDirectory[] = []
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-users-'))
})
afterEach(() => {
  for (const directory of opened.splice(0)) directory.close()
  rmSync(dataDir, { recursive: true })
})

const now = 1_700_000_000_000
const open = () => {
  const directory = new IdentityDirectory(dataDir, now)
  opened.push(directory)
  return directory
}
const openHere = () => new Users(open())

test('the first start makes an administrator, and the second start finds it', () => {
  const users = openHere()
  const admin = users.ensureAdministrator(now)!
  expect(admin).toMatchObject({ name: 'admin', role: 'admin', disabled: false })
  expect(admin.key!.accessKeyId).toMatch(/^OPENB[A-Z2-7]{15}$/)
  expect(users.secretOf(admin)).toHaveLength(40)
  expect(openHere().ensureAdministrator(now + 1)).toEqual(admin)
  expect(openHere().secretOf(admin)).toBe(users.secretOf(admin))
})

test('only the owner may read the files, no secret is in them in the clear, and no other file is left behind', () => {
  const users = openHere()
  const admin = users.ensureAdministrator(now)!
  chmodSync(sealingKeysPath(dataDir), 0o644)
  users.add({ name: 'ada', role: 'user' }, now)
  opened[0]!.replaceSealingKey(now)
  opened[0]!.close()
  expect(readdirSync(dataDir)).toEqual(['identities.sqlite', 'sealing-keys.json', 'sealing-keys.json.lock'])
  for (const file of readdirSync(dataDir)) {
    expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(dataDir, file), 'latin1')).not.toContain(users.secretOf(admin))
  }
})

test('a running server sees another process’s changes within the stated time', () => {
  const server = new Credentials(open())
  const other = openHere()
  other.ensureAdministrator(now)
  const ada = other.add({ name: 'ada', role: 'user' }, now).key!
  expect(server.findKey(ada.accessKeyId, now)).toMatchObject({
    disabled: false,
    owner: { name: 'ada', policies: [{ name: 'OpenBatchUser' }] },
  })

  other.setDisabled('ada', true, now)
  expect(server.findKey(ada.accessKeyId, now + staleForMs)).toMatchObject({ disabled: true })
  other.setDisabled('ada', false, now)
  const rotated = other.rotateKey('ada', now).key!
  expect(server.findKey(ada.accessKeyId, now + 2 * staleForMs)).toBeUndefined()
  expect(server.findKey(rotated.accessKeyId, now + 2 * staleForMs)).toBeDefined()
  other.remove('ada')
  expect(server.findKey(rotated.accessKeyId, now - 1)).toBeUndefined()
})

test('a key works from the moment it is made', () => {
  const other = openHere()
  other.ensureAdministrator(now)
  const server = new Credentials(open())
  expect(server.findKey('NOBODY', now)).toBeUndefined()
  const ada = other.add({ name: 'ada', role: 'user' }, now).key!
  expect(server.findKey(ada.accessKeyId, now)).toMatchObject({ owner: { name: 'ada' } })
})

test('names, keys and roles are checked', () => {
  const users = openHere()
  users.ensureAdministrator(now)
  const key = { accessKeyId: 'LABKEY', secretAccessKey: 'secret' }
  const lab = users.add({ name: 'lab', role: 'user', key }, now)
  expect([lab.key!.accessKeyId, users.secretOf(lab)]).toEqual(['LABKEY', 'secret'])
  expect(() => users.add({ name: 'lab', role: 'user' }, now)).toThrow('There is already a user "lab".')
  expect(() => users.add({ name: 'LAB', role: 'user' }, now)).toThrow('There is already a user "LAB".')
  expect(() => users.add({ name: 'lab2', role: 'user', key }, now)).toThrow(
    'The access key id LABKEY is already in use.',
  )
  for (const name of ['', '../x', 'a b', '-a', 'x'.repeat(65)]) {
    expect(() => users.add({ name, role: 'user' }, now)).toThrow('is not valid')
  }
  expect(() => users.add({ name: 'x', role: 'root' as 'user' }, now)).toThrow('neither admin nor user')
  for (const accessKeyId of ['a/b', 'ASIAANYTHING'])
    expect(() => users.add({ name: 'x', role: 'user', key: { ...key, accessKeyId } }, now)).toThrow('access key id')
  expect(() => users.remove('nobody')).toThrow('There is no user "nobody".')
  expect(users.list().map((user) => user.name)).toEqual(['admin', 'lab'])
})

test('the last administrator cannot be removed or disabled', () => {
  const users = openHere()
  users.ensureAdministrator(now)
  expect(() => users.remove('admin')).toThrow('the only administrator left')
  expect(() => users.setDisabled('admin', true, now)).toThrow('the only administrator left')
  users.add({ name: 'second', role: 'admin' }, now)
  users.remove('admin')
  expect(users.list().map((user) => user.name)).toEqual(['second'])
})

test('damaged identities are reported, never taken for none', () => {
  const users = openHere()
  users.ensureAdministrator(now)
  opened[0]!.close()
  writeFileSync(identitiesPath(dataDir), 'this is no database, however long one reads in it '.repeat(30))
  expect(() => openUsers(dataDir, now)).toThrow(`the identities file ${identitiesPath(dataDir)} cannot be used`)
  expect(() => users.list()).toThrow('cannot be used')
  writeFileSync(identitiesPath(dataDir), '')
  expect(() => users.list()).toThrow('is empty')
})

test('lost sealing keys are reported, and no new one takes their place', () => {
  openHere().ensureAdministrator(now)
  rmSync(sealingKeysPath(dataDir))
  expect(() => openUsers(dataDir, now)).toThrow(`${sealingKeysPath(dataDir)} is missing`)
})

test('simultaneous changes by several processes are all kept', async () => {
  openHere().ensureAdministrator(now)
  const script = `
    import { openUsers } from ${JSON.stringify(join(import.meta.dirname, 'users.ts'))}
    for (let i = 0; i < 5; i++) openUsers(${JSON.stringify(dataDir)}, 0).add({ name: process.argv[1] + i, role: 'user' }, 0)`
  const run = promisify(execFile)
  const names = ['a', 'b', 'c']
  await Promise.all(names.map((name) => run(process.execPath, ['--input-type=module', '-e', script, name])))
  expect(openHere().list()).toHaveLength(1 + 3 * 5)
})
