/**
 * Whatever a client sends, the server answers, and the fault is never its own. Bodies generated
 * from the shapes of every built operation, right and wrong, never get a 5xx, and every answer has
 * the shape of AWS's model. `OPENBATCH_TEST_SEED` gives another sequence; a failure names its own.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import batchSchema from '../../src/edge/generated/batch.schema.json' with { type: 'json' }
import logsSchema from '../../src/edge/generated/logs.schema.json' with { type: 'json' }
import { batchOperations, logsOperations, type OperationShape } from '../../src/edge/generated/operations.ts'
import { batchOperations as built } from '../../src/edge/services/batch/operations.ts'
import { logsOperations as builtLogs } from '../../src/edge/services/logs/operations.ts'
import type { JobDetail } from '../../src/model/generated/batch.ts'
import { eventually } from '../support/eventually.ts'
import { bodiesOf, type Definitions } from '../support/generated-bodies.ts'
import { startServer, type TestServer, tail } from '../support/openbatch-server.ts'
import { type RawAnswer, sendSigned } from '../support/raw-request.ts'

const runsEach = 150
const seed = Number(process.env.OPENBATCH_TEST_SEED ?? 20261122)
let server: TestServer
let jobId: string
let logStreamName: string
/** Operations that accepted at least one of the bodies. */
const accepted = new Set<string>()

beforeAll(async () => {
  server = await startServer({
    driver: 'scripted',
    env: { OPENBATCH_DRIVERS_SCRIPTED_ENABLED: 'true', OPENBATCH_LOG_LEVEL: 'warn' },
  })
  await sendBatch(batchOperations.RegisterJobDefinition, {
    ...{ jobDefinitionName: 'known', type: 'container', parameters: { x: 'y' } },
    containerProperties: { image: 'busybox', command: ['echo', 'Ref::x'], vcpus: 1, memory: 64 },
  })
  const submitted = { jobName: 'known', jobQueue: 'default', jobDefinition: 'known' }
  const { body } = await sendBatch(batchOperations.SubmitJob, submitted)
  jobId = (JSON.parse(body) as { jobId: string }).jobId
  logStreamName = await eventually('the job has written its log', async () => {
    const answer = await sendBatch(batchOperations.DescribeJobs, { jobs: [jobId] })
    const { jobs } = JSON.parse(answer.body) as { jobs: JobDetail[] }
    return jobs[0]!.status === 'SUCCEEDED' && jobs[0]!.container!.logStreamName
  })
})
afterAll(() => server?.stop())

// Operations that remove or change what others name come last.
const isLast = (name: string) => /^(Delete|Deregister|Update)/.test(name)
const names = built.map(({ name }) => name)
test.each([...names.filter((name) => !isLast(name)), ...names.filter(isLast)])('%s', async (name) => {
  const shape: OperationShape = batchOperations[name as keyof typeof batchOperations]
  const example = examples()[name]
  await neverFails(name, bodiesOf(batchSchema.definitions as Definitions, shape.input, texts(), example), (body) =>
    sendBatch(shape, body as Record<string, unknown>),
  )
})

test.each(builtLogs.map(({ name }) => name))('logs: %s', async (name) => {
  const shape: OperationShape = logsOperations[name as keyof typeof logsOperations]
  const headers = { 'x-amz-target': `Logs_20140328.${name}`, 'content-type': 'application/x-amz-json-1.1' }
  const bodies = bodiesOf(logsSchema.definitions as Definitions, shape.input, texts(), examples()[name])
  await neverFails(name, bodies, (body) =>
    sendSigned(server.endpoint, server.administrator, {
      path: '/',
      service: 'logs',
      headers,
      body: JSON.stringify(body),
    }),
  )
})

test('some bodies were accepted, and the server works after all of them', async () => {
  expect([...accepted]).toEqual(expect.arrayContaining(Object.keys(examples())))
  const { status, body } = await sendBatch(batchOperations.DescribeJobs, { jobs: [jobId] })
  expect(status).toBe(200)
  expect((JSON.parse(body) as { jobs: unknown[] }).jobs).toHaveLength(1)
})

async function neverFails(
  name: string,
  bodies: fc.Arbitrary<object>,
  send: (body: object) => Promise<RawAnswer>,
): Promise<void> {
  const property = fc.asyncProperty(bodies, async (body) => {
    const { status, body: answer } = await send(body)
    if (status === 200) accepted.add(name)
    else expect((JSON.parse(answer) as { message: string }).message).toMatch(/\S/)
    expect(status, `${answer}\nthe server said:\n${tail(server.log())}`).toBeLessThan(500)
  })
  await fc.assert(property, { numRuns: runsEach, seed })
}

/** Members of the path or the query go there, as clients send them. */
function sendBatch(shape: OperationShape, body: Record<string, unknown>): Promise<RawAnswer> {
  let { path } = shape
  const query: Record<string, string[]> = {}
  for (const label of shape.labels) {
    path = path.replace(`{${label}}`, encodeURIComponent(textOf(body[label])))
    delete body[label]
  }
  for (const [member, parameter] of Object.entries(shape.query)) {
    query[parameter] = [body[member]].flat().map(textOf)
    delete body[member]
  }
  const bodyOf = shape.method === 'POST' ? { body: JSON.stringify(body) } : {}
  return sendSigned(server.endpoint, server.administrator, { method: shape.method, path, query, ...bodyOf })
}

function textOf(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toWellFormed()
}

/** Bodies that are accepted. */
function examples(): Record<string, object> {
  const container = { image: 'busybox', command: ['echo', 'Ref::x'], vcpus: 1, memory: 64 }
  const resourceArn = 'arn:aws:batch:us-west-2:123456789012:job-definition/known:1'
  const resources = {
    type: 'SPOT',
    maxvCpus: 4,
    instanceTypes: ['optimal'],
    instanceRole: 'role',
    subnets: ['subnet-1'],
  }
  return {
    RegisterJobDefinition: {
      ...{ jobDefinitionName: 'fresh', type: 'container', parameters: { x: 'y' } },
      containerProperties: container,
    },
    SubmitJob: { jobName: 'fresh', jobQueue: 'default', jobDefinition: 'known:1' },
    CreateComputeEnvironment: {
      ...{ computeEnvironmentName: 'fresh', type: 'MANAGED' },
      computeResources: { ...resources, minvCpus: 0, securityGroupIds: ['sg-1'] },
    },
    CreateJobQueue: {
      ...{ jobQueueName: 'fresh', priority: 1 },
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'default' }],
    },
    UpdateComputeEnvironment: { computeEnvironment: 'default', state: 'ENABLED' },
    UpdateJobQueue: { jobQueue: 'default', state: 'ENABLED' },
    DescribeJobs: { jobs: [jobId] },
    ListJobs: { jobQueue: 'default', jobStatus: 'SUCCEEDED' },
    CancelJob: { jobId, reason: 'generated' },
    TagResource: { resourceArn, tags: { a: 'b' } },
    UntagResource: { resourceArn, tagKeys: ['a'] },
    ListTagsForResource: { resourceArn },
    DescribeLogStreams: { logGroupName: '/aws/batch/job' },
    GetLogEvents: { logGroupName: '/aws/batch/job', logStreamName },
    FilterLogEvents: { logGroupName: '/aws/batch/job', filterPattern: '' },
  }
}

/** Existing names, in the forms that clients use. */
function texts(): string[] {
  const arn = (resource: string) => `arn:aws:batch:us-west-2:123456789012:${resource}`
  return [
    ...['default', 'known', 'known:1', 'fresh', 'busybox:1', 'EC2', 'VCPU', 'MEMORY', '1', '64', '/aws/batch/job'],
    ...['RUNNABLE', 'SUCCEEDED', 'ACTIVE', jobId, `${jobId}:0`, logStreamName, 'JOB_NAME', 'known*'],
    ...[
      arn('job-queue/default'),
      arn('job-definition/known:1'),
      arn('compute-environment/default'),
      arn(`job/${jobId}`),
    ],
  ]
}
