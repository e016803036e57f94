/** What a job's credentials allow, whose they are, and when they end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Credentials } from '../credentials.ts'
import { checkPolicyDocument } from '../granted-policies.ts'
import { attachPolicy } from '../identities/decide-held-policy.ts'
import { createRole, deleteRole } from '../identities/decide-role.ts'
import { IdentityDirectory } from '../identities/identity-directory.ts'
import { principalArn, principalUserId } from '../principal.ts'
import { Users } from '../users.ts'
import { type ContainerOfJob, JobCredentials } from './job-credentials.ts'

const now = 1_700_000_000_000
const account = '123456789012'
let dataDir: string
let directory: IdentityDirectory
let users: Users
let jobs: JobCredentials
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-job-credentials-'))
  directory = new IdentityDirectory(dataDir, now)
  users = new Users(directory)
  users.ensureAdministrator(now)
  users.add({ name: 'ada', role: 'admin' }, now)
  jobs = new JobCredentials({ account, directory })
})
afterEach(() => {
  directory.close()
  rmSync(dataDir, { recursive: true })
})

const job: ContainerOfJob = {
  ...{ jobId: '6c0f:7', attempt: 2, owner: 'ada', createdAtMs: now, taskId: 'b'.repeat(32) },
  taskArn: `arn:aws:ecs:us-west-2:${account}:task/c/${'b'.repeat(32)}`,
}
const roleArn = `arn:aws:iam::${account}:role/lab`
const statementOf = (more: object = {}) => ({
  ...{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ...more,
})
function addRole(...statements: object[]): void {
  const trustPolicy = JSON.stringify({ Version: '2012-10-17', Statement: statements })
  const occasion = { now, account, randomPart: 'B'.repeat(17) }
  const role = { roleName: 'lab', trustPolicy }
  expect(directory.change((known) => createRole(known, role, checkPolicyDocument, occasion))).not.toHaveProperty('code')
}

function issue(more: Partial<ContainerOfJob> = {}) {
  const made = jobs.issue({ ...job, ...more }, 3600, now)
  if ('why' in made) throw new Error(made.why)
  return made
}
const whyNot = (more: Partial<ContainerOfJob> = {}) => {
  const made = jobs.issue({ ...job, ...more }, 3600, now)
  return 'why' in made ? made.why : undefined
}
const principalOf = (made: ReturnType<typeof issue>, at = now, ended = false) =>
  new Credentials(directory, () => ended).findKey(made.accessKeyId, at, made.sessionToken)?.owner

test('a job without a role is nobody’s equal: it has a name of its own and no policy', () => {
  const principal = principalOf(issue())!
  expect(principal.policies).toEqual([])
  expect(principal.session).toEqual({ attempt: { jobId: '6c0f:7', number: 2 } })
  expect(principalArn(account, principal)).toBe(`arn:aws:sts::${account}:federated-user/6c0f.7-2`)
  expect(principalUserId(principal)).toMatch(/^AIDA\w{17}:6c0f\.7-2$/)
})

test('a job with a role has the role’s policies, and the name of its task in it', () => {
  addRole(statementOf())
  const arn = 'arn:aws:iam::aws:policy/OpenBatchReadOnly'
  directory.change((known) => attachPolicy(known, { to: { kind: 'role', name: 'lab' }, arn }, { account }))
  const principal = principalOf(issue({ roleArn }))!
  expect(principal.policies.map(({ name }) => name)).toEqual(['OpenBatchReadOnly'])
  expect(principalArn(account, principal)).toBe(`arn:aws:sts::${account}:assumed-role/lab/${'b'.repeat(32)}`)
  expect(principal.session?.attempt).toEqual({ jobId: '6c0f:7', number: 2 })
})

test('they end when the attempt is over, with their time, and with owner and role', () => {
  addRole(statementOf())
  const [plain, ofRole] = [issue(), issue({ roleArn })]
  expect(plain.expiresAtMs).toBe(now + 3_600_000)
  for (const made of [plain, ofRole]) {
    expect(principalOf(made)).toBeDefined()
    expect(principalOf(made, now, true)).toBeUndefined()
  }
  directory.change((known) => deleteRole(known, 'lab'))
  expect(principalOf(ofRole)).toBeUndefined()
  expect(principalOf(plain)).toBeDefined()
  expect(whyNot({ roleArn })).toBe(`The role ${roleArn} of the job does not exist on this server.`)
  users.setDisabled('ada', true, now)
  expect(principalOf(plain)).toBeUndefined()
  expect(whyNot()).toBe('The owner of the job, ada, is disabled.')
})

test('a user who has the name of an earlier one is not the owner of that one’s jobs', () => {
  users.remove('ada')
  expect(whyNot()).toBe('The owner of the job, ada, is no user any more.')
  users.add({ name: 'ada', role: 'user' }, now + 1)
  expect(whyNot()).toBe('The owner of the job, ada, is no user any more.')
  expect(whyNot({ createdAtMs: now + 1 })).toBeUndefined()
})

test.each([
  ['trusts another service', [statementOf({ Principal: { Service: 'ec2.amazonaws.com' } })], false],
  ['trusts users', [statementOf({ Principal: { AWS: account } })], false],
  ['denies', [statementOf(), statementOf({ Effect: 'Deny' })], false],
  ['is for another account', [statementOf({ Condition: { StringEquals: { 'aws:SourceAccount': '1' } } })], false],
  ['is for this account', [statementOf({ Condition: { StringEquals: { 'aws:SourceAccount': account } } })], true],
  [
    'is for tasks here',
    [statementOf({ Condition: { ArnLike: { 'aws:SourceArn': `arn:aws:ecs:us-west-2:${account}:*` } } })],
    true,
  ],
])('a role whose trust policy %s', (_what, statements, isGiven) => {
  addRole(...statements)
  if (isGiven) expect(whyNot({ roleArn })).toBeUndefined()
  else expect(whyNot({ roleArn })).toMatch(/^ECS was unable to assume the role 'arn:aws:iam::123456789012:role\/lab'/)
})
