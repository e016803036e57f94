/** Credentials that end, by the SDK's own STS client: a session of oneself, and a role that is assumed. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchClient, DescribeJobQueuesCommand, SubmitJobCommand } from '@aws-sdk/client-batch'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Credentials, openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'

type Temporary = Credentials & { readonly sessionToken: string }

let server: TestServer
let documents: string
beforeAll(async () => {
  documents = mkdtempSync(join(tmpdir(), 'openbatch-policies-'))
  server = await startServer({ driver: 'scripted' })
})
afterAll(async () => {
  rmSync(documents, { recursive: true })
  await server?.stop()
})

const openbatch = (...args: string[]) =>
  execFileSync(openbatchCommand, [...args, '--data-dir', server.dataDir], { encoding: 'utf8' })

function documentOf(name: string, ...statements: object[]): string {
  const file = join(documents, `${name}.json`)
  writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: statements }))
  return file
}

/** Every call opens a client and closes it. */
async function using_<C extends { destroy(): void }, T>(client: C, work: (client: C) => Promise<T>): Promise<T> {
  try {
    return await work(client)
  } finally {
    client.destroy()
  }
}
const settings = (credentials: Credentials) => ({
  ...{ endpoint: server.endpoint, region: 'us-west-2', credentials, maxAttempts: 1 },
})
const sts = <T>(who: Credentials, work: (client: STSClient) => Promise<T>) => using_(new STSClient(settings(who)), work)
const batch = <T>(who: Credentials, work: (client: BatchClient) => Promise<T>) =>
  using_(new BatchClient(settings(who)), work)

const whoIs = (who: Credentials) => sts(who, (client) => client.send(new GetCallerIdentityCommand({})))
const seeQueues = (who: Credentials) => batch(who, (client) => client.send(new DescribeJobQueuesCommand({})))

async function sessionOf(who: Credentials, DurationSeconds?: number): Promise<Temporary> {
  const { Credentials: made } = await sts(who, (client) => client.send(new GetSessionTokenCommand({ DurationSeconds })))
  return temporary(made)
}

async function assume(who: Credentials, role: string, more: object = {}): Promise<Temporary> {
  const { Credentials: made } = await sts(who, (client) =>
    client.send(new AssumeRoleCommand({ RoleArn: roleArn(role), RoleSessionName: 'night', ...more })),
  )
  return temporary(made)
}

const roleArn = (name: string) => `arn:aws:iam::123456789012:role/${name}`

function temporary(made: { AccessKeyId?: string; SecretAccessKey?: string; SessionToken?: string } | undefined) {
  const {
    AccessKeyId: accessKeyId = '',
    SecretAccessKey: secretAccessKey = '',
    SessionToken: sessionToken = '',
  } = made ?? {}
  expect(accessKeyId).toMatch(/^ASIA[A-Z0-9]{16}$/)
  return { accessKeyId, secretAccessKey, sessionToken }
}

test('a session is its user for a while, and ends with them', async () => {
  const jdoe = server.addUser('jdoe')
  const session = await sessionOf(jdoe, 900)
  expect(await whoIs(session)).toMatchObject({ Arn: 'arn:aws:iam::123456789012:user/jdoe' })
  expect((await seeQueues(session)).jobQueues).toHaveLength(1)
  await expect(sessionOf(session)).rejects.toMatchObject({ name: 'AccessDenied' })
  await expect(sessionOf(jdoe, 60)).rejects.toMatchObject({
    ...{ name: 'ValidationError', message: expect.stringContaining("Value '60' at 'durationSeconds'") },
  })
  const other: Temporary = { ...session, sessionToken: `${session.sessionToken.slice(0, -2)}AA` }
  await expect(whoIs(other)).rejects.toMatchObject({
    name: 'InvalidClientTokenId',
  })
  openbatch('user', 'disable', 'jdoe')
  await eventually('the session has ended', () =>
    whoIs(session).then(
      () => false,
      () => true,
    ),
  )
})

test('a role is assumed by those whom its trust policy names, and has its own rights alone', async () => {
  const ada = server.addUser('ada')
  const bob = server.addUser('bob')
  const adaArn = 'arn:aws:iam::123456789012:user/ada'
  const trust = documentOf('trust', {
    ...{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: adaArn } },
    Condition: { StringLike: { 'sts:RoleSessionName': 'n*' } },
  })
  openbatch('role', 'add', 'watcher', '--trust-policy', trust)
  openbatch('role', 'attach', 'watcher', 'OpenBatchReadOnly')

  const night = await assume(ada, 'watcher')
  expect(await whoIs(night)).toMatchObject({
    Arn: 'arn:aws:sts::123456789012:assumed-role/watcher/night',
    UserId: expect.stringMatching(/^AROA[A-Z0-9]{17}:night$/),
  })
  expect((await seeQueues(night)).jobQueues).toHaveLength(1)
  const job = { jobName: 'j', jobQueue: 'default', jobDefinition: 'd' }
  await expect(batch(night, (client) => client.send(new SubmitJobCommand(job)))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('assumed-role/watcher/night is not authorized to perform: batch:SubmitJob'),
  })

  const refused = {
    name: 'AccessDenied',
    message: expect.stringContaining('is not authorized to perform: sts:AssumeRole'),
  }
  await expect(assume(bob, 'watcher')).rejects.toMatchObject(refused)
  await expect(assume(ada, 'watcher', { RoleSessionName: 'day' })).rejects.toMatchObject(refused)
  await expect(assume(ada, 'nobody')).rejects.toMatchObject(refused)
  await expect(assume(ada, 'watcher', { DurationSeconds: 43_200 })).rejects.toMatchObject({ name: 'ValidationError' })

  openbatch('role', 'detach', 'watcher', 'OpenBatchReadOnly')
  openbatch('role', 'remove', 'watcher')
  await eventually('the session has ended with its role', () =>
    whoIs(night).then(
      () => false,
      () => true,
    ),
  )
})

test('a trust policy that names the account leaves it to the policies of its users', async () => {
  const eve = server.addUser('eve')
  const trust = documentOf('account', {
    ...{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '123456789012' } },
  })
  openbatch('role', 'add', 'shared', '--trust-policy', trust)
  await expect(assume(eve, 'shared')).rejects.toMatchObject({ name: 'AccessDenied' })
  const may = documentOf('may', { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: roleArn('shared') })
  openbatch('policy', 'add', 'may-assume', may)
  openbatch('user', 'attach', 'eve', 'may-assume')
  await eventually('eve may', () =>
    assume(eve, 'shared').then(
      () => true,
      () => false,
    ),
  )
  const deny = documentOf('deny', { Effect: 'Deny', Action: 'sts:*', Resource: '*' })
  openbatch('policy', 'add', 'no-sts', deny)
  openbatch('user', 'attach', 'eve', 'no-sts')
  await eventually('eve may not any more', () =>
    assume(eve, 'shared').then(
      () => false,
      () => true,
    ),
  )
})

test('the command prints credentials for AWS’s clients, of oneself and of a role', async () => {
  const made = JSON.parse(openbatch('credentials', '--duration', '900')) as Record<string, string>
  expect(Object.keys(made)).toEqual(['Version', 'AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'])
  const session: Temporary = {
    ...{ accessKeyId: made.AccessKeyId!, secretAccessKey: made.SecretAccessKey! },
    sessionToken: made.SessionToken!,
  }
  expect(await whoIs(session)).toMatchObject({ Arn: 'arn:aws:iam::123456789012:user/admin' })
  const lasts = Date.parse(made.Expiration!) - Date.now()
  expect(lasts).toBeGreaterThan(800_000)
  expect(lasts).toBeLessThanOrEqual(900_000)
  const role = JSON.parse(openbatch('credentials', '--role', roleArn('shared'), '--session-name', 'ops'))
  expect(role).toMatchObject({ Version: 1, AccessKeyId: expect.stringMatching(/^ASIA/) })
  expect(() => openbatch('credentials', '--role', roleArn('nobody'))).toThrow('is not authorized to perform')
})
