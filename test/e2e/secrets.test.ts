/**
 * Secrets with a whole server: jobs get them, nobody else does, and they change while the server
 * runs.
 */
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BatchClient,
  type ContainerProperties,
  DescribeJobDefinitionsCommand,
  DescribeJobsCommand,
  type JobDetail,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readStream } from '../chaos/read-back.ts'
import type { Client } from '../conformance/clients/client.ts'
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { baseImage } from '../engine/base-image.ts'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { callEngine } from '../engine/engine-http.ts'
import { startRegistry, type TestRegistry } from '../engine/registry.ts'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'

const withinMs = 120_000
const executionRoleArn = 'arn:aws:iam::123456789012:role/execution'
const unable = 'ResourceInitializationError: unable to pull secrets or registry auth: '
const arnOf = (name: string) => `arn:aws:secretsmanager:us-west-2:123456789012:secret:${name}`
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
/** A value that can be found wherever it appears unchanged. */
const newValue = () => `hush${randomBytes(24).toString('hex')}`
const hashOf = (variable: string) => `printf %s "$${variable}" | sha256sum | cut -d' ' -f1`

const documentOf = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement })

describe.each(['process', 'docker'] as const)('on the %s driver', (driver) => {
  let engine: TestEngine | undefined
  let server: TestServer
  let batch: BatchClient
  let logs: CloudWatchLogsClient
  let iam: Client
  let shared: string
  beforeAll(async () => {
    shared = mkdtempSync(join(tmpdir(), 'openbatch-shared-'))
    if (driver === 'docker') engine = await startEngine()
    server = await startServer({
      driver,
      env: {
        ...{ OPENBATCH_EVENTS_FILE: 'events.jsonl', OPENBATCH_LOG_LEVEL: 'debug' },
        ...(engine && { OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost }),
      },
    })
    const { administrator: credentials, endpoint } = server
    const settings = { endpoint, region: 'us-west-2', credentials, maxAttempts: 1 }
    batch = new BatchClient(settings)
    logs = new CloudWatchLogsClient(settings)
    iam = jsSdk.open({ endpoint, credentials })
    const trust = { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }
    await iam.iam('CreateRole', { RoleName: 'execution', AssumeRolePolicyDocument: documentOf(trust) })
    await allow('*')
  })
  /** Lets the execution role read these. */
  const allow = (Resource: string) =>
    iam.iam('PutRolePolicy', {
      ...{ RoleName: 'execution', PolicyName: 'reads' },
      PolicyDocument: documentOf({
        Effect: 'Allow',
        Action: ['secretsmanager:GetSecretValue', 'ssm:GetParameters'],
        Resource,
      }),
    })
  afterAll(async () => {
    batch?.destroy()
    logs?.destroy()
    iam?.close()
    await server?.stop()
    await engine?.stop()
    rmSync(shared, { recursive: true, force: true })
  })

  const secret = (verb: string, name: string, input = '') =>
    execFileSync(openbatchCommand, ['secret', verb, name, '--data-dir', server.dataDir], { input, encoding: 'utf8' })
  const openGate = (name: string) => writeFileSync(join(shared, name), '')
  /** `gate NAME` waits until that gate is opened. */
  const submit = async (script: string, members: Partial<ContainerProperties>, attempts = 1): Promise<string> => {
    const gate = `gate() { until [ -e "${shared}/$1" ]; do sleep 0.1; done; }`
    const containerProperties = {
      ...{ image: baseImage, command: ['sh', '-c', `${gate}\n${script}`], executionRoleArn },
      resourceRequirements: [
        { type: 'VCPU' as const, value: '1' },
        { type: 'MEMORY' as const, value: '64' },
      ],
      volumes: [{ name: 'shared', host: { sourcePath: shared } }],
      mountPoints: [{ sourceVolume: 'shared', containerPath: shared }],
      ...members,
    }
    const input = { jobDefinitionName: 'secretive', type: 'container' as const, containerProperties }
    const { jobDefinitionArn: jobDefinition } = await batch.send(new RegisterJobDefinitionCommand(input))
    const job = { jobName: 'secretive', jobQueue: 'default', jobDefinition, retryStrategy: { attempts } }
    return (await batch.send(new SubmitJobCommand(job))).jobId!
  }
  const describeJob = async (jobId: string): Promise<JobDetail> =>
    (await batch.send(new DescribeJobsCommand({ jobs: [jobId] }))).jobs![0]!
  const until = (jobId: string, ...statuses: string[]) =>
    eventually(
      `${jobId} ${statuses}`,
      async () => {
        const job = await describeJob(jobId)
        return statuses.includes(job.status!) && job
      },
      { withinMs },
    )
  const ended = (jobId: string) => until(jobId, 'SUCCEEDED', 'FAILED')
  const lines = async ({ attempts = [] }: JobDetail) =>
    (await Promise.all(attempts.map(({ container }) => readStream(logs, container!.logStreamName!)))).flat()

  test('a job gets secrets whole and in part; DescribeJobs names them and does not show them', async () => {
    const [token, password] = [newValue(), newValue()]
    secret('set', '/lab/token', `${token}\n`)
    secret('set', 'lab/db', JSON.stringify({ user: 'ada', password }))
    const secrets = [
      { name: 'TOKEN', valueFrom: 'arn:aws:ssm:eu-west-1:111122223333:parameter/lab/token' },
      { name: 'PASSWORD', valueFrom: `${arnOf('lab/db-AbCdEf')}:password::` },
    ]
    const job = await ended(await submit(`${hashOf('TOKEN')}; ${hashOf('PASSWORD')}`, { secrets }))
    expect(job.status).toBe('SUCCEEDED')
    expect(await lines(job)).toEqual([sha256(token), sha256(password)])
    expect(job.container!.secrets).toEqual(secrets)
    expect(job.container!.environment!.map(({ name }) => name)).not.toContain('TOKEN')
  })

  test('a missing secret fails the job and is named; once it is set, the same job runs', async () => {
    const value = newValue()
    const secrets = [{ name: 'TOKEN', valueFrom: arnOf('late') }]
    const failed = await ended(await submit(hashOf('TOKEN'), { secrets }))
    expect(failed).toMatchObject({
      ...{ status: 'FAILED', statusReason: 'Task failed to start' },
      container: { reason: `${unable}TOKEN: there is no secret late` },
    })
    expect(failed).not.toHaveProperty('startedAt')
    secret('set', 'late', value)
    expect(await lines(await ended(await submit(hashOf('TOKEN'), { secrets })))).toEqual([sha256(value)])
  })

  test('a secret that the execution role may not read fails the job, in ECS’s words, until it may', async () => {
    secret('set', 'guarded', newValue())
    const secrets = [{ name: 'TOKEN', valueFrom: arnOf('guarded-AbCdEf') }]
    await allow(arnOf('other-??????'))
    const failed = await ended(await submit('echo started', { secrets }))
    expect(failed).toMatchObject({ status: 'FAILED', statusReason: 'Task failed to start' })
    expect(failed.container!.reason).toMatch(
      `${unable}TOKEN: execution resource retrieval failed: unable to retrieve secret from asm: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/execution/`,
    )
    await allow(arnOf('guarded-??????'))
    expect((await ended(await submit('echo started', { secrets }))).status).toBe('SUCCEEDED')
    await allow('*')
  })

  test('a retry reads the values that were set, or removed, while the previous attempt ran', async () => {
    const [first, second] = [newValue(), newValue()]
    secret('set', 'rotating', first)
    const secrets = [{ name: 'TOKEN', valueFrom: 'rotating' }]
    const jobId = await submit(`${hashOf('TOKEN')}; gate end-$AWS_BATCH_JOB_ATTEMPT; exit 1`, { secrets }, 3)
    await until(jobId, 'RUNNING')
    secret('set', 'rotating', second)
    openGate('end-1')
    const inSecond = async () => (await until(jobId, 'RUNNING', 'FAILED')).attempts!.length === 1
    await eventually('the second attempt', inSecond, { withinMs })
    secret('remove', 'rotating')
    openGate('end-2')
    const job = await ended(jobId)
    const [one, two, three] = job.attempts!
    expect([one, two]).toMatchObject([{ container: { exitCode: 1 } }, { container: { exitCode: 1 } }])
    expect(await lines({ ...job, attempts: [one!, two!] })).toEqual([sha256(first), sha256(second)])
    expect(three!.container!.reason).toBe(`${unable}TOKEN: there is no secret rotating`)
  })

  test('its value appears nowhere in the data directory, the answers, the events and the server’s own log', async () => {
    const value = newValue()
    secret('set', 'searched', value)
    const secrets = [{ name: 'TOKEN', valueFrom: arnOf('searched') }]
    const logConfiguration = { logDriver: 'awslogs' as const, secretOptions: [{ name: 'x', valueFrom: 'searched' }] }
    const jobId = await submit('echo begun; gate searched', { secrets, logConfiguration })
    await until(jobId, 'RUNNING')
    // A plain process is started from a file, which is removed with it.
    const whileItRuns = filesHolding(server.dataDir, value)
    expect(whileItRuns).toHaveLength(driver === 'process' ? 1 : 0)
    for (const path of whileItRuns) expect(statSync(path).mode & 0o077).toBe(0)
    openGate('searched')
    const job = await ended(jobId)
    expect(job.status).toBe('SUCCEEDED')
    const events = () => readFileSync(join(server.dataDir, 'events.jsonl'), 'utf8')
    await eventually('the event of its end', () =>
      events()
        .split('\n')
        .some((line) => line.includes(jobId) && line.includes('"status":"SUCCEEDED"')),
    )
    await eventually('nothing of it is left', () => filesHolding(server.dataDir, value).length === 0)
    // The search covers existing files: it finds the job, and finds the secret in the one excluded
    // file.
    expect(filesHolding(server.dataDir, jobId).map((path) => path.slice(server.dataDir.length))).toContain(
      '/events.jsonl',
    )
    expect(readFileSync(join(server.dataDir, 'secrets.json'), 'utf8')).toContain(value)
    const { jobDefinitions } = await batch.send(new DescribeJobDefinitionsCommand({ jobDefinitionName: 'secretive' }))
    expect(JSON.stringify([job, jobDefinitions])).not.toContain(value)
    expect(server.log()).not.toContain(value)
  })

  // A plain process needs no image.
  if (driver === 'process') return

  test('an image is pulled with the credentials of a secret', async () => {
    const user = {
      ...{ username: 'robot', password: 'hush-hush' },
      passwordHash: '$2b$04$oAiV.hfPzmowRQKG5PhYGu8ry9NkhwWl6NKTbRDB8Fu7rC1eSBGee',
    }
    const registry: TestRegistry = await startRegistry(user)
    try {
      const image = await registry.push(engine!.socketPath, baseImage, 'team/secret:v1')
      const repositoryCredentials = { credentialsParameter: arnOf('hub-AbCdEf') }
      const pulled = async () => ended(await submit('echo pulled', { image, repositoryCredentials }))
      expect(await pulled()).toMatchObject({
        container: { reason: `${unable}repositoryCredentials: there is no secret hub-AbCdEf, nor hub` },
      })
      secret('set', 'hub', JSON.stringify({ username: 'robot', password: 'guessed' }))
      const wrong = await pulled()
      expect(wrong.container!.reason).toMatch(/^CannotPullContainerError: .*(auth|denied)/)
      secret('set', 'hub', JSON.stringify({ username: user.username, password: user.password }))
      const right = await pulled()
      expect(await lines(right)).toEqual(['pulled'])
      expect(right.container!.repositoryCredentials).toEqual(repositoryCredentials)
      expect(filesHolding(server.dataDir, user.password)).toEqual([])
      await callEngine(engine!.socketPath, 'DELETE', `/images/${image}?force=1`)
    } finally {
      await registry.stop()
    }
  })
})

/**
 * Paths of all files in the directory and below that contain the text, except the secrets
 * themselves.
 */
function filesHolding(directory: string, text: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'secrets.json')
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => contentOf(path).includes(text))
}

/** Files come and go while the server runs. */
function contentOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
