/** Users are kept in a file that another process may change under a running server. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { staleForMs, UserStore, usersFilePath } from './users.ts'

let dataDir: string
let path: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-users-'))
  path = usersFilePath(dataDir)
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const now = 1_700_000_000_000

test('the first start makes an administrator, and the second start finds it', () => {
  const admin = new UserStore(path).ensureAdministrator(now)!
  expect(admin).toMatchObject({ name: 'admin', role: 'admin', disabled: false })
  expect(admin.accessKeyId).toMatch(/^OPENB[A-Z2-7]{15}$/)
  expect(admin.secretAccessKey).toHaveLength(40)
  expect(new UserStore(path).ensureAdministrator(now + 1)).toEqual(admin)
})

test('only the owner may read the file, and no other file is left behind', () => {
  new UserStore(path).ensureAdministrator(now)
  chmodSync(path, 0o644)
  new UserStore(path).add({ name: 'ada', role: 'user' }, now)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(dataDir)).toEqual(['users.json', 'users.json.lock'])
})

test('a running server sees another process’s changes within the stated time', () => {
  const server = new UserStore(path)
  const other = new UserStore(path)
  other.ensureAdministrator(now)
  const ada = other.add({ name: 'ada', role: 'user' }, now)
  expect(server.findKey(ada.accessKeyId, now)).toMatchObject({
    disabled: false,
    owner: { name: 'ada', policies: [{ name: 'OpenBatchUser' }] },
  })

  other.setDisabled('ada', true)
  expect(server.findKey(ada.accessKeyId, now + staleForMs)).toMatchObject({ disabled: true })
  other.setDisabled('ada', false)
  const rotated = other.rotateKey('ada', now)
  expect(server.findKey(ada.accessKeyId, now + 2 * staleForMs)).toBeUndefined()
  expect(server.findKey(rotated.accessKeyId, now + 2 * staleForMs)).toBeDefined()
  other.remove('ada')
  expect(server.findKey(rotated.accessKeyId, now - 1)).toBeUndefined()
})

test('a key works from the moment it is made', () => {
  const other = new UserStore(path)
  other.ensureAdministrator(now)
  const server = new UserStore(path)
  expect(server.findKey('NOBODY', now)).toBeUndefined()
  const ada = other.add({ name: 'ada', role: 'user' }, now)
  expect(server.findKey(ada.accessKeyId, now)).toMatchObject({ owner: { name: 'ada' } })
})

test('names, keys and roles are checked', () => {
  const users = new UserStore(path)
  users.ensureAdministrator(now)
  const key = { accessKeyId: 'LABKEY', secretAccessKey: 'secret' }
  expect(users.add({ name: 'lab', role: 'user', key }, now)).toMatchObject(key)
  expect(() => users.add({ name: 'lab', role: 'user' }, now)).toThrow('There is already a user "lab".')
  expect(() => users.add({ name: 'lab2', role: 'user', key }, now)).toThrow(
    'The access key id LABKEY is already in use.',
  )
  for (const name of ['', '../x', 'a b', '-a', 'x'.repeat(65)]) {
    expect(() => users.add({ name, role: 'user' }, now)).toThrow('is not valid')
  }
  expect(() => users.add({ name: 'x', role: 'root' as 'user' }, now)).toThrow('neither admin nor user')
  expect(() => users.add({ name: 'x', role: 'user', key: { ...key, accessKeyId: 'a/b' } }, now)).toThrow(
    'access key id',
  )
  expect(() => users.remove('nobody')).toThrow('There is no user "nobody".')
  expect(users.list().map((user) => user.name)).toEqual(['admin', 'lab'])
})

test('the last administrator cannot be removed or disabled', () => {
  const users = new UserStore(path)
  users.ensureAdministrator(now)
  expect(() => users.remove('admin')).toThrow('the only administrator left')
  expect(() => users.setDisabled('admin', true)).toThrow('the only administrator left')
  users.add({ name: 'second', role: 'admin' }, now)
  users.remove('admin')
  expect(users.list().map((user) => user.name)).toEqual(['second'])
})

test('a damaged file is reported, never taken for an empty one', () => {
  const users = new UserStore(path)
  const admin = users.ensureAdministrator(now)!
  const good = readFileSync(path, 'utf8')
  const damaged = [
    '',
    '{',
    '{"version":2,"users":[]}',
    good.replace('"disabled"', '"disable"'),
    good.replace('"role": "admin"', '"role": "root"'),
  ]
  damaged.forEach((text, index) => {
    writeFileSync(path, text)
    const at = now + index * 1000
    expect(() => users.findKey(admin.accessKeyId, at)).toThrow(`the users file ${path} is damaged`)
    expect(() => users.findKey(admin.accessKeyId, at)).toThrow('damaged')
    expect(() => users.add({ name: 'x', role: 'user' }, at)).toThrow('damaged')
  })
  writeFileSync(path, good)
  expect(users.findKey(admin.accessKeyId, now + 10_000)).toBeDefined()
})

test('simultaneous changes by several processes are all kept', async () => {
  new UserStore(path).ensureAdministrator(now)
  const script = `
    import { UserStore } from ${JSON.stringify(join(import.meta.dirname, 'users.ts'))}
    for (let i = 0; i < 5; i++) new UserStore(${JSON.stringify(path)}).add({ name: process.argv[1] + i, role: 'user' }, 0)`
  const run = promisify(execFile)
  const names = ['a', 'b', 'c']
  await Promise.all(names.map((name) => run(process.execPath, ['--input-type=module', '-e', script, name])))
  expect(new UserStore(path).list()).toHaveLength(1 + 3 * 5)
})
