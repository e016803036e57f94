/**
 * Containers get their secrets as they start, on an engine that misbehaves on order, under a clock
 * that the test moves.
 */
import { afterEach, describe, expect, test } from 'vitest'
import type { ContainerProperties } from '../../model/generated/batch.ts'
import { secretsFrom } from './container-secrets.ts'
import { lostGraceMs, Site } from './site.testing.ts'

let site = new Site()
afterEach(async () => {
  await site.supervisor.close()
  await site.driver.close()
  site = new Site()
})

const why = 'ResourceInitializationError: unable to pull secrets or registry auth: '
const executionRoleArn = 'arn:aws:iam::123456789012:role/execution'
const resourceRequirements = [
  { type: 'VCPU', value: '1' },
  { type: 'MEMORY', value: '64' },
] as const
const secretArn = (name: string) => `arn:aws:secretsmanager:us-west-2:123456789012:secret:${name}`

function container(members: Partial<ContainerProperties>) {
  const common = { image: 'busybox', command: ['exit 0'], executionRoleArn, resourceRequirements }
  return { containerProperties: { ...common, ...members } }
}

const withToken = container({
  environment: [{ name: 'LAB', value: 'doe' }],
  secrets: [
    { name: 'TOKEN', valueFrom: '/lab/token' },
    { name: 'USER', valueFrom: `${secretArn('lab/db-AbCdEf')}:user::` },
    { name: 'AWS_REGION', valueFrom: 'region' },
  ],
})

function setAll() {
  site.secrets.set('/lab/token', 'hush-token')
  site.secrets.set('lab/db', '{"user":"hush-user"}')
  site.secrets.set('region', 'hush-region')
}

test('secrets are variables of the container, marked as secret, and appear nowhere in the job', async () => {
  setAll()
  const jobId = await site.submitNew(withToken)
  await site.finished(jobId)
  expect(site.status(jobId)).toBe('SUCCEEDED')
  const [spec] = site.starts
  // A secret wins over a variable that openbatch sets itself.
  expect(spec!.environment).toMatchObject({
    ...{ LAB: 'doe', TOKEN: 'hush-token', USER: 'hush-user', AWS_REGION: 'hush-region' },
    ...{ AWS_DEFAULT_REGION: 'us-west-2', AWS_BATCH_JOB_ID: jobId },
  })
  expect(spec!.secretNames).toEqual(['TOKEN', 'USER', 'AWS_REGION'])
  expect(JSON.stringify(site.job(jobId))).not.toContain('hush')
})

test('a container without secrets has no secret names', async () => {
  await site.finished(await site.submitNew(container({})))
  expect(site.starts[0]).not.toHaveProperty('secretNames')
  expect(site.starts[0]).not.toHaveProperty('registryAuth')
})

test('a missing secret fails the start without a call to the driver', async () => {
  setAll()
  site.secrets.delete('lab/db')
  const jobId = await site.submitNew(withToken)
  await site.finished(jobId)
  expect(site.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: 'Task failed to start' })
  const [attempt] = site.job(jobId).attempts
  expect(attempt).toMatchObject({ reason: `${why}USER: there is no secret lab/db-AbCdEf, nor lab/db` })
  expect(attempt).not.toHaveProperty('startedAtMs')
  expect(site.starts).toEqual([])
})

test('a retry reads the secrets again', async () => {
  const jobId = await site.submitNew(withToken, { retryStrategy: { attempts: 10 } })
  await site.until(() => site.job(jobId).attempts.length === 1, 'the first attempt')
  setAll()
  await site.finished(jobId)
  expect(site.status(jobId)).toBe('SUCCEEDED')
  expect(site.job(jobId).attempts[0]).toMatchObject({ reason: `${why}TOKEN: there is no secret /lab/token` })
  expect(site.starts).toHaveLength(1)
})

describe('a secret that policies refuse', () => {
  const refused = 'AccessDeniedException: no'

  test('fails the start as on AWS, whether or not it is there', async () => {
    site.refuseSecret = () => refused
    const first = await site.submitNew(withToken)
    await site.finished(first)
    setAll()
    const second = await site.submitNew(withToken)
    await site.finished(second)
    const reason = `${why}TOKEN: execution resource retrieval failed: unable to retrieve secrets from ssm: ${refused}`
    for (const jobId of [first, second]) expect(site.job(jobId).attempts).toMatchObject([{ reason }])
    expect(site.starts).toEqual([])
  })

  test('is asked for each by the service and the names that the definition means', async () => {
    setAll()
    const asked: unknown[] = []
    site.refuseSecret = (named) => {
      asked.push(named)
      return undefined
    }
    const logConfiguration = { logDriver: 'awslogs', secretOptions: [{ name: 'x', valueFrom: 'region' }] } as const
    const members = { secrets: withToken.containerProperties.secrets!, logConfiguration }
    await site.finished(await site.submitNew(container(members)))
    expect(asked).toMatchObject([
      { service: 'ssm', names: ['/lab/token'] },
      { service: 'secretsmanager', names: ['lab/db-AbCdEf', 'lab/db'] },
      { service: 'ssm', names: ['region'] },
      { service: 'ssm', names: ['region'] },
    ])
  })

  test('is refused to the next attempt once the right is gone', async () => {
    setAll()
    site.refuseSecret = () => (site.starts.length > 0 ? refused : undefined)
    const failing = container({ command: ['exit 1'], secrets: [{ name: 'TOKEN', valueFrom: secretArn('lab/db') }] })
    const jobId = await site.submitNew(failing, { retryStrategy: { attempts: 2 } })
    await site.finished(jobId)
    expect(site.job(jobId).attempts[0]).toMatchObject({ exitCode: 1 })
    expect(site.job(jobId).attempts[1]).toMatchObject({
      reason: `${why}TOKEN: execution resource retrieval failed: unable to retrieve secret from asm: ${refused}`,
    })
  })
})

test('each container of a task has its own secrets', async () => {
  setAll()
  const alpha = { name: 'alpha', image: 'busybox', command: ['exit 0'], resourceRequirements }
  const secrets = [{ name: 'TOKEN', valueFrom: '/lab/token' }]
  const beta = { ...alpha, name: 'beta', secrets, dependsOn: [{ containerName: 'alpha', condition: 'SUCCESS' }] }
  const jobId = await site.submitNew({
    ecsProperties: { taskProperties: [{ executionRoleArn, containers: [{ ...alpha, essential: false }, beta] }] },
  })
  await site.finished(jobId)
  expect(site.status(jobId)).toBe('SUCCEEDED')
  expect(site.starts.map(({ environment, secretNames }) => [environment.TOKEN, secretNames])).toEqual([
    [undefined, undefined],
    ['hush-token', ['TOKEN']],
  ])
})

describe('for the registry and the log driver', () => {
  const repositoryCredentials = { credentialsParameter: secretArn('hub-AbCdEf') }
  const secretOptions = [{ name: 'splunk-token', valueFrom: '/lab/token' }]

  test('credentials go to the driver outside the environment, and log options go nowhere', async () => {
    setAll()
    site.secrets.set('hub', '{"username":"robot","password":"hush-hub"}')
    const logConfiguration = { logDriver: 'splunk', secretOptions } as const
    await site.finished(await site.submitNew(container({ repositoryCredentials, logConfiguration })))
    const [{ registryAuth, ...rest }] = site.starts as [(typeof site.starts)[0]]
    expect(registryAuth).toEqual({ username: 'robot', password: 'hush-hub' })
    expect(JSON.stringify(rest)).not.toContain('hush')
  })

  test.each([
    ['repositoryCredentials: there is no secret hub-AbCdEf, nor hub', container({ repositoryCredentials })],
    [
      'log option splunk-token: there is no secret /lab/token',
      container({ logConfiguration: { logDriver: 'awslogs', secretOptions } }),
    ],
  ])('%s', async (reason, definition) => {
    const jobId = await site.submitNew(definition)
    await site.finished(jobId)
    expect(site.job(jobId).attempts).toMatchObject([{ reason: why + reason }])
    expect(site.starts).toEqual([])
  })
})

describe('a secret that is removed', () => {
  test('while its container starts, does not keep the next server from adopting the container', async () => {
    setAll()
    site.control.setStartDelay(5_000)
    const jobId = await site.submitNew(withToken)
    await site.pass(1_000)
    expect(site.status(jobId)).toBe('STARTING')
    site.secrets.clear()
    await site.restart(() => site.pass(10_000))
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
    expect(site.starts.map(({ secretNames }) => secretNames?.length)).toEqual([3, undefined])
  })

  test('before it starts, while the engine cannot say whether it runs, is waited for', async () => {
    site.control.unreachable()
    const jobId = await site.submitNew(withToken)
    await site.pass(10 * lostGraceMs)
    expect(site.status(jobId)).toBe('STARTING')
    site.control.reachable()
    await site.finished(jobId)
    expect(site.job(jobId).attempts).toMatchObject([{ reason: `${why}TOKEN: there is no secret /lab/token` }])
  })
})

test('secrets that cannot be read fail the start, and only the operator learns why', () => {
  const told: unknown[] = []
  const damaged = new Error('secrets.json is damaged')
  const find = () => {
    throw damaged
  }
  const resolveSecrets = secretsFrom(find, (error) => told.push(error))
  expect(resolveSecrets(withToken.containerProperties, () => undefined)).toEqual({
    failed: `${why}the secrets of this server cannot be read`,
  })
  expect(told).toEqual([damaged])
  expect(resolveSecrets({}, () => undefined)).toEqual({ environment: {}, names: [] })
})

test('a member of a secret that no variable can hold fails the start', () => {
  const resolveSecrets = secretsFrom(
    () => '{"key":"a\\u0000b"}',
    () => {},
  )
  const secrets = [{ name: 'KEY', valueFrom: `${secretArn('x')}:key::` }]
  expect(resolveSecrets({ secrets }, () => undefined)).toEqual({
    failed: `${why}KEY: the value holds a zero byte`,
  })
})
