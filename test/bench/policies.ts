/**
 * What policies cost: SubmitJob per second by 100 users who have 300 policies of ten statements
 * among them, nine each beside OpenBatchUser, which is as many as IAM allows. Beside it an
 * installation whose only policy is its administrator's.
 */
import { newRandomPart } from '../../src/access/identities/arn.ts'
import { createAccessKey } from '../../src/access/identities/decide-access-key.ts'
import { createUser } from '../../src/access/identities/decide-user.ts'
import { accept, put } from '../../src/access/identities/decision.ts'
import type { ManagedPolicy } from '../../src/access/identities/entities.ts'
import { IdentityDirectory } from '../../src/access/identities/identity-directory.ts'
import { shippedPolicyId } from '../../src/access/identities/shipped-policies.ts'
import { newKeyPair } from '../../src/access/user.ts'
import { type Compared, compare } from './rounds.ts'
import { administrator, type Credentials, cpuMs, type Serving, serveOpenbatch } from './serving.ts'
import { define, fire, sign } from './submit.ts'

const rounds = Number(process.env.OPENBATCH_BENCH_ROUNDS ?? 5)
const connections = 16
const warmUpSeconds = 10
const [users, policies, policiesEach, statements] = [100, 300, 9, 10]
const account = '123456789012'

export async function measurePolicies(): Promise<Compared> {
  const env = { OPENBATCH_DRIVERS_SCRIPTED_VCPUS: '1' }
  const [many, plain] = [await serveOpenbatch('scripted', env), await serveOpenbatch('scripted', env)]
  try {
    await define(many)
    await define(plain)
    const keys = addUsers(many)
    const alone = keys.map(() => administrator(plain))
    // Every key is unsealed once, every policy is read once, and what is used is compiled.
    await submitsPerCpuSecond(many, keys, warmUpSeconds)
    await submitsPerCpuSecond(plain, alone, warmUpSeconds)
    return await compare(
      rounds,
      () => submitsPerCpuSecond(many, keys),
      () => submitsPerCpuSecond(plain, alone),
    )
  } finally {
    await many.stop()
    await plain.stop()
  }
}

/** The server is one thread: what a submission costs it says how many it can take, however busy the machine is. */
async function submitsPerCpuSecond(
  { endpoint, pid }: Serving,
  keys: readonly Credentials[],
  seconds?: number,
): Promise<number> {
  const signed = await Promise.all(keys.map((key) => sign(endpoint, key)))
  const before = cpuMs(pid)
  const { accepted } = await fire(endpoint, connections, signed, seconds)
  return accepted / ((cpuMs(pid) - before) / 1000)
}

/** As a site has them: for a lab's queues, by tags, by address and by time, and a few that deny. */
function documentOf(number: number): string {
  const lab = `lab-${number}`
  const statement = [
    {
      Effect: 'Allow',
      Action: 'batch:SubmitJob',
      Resource: [`arn:aws:batch:*:*:job-queue/${lab}*`, 'arn:aws:batch:*:*:job-definition/*'],
    },
    {
      Effect: 'Allow',
      Action: ['batch:TagResource', 'batch:UntagResource'],
      Resource: `arn:aws:batch:*:*:job-queue/${lab}*`,
    },
    { Effect: 'Deny', Action: 'batch:SubmitJob', Resource: `arn:aws:batch:*:*:job-queue/closed-${number}` },
    {
      Effect: 'Deny',
      Action: 'batch:*',
      Resource: '*',
      Condition: { NotIpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '127.0.0.0/8'] } },
    },
    {
      Effect: 'Allow',
      Action: 'batch:Create*',
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestTag/lab': lab } },
    },
    {
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: [`arn:aws:s3:::${lab}`, `arn:aws:s3:::${lab}/*`],
    },
    { Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${lab}/\${aws:username}/*` },
    { Effect: 'Allow', Action: 'iam:PassRole', Resource: `arn:aws:iam::*:role/${lab}-*` },
    { Effect: 'Allow', Action: 'logs:Get*', Resource: `arn:aws:logs:*:*:log-group:/${lab}/*` },
    { Effect: 'Deny', NotAction: ['batch:*', 'logs:*', 's3:*', 'iam:*', 'sts:*', 'openbatch:*'], Resource: '*' },
  ]
  if (statement.length !== statements) throw new Error('not as many statements as are said')
  return JSON.stringify({ Version: '2012-10-17', Statement: statement })
}

/** Written all at once: the command would take a minute. */
function addUsers({ directory }: Serving): Credentials[] {
  const identities = new IdentityDirectory(directory, Date.now())
  try {
    const made = Array.from({ length: policies }, (_, number): ManagedPolicy => {
      const version = { versionId: 'v1', document: documentOf(number), createdAtMs: Date.now() }
      const times = { createdAtMs: Date.now(), updatedAtMs: Date.now() }
      const named = {
        kind: 'policy',
        id: `ANPA${newRandomPart()}`,
        name: `lab-${number}`,
        path: '/',
        tags: {},
      } as const
      return { ...named, ...times, defaultVersionId: 'v1', versions: [version], nextVersion: 2 }
    })
    identities.change(() => accept(undefined, ...made.map(put)))
    return Array.from({ length: users }, (_, number) => {
      const key = newKeyPair()
      const occasion = { now: Date.now(), account, randomPart: newRandomPart() }
      const name = `user-${number}`
      const own = Array.from({ length: policiesEach }, (_, at) => made[(number * 3 + at * 31) % policies]!.id)
      const attachedPolicyIds = [shippedPolicyId('OpenBatchUser'), ...own]
      const sealed = {
        accessKeyId: key.accessKeyId,
        sealedSecret: identities.secrets.seal(key.accessKeyId, key.secretAccessKey),
      }
      const refused = identities.change((known) => {
        const created = createUser(known, { userName: name }, occasion)
        if (created.kind === 'refusal') return created
        const user = put({ ...created.answer, attachedPolicyIds })
        const keyed = createAccessKey(known.after([user]), name, sealed, occasion)
        return keyed.kind === 'refusal' ? keyed : accept(undefined, user, ...keyed.changes)
      })
      if (refused) throw new Error(JSON.stringify(refused))
      return key
    })
  } finally {
    identities.close()
  }
}

if (process.argv[1] === import.meta.filename) console.table([await measurePolicies()])
