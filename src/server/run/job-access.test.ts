/** The variables of a container: where it asks for its credentials, or these themselves, and nothing that the job sets itself. */
import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { ContainerKeys } from '../../access/job-credentials/container-keys.ts'
import type { ContainerOfJob, JobCredentials } from '../../access/job-credentials/job-credentials.ts'
import { emptyState, rulesOfAws } from '../../core/state/state.ts'
import { account } from '../../core/world.testing.ts'
import type { ContainerDetail } from '../../model/generated/batch.ts'
import type { Job, LiveAttempt } from '../../model/job.ts'
import type { Secret } from '../../secrets/secret.ts'
import { secretArn } from '../../secrets/secret-arn.ts'
import { JobAccess, type JobAccessOptions } from './job-access.ts'

const key = { id: '00c0ffee', secret: randomBytes(32) }
const keys = new ContainerKeys({ current: () => key, find: () => key })
const attempt = {
  ...{ number: 1, name: 'openbatch-j-1', taskId: 'a', computeEnvironment: 'ce', driver: 'd', instanceId: 'i-1' },
} as LiveAttempt
const jobOf = (timeoutSeconds?: number) =>
  ({
    jobId: 'j',
    spec: { owner: 'ada', createdAtMs: 0, workload: { kind: 'container' }, ...(timeoutSeconds && { timeoutSeconds }) },
  }) as unknown as Job

/** What was asked of the credentials, and what the container got. */
async function variables(
  at: string | undefined,
  container: ContainerDetail = {},
  more: {
    refused?: string
    timeoutSeconds?: number
    runs?: boolean
    outside?: JobAccessOptions['outside']
    ofOperator?: Record<string, string>
  } = {},
) {
  const asked: (ContainerOfJob & { seconds: number })[] = []
  const issue: JobCredentials['issue'] = (of, seconds, now) => {
    asked.push({ ...of, seconds })
    if (more.refused !== undefined) return { why: more.refused }
    return { accessKeyId: 'ASIA', secretAccessKey: 'secret', sessionToken: 'token', expiresAtMs: now }
  }
  const access = new JobAccess({
    doors: { credentialsEndpointFor: () => at, endpointFor: () => 'http://127.0.0.1:1' },
    runs: () => more.runs ?? true,
    environmentOf: (name) => (name === 'ce' ? (more.ofOperator ?? {}) : {}),
    secrets: { look: () => undefined },
    state: () => emptyState(account, 'scripted', rulesOfAws),
    now: () => 0,
    outside: more.outside,
    log: pino({ level: 'silent' }),
  })
  access.use({ keys, credentials: { issue } as JobCredentials, secretRights: { refusal: () => 'no' } })
  const of = { container: { name: 'default', container } } as never
  const {
    AWS_EC2_METADATA_DISABLED,
    ECS_CONTAINER_METADATA_URI_V4: metadata,
    ...given
  } = await access.variablesFor(jobOf(more.timeoutSeconds), attempt, of)
  expect(AWS_EC2_METADATA_DISABLED).toBe((more.runs ?? true) ? 'true' : undefined)
  return { asked, given, metadata }
}

const setting = (name: string) => ({ environment: [{ name, value: 'own' }] })
const withSecret = (name: string) => ({ secrets: [{ name, valueFrom: 'x' }] })

test('at the address of ECS’s agent every SDK asks by a path', async () => {
  const { given } = await variables('http://169.254.170.2:80')
  expect(Object.keys(given)).toEqual(['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'])
  const [, id] = /^\/v2\/credentials\/(.+)$/.exec(given.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI!)!
  expect(keys.open(id!, 'credentials')).toBe('openbatch-j-1')
})

test.each(['http://127.0.0.1:8642', 'http://169.254.170.2:8642'])('at %s newer SDKs show a token', async (at) => {
  const { given } = await variables(at)
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri = '', AWS_CONTAINER_AUTHORIZATION_TOKEN: token, ...others } = given
  expect(others).toEqual({})
  expect(uri.startsWith(`${at}/v2/credentials/`)).toBe(true)
  expect(keys.open(uri.split('/').at(-1)!, 'credentialsWithToken', token)).toBe('openbatch-j-1')
})

test('a container reads about itself where it asks, or where it reaches the server', async () => {
  const at = async (endpoint: string | undefined) =>
    /^(.*)\/v4\/(.*)$/.exec((await variables(endpoint)).metadata ?? '')!
  for (const endpoint of ['http://169.254.170.2', 'http://127.0.0.1:8642']) {
    const [, base, id] = await at(endpoint === 'http://169.254.170.2' ? `${endpoint}:80` : endpoint)
    expect(base).toBe(endpoint)
    expect(keys.open(id!, 'metadata')).toBe('openbatch-j-1')
  }
  expect((await at(undefined))[1]).toBe('http://127.0.0.1:1')
})

test('where a job cannot ask, its credentials last as long as it may run', async () => {
  const keysOfRole = { AWS_ACCESS_KEY_ID: 'ASIA', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' }
  const { given, asked } = await variables(undefined, { jobRoleArn: 'arn:role' }, { timeoutSeconds: 100 })
  expect(given).toEqual(keysOfRole)
  expect(asked).toMatchObject([
    { jobId: 'j', attempt: 1, owner: 'ada', roleArn: 'arn:role', taskId: 'a', seconds: 3700 },
  ])
  expect((await variables(undefined)).asked).toMatchObject([{ seconds: 14 * 24 * 3600 }])
  expect((await variables(undefined, {}, { refused: 'no role' })).given).toEqual({})
})

test('a driver that runs nothing gets nothing', async () => {
  expect(await variables(undefined, {}, { runs: false })).toEqual({ asked: [], given: {}, metadata: undefined })
})

test('what a job sets itself is never replaced, whether as a variable or as a secret', async () => {
  for (const own of [setting, withSecret]) {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'])
      expect((await variables(undefined, own(name))).given).toEqual({})
    for (const name of ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'])
      expect((await variables('http://127.0.0.1:1', own(name))).given).toEqual({})
  }
  // SDKs ask only when they find no keys and no profile, so the job may have both.
  expect(Object.keys((await variables('http://127.0.0.1:1', setting('AWS_ACCESS_KEY_ID'))).given)).toHaveLength(2)
})

test('where objects are outside, a job has their address and region, unless it has an address of its own', async () => {
  const outside = { endpoint: 'https://s3.lab.example', region: 'eu-west-1' }
  const at = 'http://169.254.170.2:80'
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: _, ...given } = (await variables(at, {}, { outside })).given
  const region = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' }
  const checksums = {
    AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
    AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
  }
  expect(given).toEqual({ AWS_ENDPOINT_URL_S3: outside.endpoint, ...checksums, ...region })
  for (const own of [setting, withSecret])
    for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3']) {
      const { given } = await variables(at, own(name), { outside })
      expect(given.AWS_ENDPOINT_URL_S3).toBeUndefined()
    }
  const { given: plain } = await variables(at, {}, { outside: { endpoint: outside.endpoint } })
  expect(Object.keys(plain)).toEqual([
    'AWS_ENDPOINT_URL_S3',
    ...Object.keys(checksums),
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  ])
})

test('the operator’s variables are added, and what the operator sets is not given beside them', async () => {
  const ofOperator = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'x', PATH: '/opt/lab/bin:/bin' }
  expect((await variables(undefined, {}, { ofOperator })).given).toEqual(ofOperator)
  expect((await variables(undefined, {}, { ofOperator, runs: false })).given).toEqual(ofOperator)
  const more = { ofOperator: { PATH: '/bin' } }
  expect((await variables(undefined, {}, more)).given).toMatchObject({ AWS_ACCESS_KEY_ID: 'ASIA', PATH: '/bin' })
})

test('policies are asked about the secret that is meant, as the execution role', () => {
  const asked: unknown[] = []
  const access = new JobAccess({
    doors: { credentialsEndpointFor: () => undefined, endpointFor: () => 'http://127.0.0.1:1' },
    ...{ runs: () => true, environmentOf: () => ({}), now: () => 7, log: pino({ level: 'silent' }) },
    secrets: { look: (name) => (name === 'lab/db' ? ({ name } as Secret) : undefined) },
    state: () => emptyState(account, 'scripted', rulesOfAws),
  })
  const of = { container: { name: 'default', container: { jobRoleArn: 'arn:job', executionRoleArn: 'arn:execution' } } }
  const refusal = access.secretRefusal(jobOf(), attempt, of as never)
  // Before the identities are open, nobody may have any.
  expect(refusal({ service: 'ssm', names: ['x'] })).toBe('the policies of this server are not known')
  const secretRights = {
    refusal: (...asks: unknown[]) => {
      asked.push(asks)
      return undefined
    },
  }
  access.use({ keys, credentials: {} as JobCredentials, secretRights })
  refusal({ service: 'secretsmanager', names: ['lab/db-AbCdEf', 'lab/db'] })
  refusal({ service: 'secretsmanager', names: ['none-AbCdEf', 'none'] })
  access.secretRefusal(jobOf(), attempt, { container: { name: 'c', container: {} } } as never)({
    ...{ service: 'ssm', names: ['/lab/a', 'lab/a'] },
  })
  const execution = expect.objectContaining({ owner: 'ada', taskId: 'a', roleArn: 'arn:execution' })
  const action = 'secretsmanager:GetSecretValue'
  expect(asked).toEqual([
    [execution, { action, resource: secretArn(account, 'lab/db') }, 7],
    [execution, { action, resource: secretArn(account, 'none') }, 7],
    [
      expect.not.objectContaining({ roleArn: expect.anything() }),
      { action: 'ssm:GetParameters', resource: 'arn:aws:ssm:us-west-2:123456789012:parameter/lab/a' },
      7,
    ],
  ])
})
