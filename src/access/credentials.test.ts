/** A request is known by a user's access key, or by the token of a session; the use of a key is kept without a write for each. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Sha256 } from '../ground/sha256.ts'
import { Credentials, staleForMs } from './credentials.ts'
import { checkPolicyDocument } from './granted-policies.ts'
import { createAccessKey, updateAccessKey } from './identities/decide-access-key.ts'
import { addUserToGroup, createGroup } from './identities/decide-group.ts'
import { attachPolicy, detachPolicy, putInlinePolicy } from './identities/decide-held-policy.ts'
import { createPolicy } from './identities/decide-managed-policy.ts'
import { createRole, deleteRole } from './identities/decide-role.ts'
import type { LastUse, Role, User } from './identities/entities.ts'
import { IdentityDirectory } from './identities/identity-directory.ts'
import { checkJson } from './identities/identity-world.testing.ts'
import { LastUses } from './last-uses.ts'
import { principalArn, principalUserId } from './principal.ts'
import type { SessionClaims } from './sessions/session-claims.ts'
import { issueSession, type SessionCredentials } from './sessions/session-credentials.ts'
import { verifySignature } from './signature.ts'
import { Users } from './users.ts'

const now = 1_700_000_000_000
const occasion = { now, account: '123456789012', randomPart: 'B'.repeat(17) }
let dataDir: string
let directory: IdentityDirectory
let users: Users
let credentials: Credentials
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-credentials-'))
  directory = new IdentityDirectory(dataDir, now)
  users = new Users(directory)
  users.ensureAdministrator(now)
  users.add({ name: 'ada', role: 'user' }, now)
  credentials = new Credentials(directory)
})
afterEach(() => {
  directory.close()
  rmSync(dataDir, { recursive: true })
})

const ada = () => directory.current().named('user', 'ada') as User
const claimsOf = (more: Partial<SessionClaims> = {}): SessionClaims => ({
  ...{ userId: ada().id, issuedAtMs: now, expiresAtMs: now + 3_600_000 },
  ...more,
})
const issue = (more: Partial<SessionClaims> = {}) => issueSession(directory.sealingKeys, claimsOf(more))
const find = ({ accessKeyId, sessionToken }: SessionCredentials, at = now, by = credentials) =>
  by.findKey(accessKeyId, at, sessionToken)
const ask = async (session: Omit<SessionCredentials, 'expiresAtMs'>, at: number) => {
  const url = '/v1/describejobs'
  const signer = new SignatureV4({
    credentials: session,
    ...{ region: 'us-west-2', service: 'batch', sha256: Sha256 },
  })
  const { headers } = await signer.sign(
    { method: 'POST', protocol: 'http:', hostname: 'h', path: url, headers: { host: 'h' }, body: '{}' },
    { signingDate: new Date(at) },
  )
  const findKey = (id: string, token?: string) => credentials.findKey(id, at, token)
  return verifySignature({ method: 'POST', url, headers, body: Buffer.from('{}') }, findKey, at)
}

test('a session signs requests until it expires, and then AWS’s text says so', async () => {
  const session = issue()
  expect(await ask(session, now)).toMatchObject({
    kind: 'verified',
    owner: { name: 'ada', policies: [{ name: 'OpenBatchUser' }], session: {} },
  })
  expect(await ask(session, now + 3_599_999)).toMatchObject({ kind: 'verified' })
  expect(await ask(session, now + 3_600_000)).toMatchObject({
    code: 'ExpiredTokenException',
    message: 'The security token included in the request is expired',
  })
  const unknown = {
    code: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  }
  expect(await ask({ ...session, sessionToken: `${session.sessionToken}A` }, now)).toMatchObject(unknown)
  expect(await ask({ ...session, sessionToken: issue().sessionToken }, now)).toMatchObject(unknown)
  expect(await ask({ ...session, secretAccessKey: issue().secretAccessKey }, now)).toMatchObject({
    code: 'InvalidSignatureException',
  })
  // Nobody learns from another's expired token that it once was good.
  expect(await ask({ ...session, secretAccessKey: 'guessed' }, now + 3_600_000)).toMatchObject({
    code: 'InvalidSignatureException',
  })
})

test('the access key id of a session is nothing without its token', () => {
  const { accessKeyId } = issue()
  expect(credentials.findKey(accessKeyId, now)).toBeUndefined()
  expect(credentials.findKey(accessKeyId, now, '')).toBeUndefined()
})

test('a session ends with its user, its role, its attempt and its sealing key, each within the stated time', () => {
  const role = directory.change((known) =>
    createRole(known, { roleName: 'lab', trustPolicy: '{}' }, checkJson, occasion),
  ) as Role
  const ofRole = issue({ role: { roleId: role.id, sessionName: 'mine' } })
  const ofAttempt = issue({ attempt: { jobId: 'job', number: 2 } })
  expect(find(ofRole)).toMatchObject({
    owner: { name: 'ada', session: { assumedRole: { id: role.id, name: 'lab', sessionName: 'mine' } } },
  })
  expect(find(ofAttempt)).toMatchObject({ owner: { session: { attempt: { jobId: 'job', number: 2 } } } })
  const over = new Credentials(directory, ({ attempt }) => attempt?.jobId === 'job')
  expect(find(ofAttempt, now, over)).toBeUndefined()
  expect(find(ofRole, now, over)).toBeDefined()

  const other = new IdentityDirectory(dataDir, now)
  other.change((known) => deleteRole(known, 'lab'))
  const soon = now + staleForMs
  expect(find(ofRole, soon)).toBeUndefined()
  expect(find(ofAttempt, soon)).toBeDefined()
  new Users(other).setDisabled('ada', true, now)
  expect(find(ofAttempt, soon + staleForMs)).toBeUndefined()
  new Users(other).setDisabled('ada', false, now)
  expect(find(ofAttempt, soon + 2 * staleForMs)).toBeUndefined()
  const later = issue({ issuedAtMs: now + 1 })
  expect(find(later, soon + 2 * staleForMs)).toBeDefined()
  expect(other.replaceSealingKey(now)).toBe(2)
  expect(find(later, soon + 3 * staleForMs)).toBeUndefined()
  const key = users.list()[1]!.key!
  expect(credentials.findKey(key.accessKeyId, soon + 4 * staleForMs)).toMatchObject({ owner: { name: 'ada' } })
  other.close()
})

test('either of two keys works, and one that is inactive does not', () => {
  const [first] = directory.current().keysOf(ada())
  const sealedSecret = directory.secrets.seal('SECOND', 'another secret')
  directory.change((known) => createAccessKey(known, 'ada', { accessKeyId: 'SECOND', sealedSecret }, occasion))
  expect(credentials.findKey('SECOND', now)).toMatchObject({ secretAccessKey: 'another secret', disabled: false })
  directory.change((known) => updateAccessKey(known, { userName: 'ada', accessKeyId: first!.id, status: 'Inactive' }))
  expect(credentials.findKey(first!.id, now + staleForMs)).toMatchObject({ disabled: true })
  expect(credentials.findKey('SECOND', now + staleForMs)).toMatchObject({ disabled: false })
})

test('the policies of a user are their own and those of a group, and of a role that is played its own alone', () => {
  const [key] = directory.current().keysOf(ada())
  const namesAt = (at: number) => credentials.findKey(key!.id, at)!.owner.policies.map(({ name }) => name)
  const from = { kind: 'user', name: 'ada' } as const
  const arnOf = (name: string) => `arn:aws:iam::aws:policy/${name}`
  expect(namesAt(now)).toEqual(['OpenBatchUser'])
  directory.change((known) => detachPolicy(known, { from, arn: arnOf('OpenBatchUser') }, occasion))
  expect(namesAt(now + staleForMs)).toEqual([])
  const document = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
  directory.change((known) => createGroup(known, { groupName: 'lab' }, occasion))
  directory.change((known) => addUserToGroup(known, { groupName: 'lab', userName: 'ada' }))
  const lab = { kind: 'group', name: 'lab' } as const
  directory.change((known) => attachPolicy(known, { to: lab, arn: arnOf('OpenBatchAdmin') }, occasion))
  directory.change((known) => createPolicy(known, { policyName: 'deny', document }, checkPolicyDocument, occasion))
  const own = `arn:aws:iam::${occasion.account}:policy/deny`
  directory.change((known) => attachPolicy(known, { to: lab, arn: own }, occasion))
  directory.change((known) => putInlinePolicy(known, { of: from, policyName: 'mine', document }, checkPolicyDocument))
  expect(namesAt(now + 2 * staleForMs)).toEqual(['mine of user ada', 'OpenBatchAdmin', 'deny'])

  const newRole = { roleName: 'lab', trustPolicy: '{}', tags: [{ key: 'lab', value: 'doe' }] }
  const { id: roleId } = directory.change((known) => createRole(known, newRole, checkJson, occasion)) as Role
  const to = { kind: 'role', name: 'lab' } as const
  directory.change((known) => attachPolicy(known, { to, arn: arnOf('OpenBatchReadOnly') }, occasion))
  const session = find(issue({ role: { roleId, sessionName: 'mine' } }), now + 3 * staleForMs)
  expect(session!.owner.policies.map(({ name }) => name)).toEqual(['OpenBatchReadOnly'])
  expect(principalArn('123456789012', session!.owner)).toBe('arn:aws:sts::123456789012:assumed-role/lab/mine')
  expect(principalUserId(session!.owner)).toBe(`${roleId}:mine`)
  expect(session!.owner.tags).toEqual({ lab: 'doe' })

  // Now that there are two administrators, either may go, and not both.
  users.remove('admin')
  expect(
    directory.change((known) => detachPolicy(known, { from: lab, arn: arnOf('OpenBatchAdmin') }, occasion)),
  ).toMatchObject({
    code: 'DeleteConflict',
    message: 'ada is the only administrator left who can sign in. Add another first.',
  })
})

test('a user whose policy cannot be read is allowed nothing, for it might deny', () => {
  const [key] = directory.current().keysOf(ada())
  const document = '{"Version":"2012-10-17","Statement":[{"Effect":"Forbid","Action":"*","Resource":"*"}]}'
  const put = (check: typeof checkPolicyDocument) =>
    directory.change((known) =>
      putInlinePolicy(known, { of: { kind: 'user', name: 'ada' }, policyName: 'bad', document }, check),
    )
  expect(put(checkPolicyDocument)).toMatchObject({ code: 'MalformedPolicyDocument' })
  put(() => undefined)
  expect(credentials.findKey(key!.id, now)!.owner.policies).toEqual([])
})

test('the last use of a key is kept to the minute, and written once', async () => {
  const written: (readonly LastUse[])[] = []
  let failing = false
  const recordLastUses = (uses: readonly LastUse[]) => {
    if (failing) throw new Error('disk full')
    written.push(uses)
    directory.store.recordLastUses(uses)
  }
  const lastUses = new LastUses({ recordLastUses, lastUse: (id) => directory.store.lastUse(id) }, { warn: vi.fn() })
  const [key] = directory.current().keysOf(ada())
  const scope = { accessKeyId: key!.id, service: 'batch', region: 'us-west-2' }
  const minute = now - (now % 60_000)
  for (let second = 0; second < 60; second++) lastUses.note(scope, minute + second * 1000)
  lastUses.note({ ...scope, accessKeyId: 'ASIASESSION' }, minute)
  lastUses.write()
  lastUses.write()
  lastUses.note(scope, minute + 59_999)
  lastUses.write()
  expect(written).toEqual([[{ ...scope, atMs: minute }]])
  expect(directory.store.lastUse(key!.id)).toEqual({ ...scope, atMs: minute })

  failing = true
  expect(new LastUses(directory.store, { warn: vi.fn() }).find(key!.id)).toEqual({ ...scope, atMs: minute })
  lastUses.note({ ...scope, service: 'sts' }, minute + 60_000)
  expect(lastUses.find(key!.id)).toEqual({ ...scope, service: 'sts', atMs: minute + 60_000 })
  expect(() => lastUses.write()).toThrow('disk full')
  failing = false
  await lastUses.stop()
  expect(directory.store.lastUse(key!.id)).toEqual({ ...scope, service: 'sts', atMs: minute + 60_000 })
})
