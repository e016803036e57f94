/**
 * Who may do what, as people meet it: refused in AWS's words, and told why by `openbatch access
 * explain`.
 */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '../conformance/clients/client.ts'
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { needs } from '../conformance/scenarios/setting.ts'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'

let server: TestServer
let [jdoe, asmith]: readonly [Client, Client] = [] as never
beforeAll(async () => {
  server = await startServer({ driver: 'scripted' })
  const open = (name: string) => jsSdk.open({ endpoint: server.endpoint, credentials: server.addUser(name) })
  ;[jdoe, asmith] = [open('jdoe'), open('asmith')]
})
afterAll(async () => {
  jdoe?.close()
  asmith?.close()
  await server?.stop()
})

function openbatch(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(openbatchCommand, args, {
    encoding: 'utf8',
    env: { ...process.env, OPENBATCH_DATA_DIR: server.dataDir },
  })
  return { code: status, out: stdout, err: stderr }
}
const explain = (...args: string[]) => openbatch('access', 'explain', ...args)
const arn = (rest: string) => `arn:aws:batch:us-west-2:123456789012:${rest}`

test('what a user may do, and why they may not', async () => {
  const queue = arn('job-queue/mine')
  await expect(
    jdoe.batch('CreateJobQueue', {
      ...{ jobQueueName: 'mine', priority: 1 },
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'default' }],
    }),
  ).rejects.toMatchObject({ code: 'AccessDeniedException' })
  expect(explain('jdoe', 'batch:CreateJobQueue', queue)).toEqual({
    ...{ code: 0, err: '' },
    out: `jdoe may not: no policy of jdoe allows batch:CreateJobQueue on ${queue}.\n`,
  })
  expect(explain('admin', 'batch:CreateJobQueue', queue).out).toBe(
    `admin may: batch:CreateJobQueue on ${queue} is allowed by statement Everything of OpenBatchAdmin.\n`,
  )
  expect(explain('jdoe', 'batch:DescribeJobs', '--user', 'jdoe').out).toBe(
    'jdoe may: batch:DescribeJobs on * is allowed by statement See of OpenBatchUser.\n',
  )
})

test('a job is its owner’s: others see it, and cannot stop it', async () => {
  await asmith.batch('RegisterJobDefinition', {
    ...{ jobDefinitionName: 'stay', type: 'container' },
    containerProperties: { image: 'none', command: ['wait'], resourceRequirements: needs(1, 64) },
  })
  const { jobId = '' } = await asmith.batch('SubmitJob', {
    ...{ jobName: 'hers', jobQueue: 'default', jobDefinition: 'stay' },
  })
  expect((await jdoe.batch('DescribeJobs', { jobs: [jobId] })).jobs).toHaveLength(1)
  await expect(jdoe.batch('TerminateJob', { jobId, reason: 'x' })).rejects.toMatchObject({
    code: 'AccessDeniedException',
  })
  const resource = arn(`job/${jobId}`)
  expect(explain('jdoe', 'batch:TerminateJob', resource).out.split('\n')).toEqual([
    `jdoe may not: no policy of jdoe allows batch:TerminateJob on ${resource}.`,
    'statement ChangeWhatIsOnesOwn of OpenBatchUser would allow it, but its condition StringEqualsIfExists openbatch:Owner does not hold.',
    'the resource is asmith’s.',
    '',
  ])
  expect(JSON.parse(explain('asmith', 'batch:TerminateJob', resource, '--json').out)).toMatchObject({
    ...{ user: 'asmith', decision: 'allowed', owner: 'asmith' },
    by: { policy: 'OpenBatchUser', statement: 'ChangeWhatIsOnesOwn' },
  })
  await asmith.batch('TerminateJob', { jobId, reason: 'enough' })
})

test('nobody asks about others without permission, and nothing is asked that makes no sense', async () => {
  const denied = explain('admin', 'batch:SubmitJob', '--user', 'jdoe')
  expect(denied).toMatchObject({
    code: 1,
    err: expect.stringContaining('openbatch:ExplainAccess on resource: arn:aws:iam::123456789012:user/admin'),
  })
  expect(explain('nobody', 'batch:SubmitJob')).toMatchObject({ code: 1, err: 'openbatch: User nobody not found.\n' })
  expect(explain('jdoe', 'SubmitJob')).toMatchObject({
    ...{ code: 1, err: 'openbatch: action must be given as SERVICE:ACTION, such as batch:SubmitJob.\n' },
  })
})

test('what was changed and what was refused is in the audit, for operators', async () => {
  const lines = openbatch('audit', '--of', 'jdoe').out.split('\n')
  expect(lines).toContainEqual(
    expect.stringMatching(/^\S+Z jdoe from 127\.0\.0\.1 batch:CreateJobQueue on arn:.*: 403 AccessDeniedException$/),
  )
  const [submitted] = openbatch('audit', '--action', 'batch:SubmitJob', '--json').out.trim().split('\n')
  expect(JSON.parse(submitted!)).toMatchObject({ user: 'asmith', made: expect.stringContaining(':job/') })
  expect(openbatch('audit', '--user', 'jdoe')).toMatchObject({
    ...{ code: 1, err: expect.stringContaining('is not authorized to perform: openbatch:ReadAudit') },
  })
})

test('a user who is disabled loses access within a second', async () => {
  await jdoe.batch('DescribeJobQueues', {})
  expect(openbatch('user', 'disable', 'jdoe').code).toBe(0)
  const sinceMs = Date.now()
  await eventually('jdoe is refused', async () => {
    const refused = await jdoe.batch('DescribeJobQueues', {}).then(
      () => false,
      (error: { code: string }) => error.code === 'UnrecognizedClientException',
    )
    return refused
  })
  expect(Date.now() - sinceMs).toBeLessThan(1000)
})
