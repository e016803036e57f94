/**
 * Jobs of ordinary users, the host and each other, as people meet it: refused in AWS’s words when
 * they are submitted, and kept apart by accounts of the machine when they run as processes.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContainerProperties } from '../../src/model/generated/batch.ts'
import type { Client } from '../conformance/clients/client.ts'
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { needs } from '../conformance/scenarios/setting.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'

let server: TestServer
let root: string
let [jdoe, asmith, admin]: readonly [Client, Client, Client] = [] as never
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'openbatch-escapes-'))
  chmodSync(root, 0o711)
  mkdirSync(join(root, 'data'))
  server = await startServer({
    driver: 'process',
    env: {
      OPENBATCH_DRIVERS_PROCESS_OPEN_DIRECTORY: join(root, 'open'),
      OPENBATCH_HOST_ACCESS: JSON.stringify({ data: { hostPaths: { [join(root, 'data')]: 'readWrite' } } }),
    },
  })
  const open = (credentials: TestServer['administrator']) => jsSdk.open({ endpoint: server.endpoint, credentials })
  ;[jdoe, asmith] = [open(server.addUser('jdoe')), open(server.addUser('asmith'))]
  admin = open(server.administrator)
})
afterAll(async () => {
  for (const client of [jdoe, asmith, admin]) client?.close()
  await server?.stop()
  rmSync(root, { recursive: true, force: true })
})

let serial = 0
/** Registers and submits; resolves with the job’s id. */
async function submit(client: Client, more: ContainerProperties, jobQueue = 'default'): Promise<string> {
  const jobDefinitionName = `escape-${serial++}`
  const containerProperties = { image: 'none', command: ['true'], resourceRequirements: needs(1, 64), ...more }
  await client.batch('RegisterJobDefinition', { jobDefinitionName, type: 'container', containerProperties })
  const job = { jobName: 'j', jobQueue, jobDefinition: jobDefinitionName }
  return (await client.batch('SubmitJob', job)).jobId ?? ''
}
async function ended(client: Client, jobId: string) {
  return eventually(`the end of ${jobId}`, async () => {
    const [job] = (await client.batch('DescribeJobs', { jobs: [jobId] })).jobs ?? []
    return job?.status === 'SUCCEEDED' || job?.status === 'FAILED' ? job : undefined
  })
}
async function linesOf(client: Client, script: string): Promise<string[]> {
  const job = await ended(client, await submit(client, { command: ['sh', '-c', script] }))
  const logStreamName = job.container?.logStreamName ?? ''
  const { events = [] } = await client.logs('GetLogEvents', {
    ...{ logGroupName: '/aws/batch/job', logStreamName, startFromHead: true },
  })
  return events.map(({ message = '' }) => message)
}

test('an ordinary user is refused in AWS’s words, and an administrator is not', async () => {
  await expect(submit(jdoe, { privileged: true })).rejects.toMatchObject({
    code: 'AccessDeniedException',
    message: expect.stringMatching(
      /^User: arn:aws:iam::123456789012:user\/jdoe is not authorized to perform: openbatch:ReachHost on resource: .*containerProperties\.privileged: /,
    ),
  })
  const host = { volumes: [{ name: 'v', host: { sourcePath: '/etc' } }], user: '1000' }
  await expect(submit(jdoe, host)).rejects.toMatchObject({ code: 'AccessDeniedException' })
  expect((await ended(admin, await submit(admin, { privileged: true, volumes: host.volumes }))).status).toBe(
    'SUCCEEDED',
  )
  const { jobs = [] } = await admin.batch('DescribeJobs', { jobs: [await submit(jdoe, {})] })
  expect(JSON.stringify(jobs)).not.toContain('confined')
})

test('a compute environment grants a host path by its tag', async () => {
  await admin.batch('CreateComputeEnvironment', {
    ...{ computeEnvironmentName: 'data', type: 'MANAGED', tags: { 'openbatch:host-access': 'data' } },
    computeResources: {
      ...{ type: 'EC2', minvCpus: 0, maxvCpus: 2, instanceRole: 'none', instanceTypes: ['optimal'], subnets: [] },
    },
  })
  await eventually('the environment', async () => {
    const { computeEnvironments = [] } = await admin.batch('DescribeComputeEnvironments', {
      computeEnvironments: ['data'],
    })
    return computeEnvironments[0]?.status === 'VALID' || undefined
  })
  await admin.batch('CreateJobQueue', {
    ...{ jobQueueName: 'data', priority: 1, computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'data' }] },
  })
  const path = join(root, 'data')
  const mounted = {
    ...{ user: '1900000000', volumes: [{ name: 'v', host: { sourcePath: `${path}/` } }] },
    mountPoints: [{ sourceVolume: 'v', containerPath: `${path}/` }],
  }
  await expect(submit(jdoe, mounted)).rejects.toMatchObject({ code: 'AccessDeniedException' })
  expect(await ended(jdoe, await submit(jdoe, mounted, 'data'))).toMatchObject({ status: 'SUCCEEDED' })
})

describe.runIf(process.getuid?.() === 0)('on a server that is root', () => {
  test('each user’s jobs have an account of their own, and an administrator’s have the server’s', async () => {
    const [one, two] = await Promise.all([linesOf(jdoe, 'id -u'), linesOf(asmith, 'id -u')])
    expect(new Set([...one, ...two]).size).toBe(2)
    for (const uid of [...one, ...two]) expect(Number(uid)).toBeGreaterThanOrEqual(1_900_000_000)
    expect(await linesOf(admin, 'id -u')).toEqual(['0'])
  })

  test('a job reaches neither another user’s job nor the server', async () => {
    const script = 'echo private > "$HOME/secret"; pwd; echo $$; exec sleep 600'
    const other = await submit(asmith, {
      command: ['sh', '-c', script],
      environment: [{ name: 'TOKEN', value: 'hush' }],
    })
    const [place = '', pid = ''] = await eventually('both lines of the other job', async () => {
      const [job] = (await asmith.batch('DescribeJobs', { jobs: [other] })).jobs ?? []
      if (job?.status !== 'RUNNING') return undefined
      const logStreamName = job.container?.logStreamName ?? ''
      const { events = [] } = await asmith.logs('GetLogEvents', { logGroupName: '/aws/batch/job', logStreamName })
      return events.length === 2 ? events.map(({ message = '' }) => message) : undefined
    })
    expect(existsSync(join(place, 'secret'))).toBe(true)
    writeFileSync(join(server.dataDir, 'readable'), 'x', { mode: 0o644 })
    const commands = [
      ...[
        `cat ${place}/secret`,
        `ls ${place}`,
        `cat /proc/${pid}/environ`,
        `head -c 1 /proc/${pid}/mem`,
        `kill ${pid}`,
      ],
      ...[`ls ${server.dataDir}`, `cat ${server.dataDir}/users.json`, `cat ${server.dataDir}/readable`],
      ...[`head -c 1 /proc/${server.pid}/mem`, `cat /proc/${server.pid}/environ`, `ls /proc/${server.pid}/fd`],
      `kill ${server.pid}`,
    ]
    const tries = commands.map((it) => `( ${it} ) >/dev/null 2>&1 && echo 'reached: ${it}'`)
    expect(await linesOf(jdoe, [...tries, 'echo done'].join('\n'))).toEqual(['done'])
    expect(statSync(server.dataDir).mode & 0o777).toBe(0o700)
    rmSync(join(server.dataDir, 'readable'))

    await asmith.batch('TerminateJob', { jobId: other, reason: 'enough' })
    await ended(asmith, other)
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false)
    await eventually('its directories to be gone', () => !existsSync(place))
  })

  test('a job does not become another user of the machine', async () => {
    const job = await ended(jdoe, await submit(jdoe, { user: 'root' }))
    expect(job).toMatchObject({ status: 'FAILED' })
    expect(job.container?.reason).toMatch(/runs the jobs of jdoe as \d+:\d+, and not as root/)
  })
})
