/** Users, groups and policies that the command changes under a running server, and the users of an older version. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IdentityDirectory } from '../../src/access/identities/identity-directory.ts'
import { type Credentials, openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { sendSigned } from '../support/raw-request.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ driver: 'scripted' })
})
afterAll(() => server?.stop())

const openbatch = (...args: string[]) =>
  execFileSync(openbatchCommand, [...args, '--data-dir', server.dataDir], { encoding: 'utf8' })
const at = (name: string) => join(server.dataDir, name)

const statusOf = async (who: Credentials, path: string, body: object = {}) =>
  (await sendSigned(server.endpoint, who, { path, body: JSON.stringify(body) })).status
const seeing = (who: Credentials) => statusOf(who, '/v1/describejobqueues')
const creating = (who: Credentials) =>
  statusOf(who, '/v1/createschedulingpolicy', { name: `p${Math.random().toString(36).slice(2)}` })

/** How long it takes until the answer is that, milliseconds. */
async function timeUntil(status: number, ask: () => Promise<number>): Promise<number> {
  const begun = performance.now()
  while ((await ask()) !== status)
    if (performance.now() - begun > 10_000) throw new Error(`not ${status} in ten seconds`)
  return performance.now() - begun
}

test('a user who is disabled loses access within a second, and a new key works at once', async () => {
  const ada = server.addUser('ada')
  expect(await seeing(ada)).toBe(200)
  openbatch('user', 'disable', 'ada')
  expect(await timeUntil(403, () => seeing(ada))).toBeLessThan(1000)
  openbatch('user', 'enable', 'ada')
  expect(await timeUntil(200, () => seeing(ada))).toBeLessThan(1000)
  const printed = openbatch('user', 'rotate-key', 'ada')
  const value = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(printed)![1]!
  expect(
    await seeing({ accessKeyId: value('AWS_ACCESS_KEY_ID'), secretAccessKey: value('AWS_SECRET_ACCESS_KEY') }),
  ).toBe(200)
  expect(await timeUntil(403, () => seeing(ada))).toBeLessThan(1000)
})

test('what a group is given its members may do within a second, until a policy of their own denies it', async () => {
  const bob = server.addUser('bob')
  expect(await creating(bob)).toBe(403)
  openbatch('group', 'add', 'keepers')
  openbatch('group', 'add-user', 'keepers', 'bob')
  openbatch('group', 'attach', 'keepers', 'OpenBatchOperator')
  expect(await timeUntil(200, () => creating(bob))).toBeLessThan(1000)
  const file = at('policy of mine')
  const statement = { Effect: 'Deny', Action: 'batch:CreateSchedulingPolicy', Resource: '*' }
  writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }), { mode: 0o600 })
  openbatch('policy', 'add', 'no-policies', file)
  openbatch('user', 'attach', 'bob', 'no-policies')
  expect(await timeUntil(403, () => creating(bob))).toBeLessThan(1000)
  expect(openbatch('user', 'list')).toMatch(/^bob +user +active/m)
  // A crash loses nothing of it.
  await server.kill9()
  await server.restart()
  expect([await seeing(bob), await creating(bob)]).toEqual([200, 403])
})

test('the last use of a key is on disk after the stop, and no secret is in the clear', async () => {
  const eve = server.addUser('eve')
  expect(await seeing(eve)).toBe(200)
  await server.restart()
  const directory = new IdentityDirectory(server.dataDir, Date.now())
  const use = directory.store.lastUse(eve.accessKeyId)!
  directory.close()
  expect(use).toMatchObject({ service: 'batch', region: 'us-west-2' })
  expect(Math.abs(Date.now() - use.atMs)).toBeLessThan(180_000)
  for (const name of ['identities.sqlite', 'sealing-keys.json'])
    expect(readFileSync(at(name), 'latin1')).not.toContain(eve.secretAccessKey)
})

test('the users of an older version have the same keys and may do the same', async () => {
  const [ada, bob] = ['ada', 'bob'].map((name) => ({
    accessKeyId: `OLDKEYOF${name}`,
    secretAccessKey: `the-old-secret-of-${name}`,
  })) as [Credentials, Credentials]
  const times = { createdAtMs: 1, keyCreatedAtMs: 2 }
  const users = [
    { name: 'ada', role: 'admin', disabled: false, ...ada, ...times },
    { name: 'bob', role: 'user', disabled: false, ...bob, ...times },
  ]
  await server.kill9()
  for (const name of ['identities.sqlite', 'identities.sqlite-wal', 'identities.sqlite-shm', 'sealing-keys.json'])
    rmSync(at(name), { force: true })
  writeFileSync(at('users.json'), JSON.stringify({ version: 1, users }), { mode: 0o600 })
  await server.restart()
  expect([await creating(ada), await seeing(bob), await creating(bob)]).toEqual([200, 200, 403])
  expect(existsSync(at('users.json'))).toBe(false)
  expect(JSON.parse(readFileSync(at('users.json.taken-over'), 'utf8')).users).toEqual(users)
  expect(openbatch('env')).toContain(`AWS_ACCESS_KEY_ID=${ada.accessKeyId}`)
  await server.restart()
  expect([await creating(ada), await seeing(bob)]).toEqual([200, 200])
})
