/** Sessions of browsers begin by a key, a password or a link, and end with what they were begun by. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { limits } from '../../model/limits.ts'
import { isRefusal } from '../../model/refusal.ts'
import { Credentials } from '../credentials.ts'
import { updateAccessKey } from '../identities/decide-access-key.ts'
import { createLoginProfile, deleteLoginProfile, updateLoginProfile } from '../identities/decide-user.ts'
import { IdentityDirectory } from '../identities/identity-directory.ts'
import { hashPassword } from '../identities/password.ts'
import { Users } from '../users.ts'
import { ConsoleSessions } from './console-sessions.ts'
import { UsedOnce } from './used-once.ts'

let dataDir: string
let directory: IdentityDirectory
let users: Users
let sessions: ConsoleSessions
let ada: { readonly id: string; readonly accessKeyId: string; readonly secret: string }
let now: number
beforeEach(() => {
  now = Date.now()
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-console-'))
  directory = new IdentityDirectory(dataDir, now)
  users = new Users(directory)
  users.ensureAdministrator(now)
  users.add({ name: 'ada', role: 'user' }, now)
  sessions = makeSessions()
  const user = directory.current().named('user', 'ada')!
  const [key] = directory.current().keysOf(user)
  ada = { id: user.id, accessKeyId: key!.id, secret: directory.secretOf(key!) }
})
afterEach(() => {
  directory.close()
  rmSync(dataDir, { recursive: true })
})

function makeSessions(): ConsoleSessions {
  const credentials = new Credentials(directory)
  return new ConsoleSessions({ directory, principalOf: (name, at) => credentials.findPrincipal(name, at) })
}
const byKey = () => sessions.signInByKey(ada.accessKeyId, ada.secret, now)!
const nameOf = (token: string, at = now) => sessions.find(token, at)?.principal.name

test('an access key begins a session, which outlives a restart and ends after its time', () => {
  const token = byKey()
  expect(nameOf(token)).toBe('ada')
  sessions = makeSessions()
  expect(nameOf(token, now + limits.consoleSessionMs - 1)).toBe('ada')
  expect(nameOf(token, now + limits.consoleSessionMs)).toBeUndefined()
  expect(sessions.signInByKey(ada.accessKeyId, `${ada.secret}x`, now)).toBeUndefined()
  expect(sessions.signInByKey('AKIANOBODY', ada.secret, now)).toBeUndefined()
  for (const altered of [token.slice(1), `${token}A`, token.replace(/^./, (it) => (it === 'A' ? 'B' : 'A')), ''])
    expect(nameOf(altered)).toBeUndefined()
})

test('a session ends when its key is inactive, and when its user is disabled, removed or made anew', () => {
  const token = byKey()
  const setStatus = (status: 'Active' | 'Inactive') => {
    const done = directory.change((known) =>
      updateAccessKey(known, { accessKeyId: ada.accessKeyId, status, userName: 'ada' }),
    )
    expect(isRefusal(done)).toBe(false)
  }
  setStatus('Inactive')
  expect(nameOf(token)).toBeUndefined()
  setStatus('Active')
  expect(nameOf(token)).toBe('ada')
  users.setDisabled('ada', true, now)
  expect([nameOf(token), sessions.signInByKey(ada.accessKeyId, ada.secret, now)]).toEqual([undefined, undefined])
  users.setDisabled('ada', false, now)
  expect(nameOf(token)).toBeUndefined()
  now++
  const next = byKey()
  users.remove('ada')
  users.add({ name: 'ada', role: 'user' }, now)
  expect(nameOf(next)).toBeUndefined()
})

test('a session ends when the person signs out, and when the sealing key is replaced', () => {
  const [one, other] = [byKey(), byKey()]
  sessions.signOut(one, now)
  sessions.signOut('nonsense', now)
  expect([nameOf(one), nameOf(other)]).toEqual([undefined, 'ada'])
  directory.replaceSealingKey(now)
  expect(nameOf(other)).toBeUndefined()
})

test('a link serves once, for minutes, in this process, and only while its key does', () => {
  const link = () => sessions.makeLink(ada.id, ada.accessKeyId, now).token
  const first = link()
  expect(nameOf(sessions.signInByLink(first, now)!)).toBe('ada')
  expect(sessions.signInByLink(first, now)).toBeUndefined()
  expect(sessions.signInByLink(link(), now + limits.consoleLinkMs)).toBeUndefined()
  // A link is no cookie, and a cookie no link.
  expect([nameOf(link()), sessions.signInByLink(byKey(), now)]).toEqual([undefined, undefined])
  const unused = link()
  sessions = makeSessions()
  expect(sessions.signInByLink(unused, now)).toBeUndefined()
  const late = link()
  users.setDisabled('ada', true, now)
  expect(sessions.signInByLink(late, now)).toBeUndefined()
})

test('a password begins a session, which ends when the password is another', async () => {
  const password = await hashPassword('correct horse')
  directory.change((known) => createLoginProfile(known, 'ada', { password, passwordResetRequired: false }, { now }))
  const token = await sessions.signInByPassword('ada', 'correct horse', now)
  expect(nameOf(token!)).toBe('ada')
  for (const [name, wrong] of [
    ['ada', 'wrong horse'],
    ['nobody', 'correct horse'],
  ] as const)
    expect(await sessions.signInByPassword(name, wrong, now)).toBeUndefined()
  const other = await hashPassword('another horse')
  directory.change((known) => updateLoginProfile(known, 'ada', { password: other }))
  expect(nameOf(token!)).toBeUndefined()
  const next = await sessions.signInByPassword('ada', 'another horse', now)
  directory.change((known) => updateLoginProfile(known, 'ada', { passwordResetRequired: true }))
  expect(await sessions.signInByPassword('ada', 'another horse', now)).toBeUndefined()
  directory.change((known) => deleteLoginProfile(known, 'ada'))
  expect(nameOf(next!)).toBeUndefined()
})

test('what was used is remembered until it is over, and so much of it', () => {
  const used = new UsedOnce(2)
  expect([used.use('a', 10, 0), used.use('a', 10, 0), used.use('b', 5, 0)]).toEqual([true, false, true])
  expect(used.use('c', 20, 6)).toBe(true)
  expect([used.has('a'), used.has('b'), used.has('c')]).toEqual([true, false, true])
})
