/**
 * `openbatch why` against a real server: for users, through a crash, and its answer when there are
 * no reasons.
 */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { needs } from '../conformance/scenarios/setting.ts'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'

let server: TestServer
let batch: ReturnType<typeof jsSdk.open>['batch']
let close: () => void
beforeAll(async () => {
  server = await startServer({ driver: 'scripted', env: { OPENBATCH_DRIVERS_SCRIPTED_VCPUS: '4' } })
  const client = jsSdk.open({ endpoint: server.endpoint, credentials: server.addUser('jdoe') })
  batch = client.batch
  close = client.close
  await batch('RegisterJobDefinition', {
    ...{ jobDefinitionName: 'stay', type: 'container' },
    containerProperties: { image: 'none', command: ['wait'], resourceRequirements: needs(1, 64) },
  })
})
afterAll(async () => {
  close?.()
  await server?.stop()
})

function why(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(openbatchCommand, ['why', '--data-dir', server.dataDir, ...args], {
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

async function submit(vcpus: number, more: object = {}): Promise<string> {
  const { jobId } = await batch('SubmitJob', {
    ...{ jobName: 'j', jobQueue: 'default', jobDefinition: 'stay' },
    containerOverrides: { resourceRequirements: needs(vcpus, 64) },
    ...more,
  })
  return jobId!
}
const status = async (jobId: string) => (await batch('DescribeJobs', { jobs: [jobId] })).jobs![0]!.status

test('a starting job says why it does not run yet, even after a crash', async () => {
  const image = 'image busybox:1 is being pulled: 12 of 40 MiB'
  const { jobId } = await batch('SubmitJob', {
    ...{ jobName: 'j', jobQueue: 'default', jobDefinition: 'stay' },
    containerOverrides: { command: [`pull 1h ${image}`], resourceRequirements: needs(1, 64) },
  })
  const starting = `${jobId} is STARTING: Starting: the scripted driver is making it ready on local.`
  const told = { code: 0, out: `${starting}\n1. Being started: ${image}.\n`, err: '' }
  await eventually('it is said', async () => why(jobId!).out.includes('Being started'))
  expect(why(jobId!, '--user', 'jdoe')).toEqual(told)
  await server.kill9()
  await server.restart()
  await eventually('it is said again', async () => why(jobId!).out.includes('Being started'))
  expect(why(jobId!)).toEqual(told)
  await batch('TerminateJob', { jobId, reason: 'enough' })
  await eventually('it has ended', async () => (await status(jobId!)) === 'FAILED')
  expect(why(jobId!).out).not.toContain('Being started')
})

test('any user sees the reasons, which DescribeJobs begins with, and which outlive a crash', async () => {
  const running = await submit(3)
  const head = await submit(2)
  const array = await submit(1, { arrayProperties: { size: 2 } })
  const never = await submit(5)
  await eventually('the first runs', async () => (await status(running)) === 'RUNNING')

  const { startedAt } = (await batch('DescribeJobs', { jobs: [running] })).jobs![0]!
  const since = new Date(startedAt!).toISOString().replace(/\.\d+Z$/, 'Z')
  const capacity = `Waiting for capacity: needs 2 vCPU and 64 MiB; the host with the most room has 1 vCPU and 262080 MiB free. Held by j (${running} of jdoe, running since ${since}).`
  expect(why(head, '--user', 'jdoe')).toEqual({
    ...{ code: 0, err: '' },
    out: `${head} is RUNNABLE\n1. ${capacity} [CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY]\n`,
  })
  expect((await batch('DescribeJobs', { jobs: [head] })).jobs![0]!.statusReason).toBe(capacity)
  expect(why(`${array}:1`, '--user', 'jdoe').out).toMatch(
    new RegExp(
      `^${array}:1 is RUNNABLE\n1\\. Waiting for its turn: position 3 in the queue, behind job j \\(${head} of jdoe, submitted at \\S+Z\\)\\.`,
    ),
  )
  expect(why(never).out).toMatch(
    /^1\. MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - .+ The job asks for 5 vCPU .+ the largest host has 4 vCPU .+\. An operator can offer more with drivers\.scripted\.vcpus\.$/m,
  )
  const before = [head, `${array}:1`, never].map((jobId) => why(jobId, '--json').out)
  await server.kill9()
  await server.restart()
  await eventually('the first runs again', async () => (await status(running)) === 'RUNNING')
  expect([head, `${array}:1`, never].map((jobId) => why(jobId, '--json').out)).toEqual(before)

  expect(why(running)).toEqual({ code: 0, out: `${running} is RUNNING\n`, err: '' })
  await batch('TerminateJob', { jobId: running, reason: 'enough' })
  await eventually('it has ended', async () => (await status(running)) === 'FAILED')
  const told = new RegExp(
    `^${running} is FAILED: enough\nIt was terminated by jdoe at [0-9T:.-]{23}Z: enough\n(.+\n)*There was no further attempt: it was terminated`,
  )
  expect(why(running).out).toMatch(told)
  await server.kill9()
  await server.restart()
  expect(why(running).out).toMatch(told)
})

test('an unknown job and a stopped server are failures that say so', async () => {
  expect(why('no-such-job')).toEqual({ code: 1, out: '', err: 'openbatch: Job no-such-job not found.\n' })
  await server.kill9()
  expect(why('no-such-job')).toEqual({
    ...{ code: 1, out: '' },
    err: `openbatch: no server is running on ${server.dataDir}\n`,
  })
  await server.restart()
})
