/** Groups, roles and policies are made, changed, attached and deleted as IAM does it, and refused in its words. */
import { beforeEach, expect, test } from 'vitest'
import { addUserToGroup, createGroup, deleteGroup, removeUserFromGroup, updateGroup } from './decide-group.ts'
import {
  attachPolicy,
  deleteInlinePolicy,
  detachPolicy,
  type HolderName,
  putInlinePolicy,
} from './decide-held-policy.ts'
import {
  createPolicy,
  createPolicyVersion,
  defaultDocument,
  deletePolicy,
  deletePolicyVersion,
  setDefaultPolicyVersion,
} from './decide-managed-policy.ts'
import { createRole, deleteRole, type NewRole, updateRole, updateTrustPolicy } from './decide-role.ts'
import { account, checkJson, documentOf, IdentityWorld, startMs } from './identity-world.testing.ts'

const userPolicy = 'arn:aws:iam::aws:policy/OpenBatchUser'
const small = documentOf(20)
const arnOfPolicy = (name: string) => `arn:aws:iam::${account}:policy/${name}`

let world: IdentityWorld
beforeEach(() => {
  world = new IdentityWorld()
})

const createPolicyOf = (policyName: string, document = small, more: object = {}) =>
  world.do((known, occasion) => createPolicy(known, { policyName, document, ...more }, checkJson, occasion))
const createGroupOf = (groupName: string) => world.do((known, occasion) => createGroup(known, { groupName }, occasion))
const createRoleOf = (roleName: string, more: Partial<NewRole> = {}) =>
  world.do((known, occasion) => createRole(known, { roleName, trustPolicy: small, ...more }, checkJson, occasion))
const attach = (to: HolderName, arn: string) =>
  world.do((known, occasion) => attachPolicy(known, { to, arn }, occasion))
const detach = (from: HolderName, arn: string) =>
  world.do((known, occasion) => detachPolicy(known, { from, arn }, occasion))
const inline = (of: HolderName, policyName: string, document: string) =>
  world.do((known) => putInlinePolicy(known, { of, policyName, document }, checkJson))

test('a group has members, and none when it is deleted', () => {
  world.user('ada')
  expect(createGroupOf('lab')).toMatchObject({ kind: 'group', id: expect.stringMatching(/^AGPA/), path: '/' })
  expect(createGroupOf('LAB')).toBe('EntityAlreadyExists: Group with name LAB already exists.')
  const membership = { groupName: 'lab', userName: 'ada' }
  expect(world.do((known) => removeUserFromGroup(known, membership))).toBe(
    'NoSuchEntity: The user with name ada cannot be found.',
  )
  world.do((known) => addUserToGroup(known, membership))
  world.do((known) => addUserToGroup(known, membership))
  const group = world.known.named('group', 'lab')!
  expect(world.known.membersOf(group).map(({ name }) => name)).toEqual(['ada'])
  expect(world.do((known) => deleteGroup(known, 'lab'))).toBe(
    'DeleteConflict: Cannot delete entity, must remove users from group first.',
  )
  world.do((known) => removeUserFromGroup(known, membership))
  expect(world.do((known) => deleteGroup(known, 'lab'))).toBeUndefined()
  expect(world.do((known) => addUserToGroup(known, membership))).toBe(
    'NoSuchEntity: The group with name lab cannot be found.',
  )
})

test('a group gets another name or path, and keeps its members and policies', () => {
  createGroupOf('lab')
  createGroupOf('staff')
  world.user('ada')
  world.do((known) => addUserToGroup(known, { groupName: 'lab', userName: 'ada' }))
  const update = (groupName: string, change: object) =>
    world.do((known) => updateGroup(known, { groupName, ...change }))
  expect(update('lab', { newGroupName: 'STAFF' })).toBe('EntityAlreadyExists: Group with name STAFF already exists.')
  expect(update('none', {})).toBe('NoSuchEntity: The group with name none cannot be found.')
  expect(update('lab', { newGroupName: 'a b' })).toMatch(/^ValidationError: The specified value for newGroupName/)
  expect(update('lab', { newPath: 'x' })).toMatch(/^ValidationError: The specified value for path/)
  expect(update('lab', { newGroupName: 'Lab', newPath: '/chem/' })).toBeUndefined()
  const group = world.known.named('group', 'Lab')!
  expect(group.path).toBe('/chem/')
  expect(world.known.named('group', 'lab')).toBeUndefined()
  expect(world.known.membersOf(group).map(({ name }) => name)).toEqual(['ada'])
})

test('a user is in ten groups at most', () => {
  world.user('ada')
  const join = (index: number) => {
    createGroupOf(`g${index}`)
    return world.do((known) => addUserToGroup(known, { groupName: `g${index}`, userName: 'ada' }))
  }
  for (let index = 0; index < 10; index++) expect(join(index)).toBeUndefined()
  expect(join(10)).toBe('LimitExceeded: Cannot exceed quota for GroupsPerUser: 10')
})

test('a role says who may assume it, and for how long', () => {
  expect(createRoleOf('lab', { description: 'of the lab' })).toMatchObject({
    ...{ kind: 'role', id: expect.stringMatching(/^AROA/), maxSessionSeconds: 3600, description: 'of the lab' },
  })
  expect(createRoleOf('Lab')).toBe('EntityAlreadyExists: Role with name Lab already exists.')
  expect(createRoleOf('x', { trustPolicy: '{' })).toBe('MalformedPolicyDocument: Syntax errors in policy.')
  expect(createRoleOf('x', { trustPolicy: documentOf(4097) })).toBe(
    'LimitExceeded: Cannot exceed quota for ACLSizePerRole: 4096',
  )
  expect(createRoleOf('long', { trustPolicy: documentOf(4096) })).toMatchObject({ kind: 'role' })
  for (const seconds of [3599, 43_201, 3600.5, Number.NaN])
    expect(createRoleOf('x', { maxSessionSeconds: seconds })).toMatch(/^ValidationError: .*'maxSessionDuration'/)
  world.do((known) => updateRole(known, { roleName: 'lab', maxSessionSeconds: 43_200 }))
  expect(world.known.named('role', 'lab')).toMatchObject({ maxSessionSeconds: 43_200, description: 'of the lab' })
  const trust = (trustPolicy: string) =>
    world.do((known) => updateTrustPolicy(known, { roleName: 'lab', trustPolicy }, checkJson))
  expect(trust('{')).toBe('MalformedPolicyDocument: Syntax errors in policy.')
  expect(trust(documentOf(30))).toBeUndefined()
  attach({ kind: 'role', name: 'lab' }, userPolicy)
  const remove = () => world.do((known) => deleteRole(known, 'lab'))
  expect(remove()).toBe('DeleteConflict: Cannot delete entity, must detach all policies first.')
  detach({ kind: 'role', name: 'lab' }, userPolicy)
  expect(remove()).toBeUndefined()
  expect(remove()).toBe('NoSuchEntity: The role with name lab cannot be found.')
})

test('a managed policy has up to five versions, one of which counts', () => {
  expect(createPolicyOf('read', documentOf(6144))).toMatchObject({
    id: expect.stringMatching(/^ANPA/),
    defaultVersionId: 'v1',
  })
  expect(createPolicyOf('Read')).toBe(
    'EntityAlreadyExists: A policy called Read already exists. Duplicate names are not allowed.',
  )
  expect(createPolicyOf('big', documentOf(6145))).toBe('LimitExceeded: Cannot exceed quota for PolicySize: 6144')
  expect(createPolicyOf('bad', '{')).toBe('MalformedPolicyDocument: Syntax errors in policy.')
  expect(createPolicyOf('openbatchadmin')).toMatch(/^EntityAlreadyExists: /)
  const arn = arnOfPolicy('read')
  const add = (document: string, setAsDefault = false) =>
    world.do((known, occasion) => createPolicyVersion(known, { arn, document, setAsDefault }, checkJson, occasion))
  const remove = (versionId: string) =>
    world.do((known, occasion) => deletePolicyVersion(known, { arn, versionId }, occasion))
  expect(add(small)).toMatchObject({ versionId: 'v2', createdAtMs: startMs })
  expect(add(documentOf(21), true)).toMatchObject({ versionId: 'v3' })
  expect(defaultDocument(world.known.named('policy', 'read')!)).toBe(documentOf(21))
  expect(remove('v3')).toBe('DeleteConflict: Cannot delete the default version of a policy.')
  expect(remove('v2')).toBeUndefined()
  expect(remove('v2')).toBe(`NoSuchEntity: Policy ${arn} version v2 does not exist or is not attachable.`)
  for (const version of ['v4', 'v5', 'v6']) expect(add(small)).toMatchObject({ versionId: version })
  expect(add(small)).toBe(
    'LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
  )
  world.do((known, occasion) => setDefaultPolicyVersion(known, { arn, versionId: 'v1' }, occasion))
  expect(defaultDocument(world.known.named('policy', 'read')!)).toBe(documentOf(6144))
})

test('a policy that is attached, or has several versions, is not deleted', () => {
  createPolicyOf('read', small, { path: '/lab/' })
  const arn = arnOfPolicy('lab/read')
  const remove = () => world.do((known, occasion) => deletePolicy(known, arn, occasion))
  createGroupOf('lab')
  attach({ kind: 'group', name: 'lab' }, arn)
  expect(remove()).toBe('DeleteConflict: Cannot delete a policy attached to entities.')
  detach({ kind: 'group', name: 'lab' }, arn)
  world.do((known, occasion) =>
    createPolicyVersion(known, { arn, document: small, setAsDefault: true }, checkJson, occasion),
  )
  expect(remove()).toMatch(/^DeleteConflict: This policy has more than one version\./)
  world.do((known, occasion) => deletePolicyVersion(known, { arn, versionId: 'v1' }, occasion))
  expect(remove()).toBeUndefined()
  expect(remove()).toBe(`NoSuchEntity: Policy ${arn} was not found.`)
})

test('what is shipped is attached, and changed by nobody', () => {
  expect(world.do((known, occasion) => deletePolicy(known, userPolicy, occasion))).toMatch(/^UnmodifiableEntity: /)
  world.user('ada')
  expect(attach({ kind: 'user', name: 'ada' }, userPolicy)).toBeUndefined()
  expect(attach({ kind: 'user', name: 'ada' }, userPolicy)).toBeUndefined()
  expect(world.known.named('user', 'ada')!.attachedPolicyIds).toHaveLength(1)
})

test.each([
  arnOfPolicy('none'),
  'arn:aws:iam::aws:policy/None',
  'arn:aws:iam::999999999999:policy/read',
  arnOfPolicy('lab/read'),
  'arn:aws:iam::aws:policy/read',
  'read',
  '',
])('the policy %j cannot be attached', (arn) => {
  createPolicyOf('read')
  world.user('ada')
  expect(attach({ kind: 'user', name: 'ada' }, arn)).toBe(
    `NoSuchEntity: Policy ${arn} does not exist or is not attachable.`,
  )
  expect(detach({ kind: 'user', name: 'ada' }, arn)).toBe(`NoSuchEntity: Policy ${arn} was not found.`)
})

test.each(['user', 'group', 'role'] as const)('ten policies are attached to a %s at most', (kind) => {
  const name = 'x'
  world.user(name)
  createGroupOf(name)
  createRoleOf(name)
  for (let index = 0; index < 11; index++) createPolicyOf(`p${index}`)
  for (let index = 0; index < 10; index++) expect(attach({ kind, name }, arnOfPolicy(`p${index}`))).toBeUndefined()
  const quota = { user: 'PoliciesPerUser', group: 'PoliciesPerGroup', role: 'PoliciesPerRole' }[kind]
  expect(attach({ kind, name }, arnOfPolicy('p10'))).toBe(`LimitExceeded: Cannot exceed quota for ${quota}: 10`)
})

test.each([
  ['user', 2048],
  ['group', 5120],
  ['role', 10_240],
] as const)('the inline policies of a %s have %d characters at most, together', (kind, most) => {
  const holder = { kind, name: 'x' } as const
  world.user('x')
  createGroupOf('x')
  createRoleOf('x')
  expect(inline(holder, 'a', documentOf(most - 20))).toBeUndefined()
  expect(inline(holder, 'b', documentOf(20))).toBeUndefined()
  expect(inline(holder, 'b', documentOf(21))).toBe(
    `LimitExceeded: Maximum policy size of ${most} bytes exceeded for ${kind} x`,
  )
  expect(inline(holder, 'c', '{')).toBe('MalformedPolicyDocument: Syntax errors in policy.')
  const remove = (policyName: string) => world.do((known) => deleteInlinePolicy(known, { of: holder, policyName }))
  expect(remove('a')).toBeUndefined()
  expect(remove('a')).toBe(`NoSuchEntity: The ${kind} policy with name a cannot be found.`)
  expect(Object.keys(world.known.named(kind, 'x')!.inlinePolicies)).toEqual(['b'])
})

test('what counts for a user is their own policies and those of their groups', () => {
  world.user('ada')
  createGroupOf('lab')
  createPolicyOf('read')
  world.do((known) => addUserToGroup(known, { groupName: 'lab', userName: 'ada' }))
  inline({ kind: 'user', name: 'ada' }, 'own', small)
  attach({ kind: 'user', name: 'ada' }, userPolicy)
  attach({ kind: 'group', name: 'lab' }, arnOfPolicy('read'))
  const ada = world.known.named('user', 'ada')!
  expect(world.known.policiesOf(ada)).toMatchObject([
    { kind: 'inline', name: 'own', document: small, holder: { name: 'ada' } },
    { kind: 'shipped', name: 'OpenBatchUser', holder: { name: 'ada' } },
    { kind: 'managed', policy: { name: 'read' }, holder: { name: 'lab' } },
  ])
})
