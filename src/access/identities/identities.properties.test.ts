/** Whatever is asked in whatever order, identities stay whole, and both stores come to the same. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { propertyRuns } from '../../core/property-runs.testing.ts'
import { limits } from '../../model/limits.ts'
import { documentSize } from './check.ts'
import { createAccessKey, deleteAccessKey, replaceAccessKeys } from './decide-access-key.ts'
import { addUserToGroup, createGroup, deleteGroup, removeUserFromGroup, updateGroup } from './decide-group.ts'
import { attachPolicy, deleteInlinePolicy, detachPolicy, putInlinePolicy } from './decide-held-policy.ts'
import {
  createPolicy,
  createPolicyVersion,
  deletePolicy,
  deletePolicyVersion,
  replaceDocument,
  setDefaultPolicyVersion,
} from './decide-managed-policy.ts'
import { createRole, deleteRole } from './decide-role.ts'
import { createUser, deleteUser, eraseUser, setUserDisabled, updateUser } from './decide-user.ts'
import type { Decision, Occasion } from './decision.ts'
import type { Identities } from './identities.ts'
import { account, checkJson, documentOf } from './identity-world.testing.ts'
import { MemoryIdentityStore } from './memory-identity-store.testing.ts'
import { shippedPolicyOfId } from './shipped-policies.ts'
import { SqliteIdentityStore } from './sqlite-identity-store.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-identities-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Few names, so that they meet: users, groups, roles and policies may share one. */
const name = fc.constantFrom('a', 'A', 'b', 'c')
const kind = fc.constantFrom('user', 'group', 'role')
const arn = fc.constantFrom('a', 'b', 'c').map((each) => `arn:aws:iam::${account}:policy/${each}`)
const anyArn = fc.oneof(arn, fc.constant('arn:aws:iam::aws:policy/OpenBatchAdmin'))
const document = fc.constantFrom(20, 1000, 1500, 7000).map(documentOf)
const versionId = fc.constantFrom('v1', 'v2', 'v3')
const keyId = fc.constantFrom('KEY1', 'KEY2', 'KEY3')

type Step = (known: Identities, occasion: Occasion) => Decision<unknown>

const step: fc.Arbitrary<Step> = fc.oneof(
  name.map(
    (userName): Step =>
      (known, occasion) =>
        createUser(known, { userName }, occasion),
  ),
  name.map(
    (userName): Step =>
      (known) =>
        deleteUser(known, userName),
  ),
  name.map(
    (userName): Step =>
      (known) =>
        eraseUser(known, userName),
  ),
  fc.tuple(name, name).map(
    ([userName, newUserName]): Step =>
      (known) =>
        updateUser(known, { userName, newUserName }),
  ),
  fc.tuple(name, name).map(
    ([groupName, newGroupName]): Step =>
      (known) =>
        updateGroup(known, { groupName, newGroupName }),
  ),
  fc.tuple(arn, document, fc.boolean()).map(
    ([each, text, setAsDefault]): Step =>
      (known, occasion) =>
        createPolicyVersion(known, { arn: each, document: text, setAsDefault }, checkJson, occasion),
  ),
  fc.tuple(arn, versionId).map(
    ([each, version]): Step =>
      (known, occasion) =>
        setDefaultPolicyVersion(known, { arn: each, versionId: version }, occasion),
  ),
  fc.tuple(arn, versionId).map(
    ([each, version]): Step =>
      (known, occasion) =>
        deletePolicyVersion(known, { arn: each, versionId: version }, occasion),
  ),
  fc.tuple(name, fc.boolean()).map(
    ([userName, disabled]): Step =>
      (known, occasion) =>
        setUserDisabled(known, { userName, disabled }, occasion),
  ),
  fc.tuple(name, keyId).map(
    ([userName, accessKeyId]): Step =>
      (known, occasion) =>
        createAccessKey(known, userName, { accessKeyId, sealedSecret: 's' }, occasion),
  ),
  fc.tuple(name, keyId).map(
    ([userName, accessKeyId]): Step =>
      (known, occasion) =>
        replaceAccessKeys(known, userName, { accessKeyId, sealedSecret: 't' }, occasion),
  ),
  fc.tuple(name, keyId).map(
    ([userName, accessKeyId]): Step =>
      (known) =>
        deleteAccessKey(known, { userName, accessKeyId }),
  ),
  name.map(
    (groupName): Step =>
      (known, occasion) =>
        createGroup(known, { groupName }, occasion),
  ),
  name.map(
    (groupName): Step =>
      (known) =>
        deleteGroup(known, groupName),
  ),
  fc.tuple(name, name).map(
    ([groupName, userName]): Step =>
      (known) =>
        addUserToGroup(known, { groupName, userName }),
  ),
  fc.tuple(name, name).map(
    ([groupName, userName]): Step =>
      (known) =>
        removeUserFromGroup(known, { groupName, userName }),
  ),
  fc.tuple(name, document).map(
    ([roleName, trustPolicy]): Step =>
      (known, occasion) =>
        createRole(known, { roleName, trustPolicy }, checkJson, occasion),
  ),
  name.map(
    (roleName): Step =>
      (known) =>
        deleteRole(known, roleName),
  ),
  fc.tuple(name, document).map(
    ([policyName, text]): Step =>
      (known, occasion) =>
        createPolicy(known, { policyName, document: text }, checkJson, occasion),
  ),
  fc.tuple(arn, document).map(
    ([each, text]): Step =>
      (known, occasion) =>
        replaceDocument(known, { arn: each, document: text }, checkJson, occasion),
  ),
  fc.tuple(arn, fc.boolean()).map(
    ([each, withVersions]): Step =>
      (known, occasion) =>
        deletePolicy(known, each, occasion, { withVersions }),
  ),
  fc.tuple(kind, name, anyArn).map(
    ([of, held, each]): Step =>
      (known, occasion) =>
        attachPolicy(known, { to: { kind: of, name: held }, arn: each } as never, occasion),
  ),
  fc.tuple(kind, name, anyArn).map(
    ([of, held, each]): Step =>
      (known, occasion) =>
        detachPolicy(known, { from: { kind: of, name: held }, arn: each } as never, occasion),
  ),
  fc.tuple(kind, name, name, document).map(
    ([of, held, policyName, text]): Step =>
      (known) =>
        putInlinePolicy(known, { of: { kind: of, name: held }, policyName, document: text } as never, checkJson),
  ),
  fc.tuple(kind, name, name).map(
    ([of, held, policyName]): Step =>
      (known) =>
        deleteInlinePolicy(known, { of: { kind: of, name: held }, policyName } as never),
  ),
)

function expectWhole(known: Identities): void {
  for (const each of ['user', 'group', 'role', 'policy'] as const) {
    const names = known.list(each).map((record) => record.name.toLowerCase())
    expect(new Set(names).size).toBe(names.length)
    for (const record of known.list(each)) expect(known.named(each, record.name)).toBe(record)
  }
  for (const key of known.list('accessKey')) expect(known.find('user', key.userId)).toBeDefined()
  for (const user of known.list('user')) {
    expect(known.keysOf(user).length).toBeLessThanOrEqual(limits.accessKeysOfUser)
    expect(known.groupsOf(user)).toHaveLength(user.groupIds.length)
  }
  for (const holder of [...known.list('user'), ...known.list('group'), ...known.list('role')]) {
    for (const id of holder.attachedPolicyIds) expect(shippedPolicyOfId(id) ?? known.find('policy', id)).toBeDefined()
    const size = Object.values(holder.inlinePolicies).reduce((sum, text) => sum + documentSize(text), 0)
    expect(size).toBeLessThanOrEqual(limits.inlinePoliciesSize[holder.kind])
  }
  for (const { versions, defaultVersionId } of known.list('policy')) {
    expect(versions.length).toBeLessThanOrEqual(limits.policyVersions)
    expect(versions.map(({ versionId }) => versionId)).toContain(defaultVersionId)
  }
}

test('identities stay whole after every step, and are the same in both stores and after a restart', () => {
  let run = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      run += 1
      const file = join(directory, `${run}.sqlite`)
      const memory = new MemoryIdentityStore()
      const sqlite = new SqliteIdentityStore(file)
      for (const [index, decide] of steps.entries()) {
        const occasion = { now: index, account, randomPart: String(index).padStart(17, 'A') }
        const before = memory.current()
        const result = memory.change((known) => decide(known, occasion))
        expect(sqlite.change((known) => decide(known, occasion))).toEqual(result)
        if ((result as { kind?: unknown } | undefined)?.kind === 'refusal') expect(memory.current()).toBe(before)
        expectWhole(memory.current())
      }
      expect([...sqlite.current().all()]).toEqual([...memory.current().all()])
      sqlite.close()
      const again = new SqliteIdentityStore(file)
      expect([...again.current().all()]).toEqual([...memory.current().all()])
      again.close()
    }),
    propertyRuns(300),
  )
})
