/** Whether a job may have a secret: by the policies of its execution role, or of its owner. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkPolicyDocument } from '../granted-policies.ts'
import type { HolderName } from '../identities/decide-held-policy.ts'
import { deleteInlinePolicy, putInlinePolicy } from '../identities/decide-held-policy.ts'
import { createRole } from '../identities/decide-role.ts'
import { IdentityDirectory } from '../identities/identity-directory.ts'
import { Users } from '../users.ts'
import type { ContainerOfJob } from './job-credentials.ts'
import { SecretRights } from './secret-rights.ts'

const now = 1_700_000_000_000
const account = '123456789012'
let dataDir: string
let directory: IdentityDirectory
let users: Users
let rights: SecretRights
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-secret-rights-'))
  directory = new IdentityDirectory(dataDir, now)
  users = new Users(directory)
  users.ensureAdministrator(now)
  users.add({ name: 'ada', role: 'user' }, now)
  rights = new SecretRights({ account, directory })
})
afterEach(() => {
  directory.close()
  rmSync(dataDir, { recursive: true })
})

const taskId = 'b'.repeat(32)
const job: ContainerOfJob = {
  ...{ jobId: '6c0f', attempt: 1, owner: 'ada', createdAtMs: now, taskId },
  taskArn: `arn:aws:ecs:us-west-2:${account}:task/c/${taskId}`,
}
const roleArn = `arn:aws:iam::${account}:role/execution`
const action = 'secretsmanager:GetSecretValue'
const secretOf = (name: string) => `arn:aws:secretsmanager:us-west-2:${account}:secret:${name}-AbCdEf`
const db = { action, resource: secretOf('lab/db') }

const documentOf = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const executionRole: HolderName = { kind: 'role', name: 'execution' }
function addRole(service = 'ecs-tasks.amazonaws.com'): void {
  const trustPolicy = documentOf({ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' })
  const occasion = { now, account, randomPart: 'B'.repeat(17) }
  const role = { roleName: 'execution', trustPolicy }
  expect(directory.change((known) => createRole(known, role, checkPolicyDocument, occasion))).not.toHaveProperty('code')
}
function allow(of: HolderName, resource: string): void {
  const document = documentOf({ Effect: 'Allow', Action: action, Resource: resource })
  const change = { of, policyName: 'reads', document }
  expect(directory.change((known) => putInlinePolicy(known, change, checkPolicyDocument))).toBeUndefined()
}

test('the execution role may have what its policies allow, until they do not', () => {
  addRole()
  const asRole = { ...job, roleArn }
  expect(rights.refusal(asRole, db, now)).toBe(
    `AccessDeniedException: User: arn:aws:sts::${account}:assumed-role/execution/${taskId} is not authorized to perform: ${action} on resource: ${db.resource} because no identity-based policy allows the ${action} action`,
  )
  allow(executionRole, secretOf('lab/db'))
  expect(rights.refusal(asRole, db, now)).toBeUndefined()
  expect(rights.refusal(asRole, { action, resource: secretOf('lab/other') }, now)).toContain('not authorized')
  expect(rights.refusal(asRole, { ...db, action: 'ssm:GetParameters' }, now)).toContain('not authorized')
  directory.change((known) => deleteInlinePolicy(known, { of: executionRole, policyName: 'reads' }))
  expect(rights.refusal(asRole, db, now)).toContain('not authorized')
})

test('an execution role has not the rights of the user, nor the user those of the role', () => {
  addRole()
  allow({ kind: 'user', name: 'ada' }, '*')
  expect(rights.refusal({ ...job, roleArn }, db, now)).toContain('assumed-role/execution/')
  expect(rights.refusal(job, db, now)).toBeUndefined()
})

test('without an execution role the user who submitted the job is asked', () => {
  expect(rights.refusal(job, db, now)).toContain(`User: arn:aws:iam::${account}:user/ada is not authorized`)
  allow({ kind: 'user', name: 'ada' }, db.resource)
  expect(rights.refusal(job, db, now)).toBeUndefined()
  users.setDisabled('ada', true, now)
  expect(rights.refusal(job, db, now)).toBe('The owner of the job, ada, is disabled.')
})

test('a role that is not there, or does not trust the service of tasks, may have nothing', () => {
  expect(rights.refusal({ ...job, roleArn }, db, now)).toBe(
    `The role ${roleArn} of the job does not exist on this server.`,
  )
  addRole('ec2.amazonaws.com')
  allow(executionRole, '*')
  expect(rights.refusal({ ...job, roleArn }, db, now)).toContain(`ECS was unable to assume the role '${roleArn}'`)
})
