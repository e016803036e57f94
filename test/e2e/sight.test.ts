/**
 * Where others' jobs are hidden, they are as if they were not there: the same calls of a user have
 * the same answers, byte for byte, before and after another user works on the same server, and what
 * names the other's things has the answer of what names nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { batchOperations } from '../../src/edge/generated/operations.ts'
import type { Client } from '../conformance/clients/client.ts'
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { needs } from '../conformance/scenarios/setting.ts'
import { eventually } from '../support/eventually.ts'
import { type Credentials, startServer, type TestServer } from '../support/openbatch-server.ts'
import { signRequest } from '../support/signed-request.ts'

let server: TestServer
let key: Credentials
/** The name of the cluster of `default`. */
let cluster = ''
let [ada, bob, admin]: readonly [Client, Client, Client] = [] as never
beforeAll(async () => {
  server = await startServer({
    driver: 'scripted',
    env: { OPENBATCH_ACCESS_OTHERS_JOBS: 'hidden', OPENBATCH_DRIVERS_SCRIPTED_VCPUS: '256' },
  })
  key = server.addUser('ada')
  const open = (credentials: Credentials) => jsSdk.open({ endpoint: server.endpoint, credentials })
  ;[ada, bob, admin] = [open(key), open(server.addUser('bob')), open(server.administrator)]
  const { computeEnvironments } = await admin.batch('DescribeComputeEnvironments', { computeEnvironments: ['default'] })
  cluster = computeEnvironments![0]!.ecsClusterArn!.split('/')[1]!
  await admin.batch('CreateConsumableResource', { consumableResourceName: 'licence', totalQuantity: 9 })
  await admin.batch('CreateSchedulingPolicy', { name: 'fair', fairsharePolicy: {} })
  await admin.batch('CreateJobQueue', {
    ...{ jobQueueName: 'fair', priority: 1, schedulingPolicyArn: arn('scheduling-policy/fair') },
    computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'default' }],
  })
  for (const [name, command] of Object.entries(commands))
    await admin.batch('RegisterJobDefinition', {
      ...{ jobDefinitionName: name, type: 'container' },
      containerProperties: { image: 'none', command, resourceRequirements: needs(1, 64) },
    })
})
afterAll(async () => {
  for (const client of [ada, bob, admin]) client?.close()
  await server?.stop()
})

const commands = { speak: ['print hello x3'], fail: ['print alas', 'exit 3'], stay: ['print here', 'wait'] }
const arn = (rest: string) => `arn:aws:batch:us-west-2:123456789012:${rest}`

/** What a user has: one of each kind. */
interface Things {
  readonly done: string
  readonly failed: string
  readonly running: string
  readonly waiting: string
  readonly array: string
  readonly streams: readonly string[]
}

async function work(of: Client): Promise<Things> {
  const submit = async (jobDefinition: string, more: object = {}) => {
    const { jobId } = await of.batch('SubmitJob', { jobName: 'work', jobQueue: 'default', jobDefinition, ...more })
    return jobId!
  }
  const licence = {
    consumableResourcePropertiesOverride: { consumableResourceList: [{ consumableResource: 'licence', quantity: 1 }] },
  }
  const done = await submit('speak', licence)
  const failed = await submit('fail')
  const running = await submit('stay', licence)
  const waiting = await submit('speak', { dependsOn: [{ jobId: running }] })
  const array = await submit('speak', { arrayProperties: { size: 3 } })
  await submit('stay', { jobQueue: 'fair', shareIdentifier: 'mine', schedulingPriorityOverride: 1 })
  const jobs = { done, failed, running, waiting, array }
  const ends = { [done]: 'SUCCEEDED', [failed]: 'FAILED', [running]: 'RUNNING', [array]: 'SUCCEEDED' }
  let streams: string[] = []
  await eventually('everything is as far as it gets', async () => {
    const ids = [...Object.keys(ends), `${array}:0`]
    const found = (await of.batch('DescribeJobs', { jobs: ids })).jobs ?? []
    streams = found.flatMap(({ container }) => container?.logStreamName ?? [])
    return (
      streams.length === 4 &&
      found.every(({ jobId = '', status }) => ends[jobId] === undefined || ends[jobId] === status)
    )
  })
  return { ...jobs, streams }
}

interface Asked {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  readonly body?: object
  readonly target?: string
}

const batch = (operation: keyof typeof batchOperations, body: object): Asked => ({
  ...{ path: batchOperations[operation].path, body },
})
const logs = (operation: string, body: object): Asked => ({
  ...{ path: '/', target: `Logs_20140328.${operation}`, body },
})
const own = (path: string): Asked => ({ method: 'GET', path })

const ecs = (operation: string, body: object): Asked => ({
  ...{ path: '/', target: `AmazonEC2ContainerServiceV20141113.${operation}`, body },
})

/** The answer as it goes over the wire, without what names the request or the moment. */
async function answerTo({ method = 'POST', path, body, target }: Asked): Promise<string> {
  const [plainPath = '', search = ''] = path.split('?')
  const request = await signRequest(key, {
    ...{ method, path: plainPath, query: Object.fromEntries(new URLSearchParams(search)) },
    ...(body ? { body: JSON.stringify(body) } : {}),
    service: target ? (target.startsWith('Logs') ? 'logs' : 'ecs') : 'batch',
    headers: {
      host: new URL(server.endpoint).host,
      ...(target ? { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target } : {}),
    },
  })
  const answer = await fetch(server.endpoint + request.url, {
    method,
    headers: request.headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const headers = [...answer.headers].filter(
    ([name]) => !/^(date|x-amzn-requestid|x-amzn-trace-id|x-amz-apigw-id)$/.test(name),
  )
  const text = (await answer.text())
    .replace(/"lastUpdatedAt":\d+/g, '"lastUpdatedAt":0')
    // Sealed anew with each answer. Its length counts.
    .replace(/"nextToken":"([^"]*)"/g, (_, token: string) => `"nextToken":"${'-'.repeat(token.length)}"`)
  return JSON.stringify([answer.status, headers, text])
}

/** Every page of a list, of one item each. */
async function pagesOf(asked: Asked, size: string): Promise<string[]> {
  const pages: string[] = []
  for (let nextToken: string | undefined; ; ) {
    const page = await answerTo({ ...asked, body: { ...asked.body, [size]: 1, ...(nextToken && { nextToken }) } })
    pages.push(page)
    nextToken = (JSON.parse((JSON.parse(page) as [number, unknown, string])[2]) as { nextToken?: string }).nextToken
    if (nextToken === undefined || pages.length > 50) return pages
  }
}

/** What the instances show of attempts. What is held and free of them is for everybody. */
async function attemptsShown(): Promise<unknown> {
  const read = async (path: string) =>
    JSON.parse((JSON.parse(await answerTo(own(path))) as [number, unknown, string])[2])
  const { instances } = (await read('/api/instances')) as { instances: { instanceId: string }[] }
  const details = await Promise.all(instances.map(({ instanceId }) => read(`/api/instances/${instanceId}`)))
  return details.map(({ onDemandAttempts, spotAttempts, attempts }) => ({ onDemandAttempts, spotAttempts, attempts }))
}

const statuses = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'RUNNING', 'SUCCEEDED', 'FAILED']
const group = '/aws/batch/job'

/** Everything that could tell of others, asked without naming them. */
async function general(mine: Things): Promise<Record<string, unknown>> {
  const lists: [Asked, string][] = [
    ...statuses.map(
      (jobStatus) => [batch('ListJobs', { jobQueue: 'default', jobStatus }), 'maxResults'] as [Asked, string],
    ),
    ...[
      { name: 'JOB_NAME', values: ['w*'] },
      { name: 'JOB_DEFINITION', values: ['speak'] },
      { name: 'AFTER_CREATED_AT', values: ['1'] },
      { name: 'BEFORE_CREATED_AT', values: ['9999999999999'] },
      { name: 'SHARE_IDENTIFIER', values: ['*'] },
    ].map((filter) => [batch('ListJobs', { jobQueue: 'default', filters: [filter] }), 'maxResults'] as [Asked, string]),
    [batch('ListJobs', { jobQueue: 'fair', jobStatus: 'RUNNING' }), 'maxResults'],
    [batch('ListJobs', { arrayJobId: mine.array, jobStatus: 'SUCCEEDED' }), 'maxResults'],
    [batch('ListJobsByConsumableResource', { consumableResource: 'licence' }), 'maxResults'],
    [batch('ListServiceJobs', { jobQueue: 'default' }), 'maxResults'],
    [logs('DescribeLogGroups', {}), 'limit'],
    [logs('DescribeLogStreams', { logGroupName: group }), 'limit'],
    [logs('DescribeLogStreams', { logGroupName: group, orderBy: 'LastEventTime', descending: true }), 'limit'],
    [logs('FilterLogEvents', { logGroupName: group }), 'limit'],
    [logs('FilterLogEvents', { logGroupName: group, filterPattern: 'hello' }), 'limit'],
  ]
  const single: Asked[] = [
    batch('DescribeJobs', { jobs: [mine.done, mine.running, mine.waiting, mine.array, `${mine.array}:1`] }),
    ecs('DescribeTasks', { cluster, tasks: mine.streams.map((stream) => stream.slice(-32)) }),
    batch('GetJobQueueSnapshot', { jobQueue: 'default' }),
    batch('GetJobQueueSnapshot', { jobQueue: 'fair' }),
    logs('GetLogEvents', { logGroupName: group, logStreamName: mine.streams[0] }),
    ...['', '?limit=1', '?sort=duration', '?exitCode=99', '?text=wor', '?user=bob', `?children=${mine.array}`].map(
      (query) => own(`/api/jobs${query}`),
    ),
    ...['status', 'user', 'queue', 'exit-code', 'tag:a'].map((by) => own(`/api/jobs/counts?groupBy=${by}`)),
    ...Object.values(mine).flatMap((id) =>
      typeof id === 'string' ? [own(`/api/jobs/${id}/why`), own(`/api/jobs/${id}/story`)] : [],
    ),
  ]
  const told: Record<string, unknown> = {}
  for (const [asked, size] of lists) told[JSON.stringify(asked)] = await pagesOf(asked, size)
  for (const asked of single) told[JSON.stringify(asked)] = await answerTo(asked)
  told.attempts = await attemptsShown()
  return told
}

/** Everything that names a job or a log of somebody. */
function targeted(id: string, stream: string): Asked[] {
  const jobArn = arn(`job/${id}`)
  return [
    batch('DescribeJobs', { jobs: [id] }),
    batch('DescribeJobs', { jobs: [`${id}:0`, `${id}#0`] }),
    batch('ListJobs', { arrayJobId: id, jobStatus: 'SUCCEEDED' }),
    batch('ListJobs', { multiNodeJobId: id, jobStatus: 'RUNNING' }),
    batch('CancelJob', { jobId: id, reason: 'x' }),
    batch('TerminateJob', { jobId: id, reason: 'x' }),
    batch('TerminateJob', { jobId: id, reason: '' }),
    batch('TerminateJob', { jobId: `${id}:1`, reason: 'x' }),
    batch('CancelJobs', { jobs: [id, `${id}:0`], reason: 'x' }),
    batch('TerminateJobs', { jobs: [`${id}:2`, id, ''], reason: 'x' }),
    batch('SubmitJob', { jobName: 'j', jobQueue: 'default', jobDefinition: 'speak', dependsOn: [{ jobId: id }] }),
    batch('SubmitJob', {
      ...{ jobName: 'j', jobQueue: 'default', jobDefinition: 'speak', arrayProperties: { size: 3 } },
      dependsOn: [{ jobId: id, type: 'N_TO_N' }],
    }),
    { method: 'GET', path: `/v1/tags/${encodeURIComponent(jobArn)}` },
    { path: `/v1/tags/${encodeURIComponent(jobArn)}`, body: { tags: { a: 'b' } } },
    { path: `/v1/tags/${encodeURIComponent(`${jobArn}:0`)}`, body: { tags: { a: 'b' } } },
    own(`/api/jobs?text=${id}`),
    own(`/api/jobs?text=${id.slice(0, 8)}`),
    own(`/api/jobs?children=${id}`),
    own(`/api/jobs/counts?children=${id}`),
    own(`/api/jobs/${id}/why`),
    own(`/api/jobs/${id}/story`),
    own(`/api/jobs/${encodeURIComponent(`${id}:0`)}/why`),
    own(`/api/access/explain?action=batch:TerminateJob&resource=${encodeURIComponent(jobArn)}`),
    logs('GetLogEvents', { logGroupName: group, logStreamName: stream }),
    logs('DescribeLogStreams', { logGroupName: group, logStreamNamePrefix: stream }),
    logs('FilterLogEvents', { logGroupName: group, logStreamNamePrefix: stream }),
    logs('FilterLogEvents', { logGroupName: group, logStreamNames: [stream] }),
    logs('DeleteLogStream', { logGroupName: group, logStreamName: stream }),
    logs('PutLogEvents', { logGroupName: group, logStreamName: stream, logEvents: [{ timestamp: 1, message: 'x' }] }),
    ecs('DescribeTasks', { cluster, tasks: [stream.slice(-32)] }),
    ecs('DescribeTasks', {
      cluster,
      tasks: [`arn:aws:ecs:us-west-2:123456789012:task/${cluster}/${stream.slice(-32)}`],
    }),
  ]
}

/** Everything that names a group or a stream of requests. */
function written(logGroupName: string, logStreamName: string): Asked[] {
  const stream = { logGroupName, logStreamName }
  return [
    logs('DescribeLogGroups', { logGroupNamePrefix: logGroupName }),
    logs('DescribeLogStreams', { logGroupName }),
    logs('FilterLogEvents', { logGroupName }),
    logs('FilterLogEvents', { logGroupName, logStreamNames: [logStreamName] }),
    logs('GetLogEvents', stream),
    logs('PutLogEvents', { ...stream, logEvents: [{ timestamp: Date.now(), message: 'x' }] }),
    logs('CreateLogStream', stream),
    logs('DeleteLogStream', stream),
    logs('PutRetentionPolicy', { logGroupName, retentionInDays: 1 }),
    logs('DeleteRetentionPolicy', { logGroupName }),
    logs('DeleteLogGroup', { logGroupName }),
    own(
      `/api/access/explain?action=logs:PutLogEvents&resource=${encodeURIComponent(`arn:aws:logs:us-west-2:123456789012:log-group:${logGroupName}:log-stream:${logStreamName}`)}`,
    ),
  ]
}

describe('where others’ jobs are hidden', () => {
  let mine: Things
  let theirs: Things

  test('a user’s answers are the same whether or not another works on the server', async () => {
    mine = await work(ada)
    const alone = await general(mine)
    theirs = await work(bob)
    expect(await general(mine)).toEqual(alone)
  })

  test('what names a job or a log of another is answered as what names nothing', async () => {
    const absent = '12345678-1234-4123-8123-123456789abc'
    const asStream = (stream: string) => stream.replace(/[0-9a-f]{32}$/, 'f'.repeat(32))
    for (const [kind, id] of Object.entries(theirs)) {
      if (typeof id !== 'string') continue
      for (const stream of kind === 'done' ? theirs.streams : [theirs.streams[0]!]) {
        const [about, like] = [targeted(id, stream), targeted(absent, asStream(stream))]
        for (const [index, asked] of about.entries()) {
          const answer = (await answerTo(asked)).replaceAll(id, absent).replaceAll(stream.slice(-32), 'f'.repeat(32))
          expect(answer, JSON.stringify(asked)).toBe(await answerTo(like[index]!))
        }
      }
    }
  })

  test('a log group that requests of another made is answered as one that is not there', async () => {
    const theirs = { logGroupName: '/lab/bobs', logStreamName: 'run' }
    await bob.logs('CreateLogGroup', { logGroupName: theirs.logGroupName })
    await bob.logs('CreateLogStream', theirs)
    await bob.logs('PutLogEvents', { ...theirs, logEvents: [{ timestamp: Date.now(), message: 'here' }] })
    const like = written('/lab/none', 'run')
    for (const [index, asked] of written(theirs.logGroupName, theirs.logStreamName).entries()) {
      const answer = (await answerTo(asked)).replaceAll('/lab/bobs', '/lab/none')
      const lengths = /\["content-length","\d+"\]/
      expect(answer.replace(lengths, ''), JSON.stringify(asked)).toBe(
        (await answerTo(like[index]!)).replace(lengths, ''),
      )
    }
    const { events } = await bob.logs('GetLogEvents', { ...theirs, startFromHead: true })
    expect(events?.map(({ message }) => message)).toEqual(['here'])
  })

  test('nothing of the other’s was changed by it, and operators see everything', async () => {
    const ids = Object.values(theirs).filter((id) => typeof id === 'string')
    const { jobs = [] } = await bob.batch('DescribeJobs', { jobs: ids })
    expect(
      jobs.map(({ status, tags, isTerminated, isCancelled }) => ({ status, tags, isTerminated, isCancelled })),
    ).toEqual(['SUCCEEDED', 'FAILED', 'RUNNING', 'PENDING', 'SUCCEEDED'].map((status) => ({ status, tags: {} })))
    expect((await admin.batch('DescribeJobs', { jobs: ids })).jobs).toHaveLength(ids.length)
    const { jobSummaryList } = await admin.batch('ListJobs', { jobQueue: 'default', jobStatus: 'RUNNING' })
    expect(jobSummaryList?.map(({ jobId }) => jobId)).toEqual(expect.arrayContaining([mine.running, theirs.running]))
    const { logStreams } = await admin.logs('DescribeLogStreams', { logGroupName: group })
    expect(logStreams?.map(({ logStreamName }) => logStreamName)).toEqual(
      expect.arrayContaining([...mine.streams, ...theirs.streams]),
    )
  })
})
