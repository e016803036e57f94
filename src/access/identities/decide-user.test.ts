/** Users and their keys are made, changed and deleted as IAM does it, and refused in its words. */
import { beforeEach, expect, test } from 'vitest'
import { limits } from '../../model/limits.ts'
import {
  createAccessKey,
  deleteAccessKey,
  replaceAccessKeys,
  resealAccessKeys,
  updateAccessKey,
} from './decide-access-key.ts'
import { addUserToGroup, createGroup } from './decide-group.ts'
import { attachPolicy, putInlinePolicy } from './decide-held-policy.ts'
import {
  createLoginProfile,
  createUser,
  deleteLoginProfile,
  deleteUser,
  eraseUser,
  setUserDisabled,
  updateLoginProfile,
  updateUser,
} from './decide-user.ts'
import { checkJson, documentOf, IdentityWorld, startMs } from './identity-world.testing.ts'
import type { PasswordHash } from './password.ts'
import { tagEntity, untagEntity } from './tags.ts'

let world: IdentityWorld
beforeEach(() => {
  world = new IdentityWorld()
})

const create = (userName: string, more: object = {}) =>
  world.do((known, occasion) => createUser(known, { userName, ...more }, occasion))
const addKey = (userName: string, accessKeyId: string) =>
  world.do((known, occasion) => createAccessKey(known, userName, { accessKeyId, sealedSecret: 'sealed' }, occasion))
const password: PasswordHash = {
  ...{ algorithm: 'scrypt', cost: 2, blockSize: 1, parallelization: 1 },
  ...{ salt: '', hash: '' },
}

test('a user has an id, a path and tags', () => {
  expect(create('ada', { path: '/lab/', tags: [{ key: 'Team', value: 'a b' }] })).toEqual({
    ...{ kind: 'user', id: 'AIDAAAAAAAAAAAAAAAAA1', name: 'ada', path: '/lab/', createdAtMs: startMs },
    ...{ tags: { Team: 'a b' }, inlinePolicies: {}, attachedPolicyIds: [], groupIds: [], disabled: false },
  })
})

test.each([
  [
    '',
    "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must have length greater than or equal to 1",
  ],
  [
    'a b',
    'The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
  ],
  [
    'ä',
    'The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
  ],
  [
    'a/b',
    'The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
  ],
  [
    'ada\n',
    'The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
  ],
  [
    'x'.repeat(65),
    "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64",
  ],
])('the name %j is refused', (userName, text) => {
  expect(create(userName)).toBe(`ValidationError: ${text}`)
  expect(create('x'.repeat(64))).toMatchObject({ kind: 'user' })
})

test.each(['', 'lab', '/lab', 'lab/', '/a b/', '/ä/', `/${'x'.repeat(511)}/`])('the path %j is refused', (path) => {
  expect(create('ada', { path })).toMatch(/^ValidationError: /)
  expect(create('ada', { path: '/a/b.c+1/' })).toMatchObject({ path: '/a/b.c+1/' })
})

test('names that differ only in case are one name', () => {
  create('ada')
  expect(create('ADA')).toBe('EntityAlreadyExists: User with name ADA already exists.')
  expect(world.known.named('user', 'ADA')).toBeUndefined()
})

test('an account has so many users and no more', () => {
  const few = new IdentityWorld()
  few.known = { ...few.known, isTaken: () => false, count: () => limits.users } as never
  expect(createUser(few.known, { userName: 'more' }, few.occasion)).toMatchObject({
    code: 'LimitExceeded',
    message: 'Cannot exceed quota for UsersPerAccount: 5000',
  })
})

test('a user may be renamed, and keeps what refers to them', () => {
  create('ada')
  create('bob')
  addKey('ada', 'KEY1')
  const rename = (newUserName: string) => world.do((known) => updateUser(known, { userName: 'ada', newUserName }))
  expect(rename('BOB')).toBe('EntityAlreadyExists: User with name BOB already exists.')
  expect(rename('Ada')).toMatchObject({ name: 'Ada' })
  expect(world.known.named('user', 'ada')).toBeUndefined()
  expect(world.known.keysOf(world.known.named('user', 'Ada')!)).toMatchObject([{ id: 'KEY1' }])
  expect(rename('x')).toBe('NoSuchEntity: The user with name ada cannot be found.')
})

test('a user who still has something is not deleted, and the first thing in the way is named', () => {
  create('ada')
  const holder = { kind: 'user', name: 'ada' } as const
  const remove = () => world.do((known) => deleteUser(known, 'ada'))
  world.do((known, occasion) => createGroup(known, { groupName: 'lab' }, occasion))
  world.do((known) => addUserToGroup(known, { groupName: 'lab', userName: 'ada' }))
  expect(remove()).toBe('DeleteConflict: Cannot delete entity, must remove users from group first.')
  const arn = 'arn:aws:iam::aws:policy/OpenBatchUser'
  world.do((known, occasion) => attachPolicy(known, { to: holder, arn }, occasion))
  expect(remove()).toBe('DeleteConflict: Cannot delete entity, must detach all policies first.')
  world.do((known) => putInlinePolicy(known, { of: holder, policyName: 'p', document: documentOf(20) }, checkJson))
  expect(remove()).toBe('DeleteConflict: Cannot delete entity, must delete policies first.')
  addKey('ada', 'KEY1')
  expect(remove()).toBe('DeleteConflict: Cannot delete entity, must delete access keys first.')
  world.do((known, occasion) => createLoginProfile(known, 'ada', { password, passwordResetRequired: false }, occasion))
  expect(remove()).toBe('DeleteConflict: Cannot delete entity, must delete login profile first.')

  expect(world.do((known) => eraseUser(known, 'ada'))).toBeUndefined()
  expect(world.known.list('user')).toEqual([])
  expect(world.known.list('accessKey')).toEqual([])
  expect(remove()).toBe('NoSuchEntity: The user with name ada cannot be found.')
})

test('a user has two keys at most, and nobody another’s', () => {
  create('ada')
  create('bob')
  expect(addKey('ada', 'KEY1')).toMatchObject({ id: 'KEY1', status: 'Active', createdAtMs: startMs })
  expect(addKey('bob', 'KEY1')).toBe('EntityAlreadyExists: The access key id KEY1 is already in use.')
  addKey('ada', 'KEY2')
  expect(addKey('ada', 'KEY3')).toBe('LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2')
  const change = (userName: string) =>
    world.do((known) => updateAccessKey(known, { userName, accessKeyId: 'KEY1', status: 'Inactive' }))
  expect(change('bob')).toBe('NoSuchEntity: The Access Key with id KEY1 cannot be found.')
  expect(change('ada')).toBeUndefined()
  expect(world.known.find('accessKey', 'KEY1')!.status).toBe('Inactive')
  const remove = (userName: string) => world.do((known) => deleteAccessKey(known, { userName, accessKeyId: 'KEY2' }))
  expect(remove('bob')).toBe('NoSuchEntity: The Access Key with id KEY2 cannot be found.')
  expect(remove('ada')).toBeUndefined()
  expect(addKey('nobody', 'KEY4')).toBe('NoSuchEntity: The user with name nobody cannot be found.')
})

test('a new key instead of all ends the others, and a reseal changes the seal alone', () => {
  create('ada')
  addKey('ada', 'KEY1')
  addKey('ada', 'KEY2')
  const key = { accessKeyId: 'KEY3', sealedSecret: 'x' }
  world.do((known, occasion) => replaceAccessKeys(known, 'ada', key, occasion))
  expect(world.known.list('accessKey').map(({ id }) => id)).toEqual(['KEY3'])
  const before = world.known.find('accessKey', 'KEY3')!
  expect(world.do((known) => resealAccessKeys(known, ({ id }) => `new ${id}`))).toBe(1)
  expect(world.known.find('accessKey', 'KEY3')).toEqual({ ...before, sealedSecret: 'new KEY3' })
})

test('sessions of before do not come back when a user is enabled again', () => {
  create('ada')
  const set = (disabled: boolean) =>
    world.do((known, occasion) => setUserDisabled(known, { userName: 'ada', disabled }, occasion))
  expect(set(true)).toMatchObject({ disabled: true, sessionsEndedAtMs: startMs })
  world.now += 1000
  expect(set(false)).toMatchObject({ disabled: false, sessionsEndedAtMs: startMs })
})

test('a user has one password', () => {
  create('ada')
  const profile = { password, passwordResetRequired: true }
  const other = { ...password, hash: 'other' }
  expect(world.do((known) => updateLoginProfile(known, 'ada', profile))).toBe(
    'NoSuchEntity: Login Profile for User ada cannot be found.',
  )
  const add = () => world.do((known, occasion) => createLoginProfile(known, 'ada', profile, occasion))
  add()
  expect(add()).toBe('EntityAlreadyExists: Login Profile for user ada already exists.')
  expect(world.do((known) => updateLoginProfile(known, 'ada', { password: other }))).toMatchObject({
    loginProfile: { password: other, createdAtMs: startMs, passwordResetRequired: true },
  })
  world.do((known) => deleteLoginProfile(known, 'ada'))
  expect(world.known.named('user', 'ada')).not.toHaveProperty('loginProfile')
})

test('tags are told apart without regard to case, and there are fifty at most', () => {
  create('ada', { tags: [{ key: 'Team', value: 'a' }] })
  const ada = () => world.known.named('user', 'ada')!
  const tag = (...tags: { key: string; value: string }[]) => world.do(() => tagEntity(ada(), tags))
  tag({ key: 'team', value: 'b' })
  expect(ada().tags).toEqual({ team: 'b' })
  expect(tag({ key: 'A', value: '' }, { key: 'a', value: '' })).toBe(
    'InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  )
  expect(tag({ key: 'a!', value: '' })).toMatch(/^ValidationError: .*'tags.1.member.key'/)
  expect(tag({ key: '', value: '' })).toMatch(/^ValidationError: .*'tags.1.member.key'/)
  expect(tag({ key: 'a', value: 'x'.repeat(257) })).toMatch(/^ValidationError: .*'tags.1.member.value'/)
  tag(...Array.from({ length: 49 }, (_, index) => ({ key: `k${index}`, value: '' })))
  expect(tag({ key: 'more', value: '' })).toBe('LimitExceeded: Cannot exceed quota for TagsPerUser: 50')
  world.do(() => untagEntity(ada(), ['TEAM', 'none']))
  expect(Object.keys(ada().tags)).toHaveLength(49)
})
