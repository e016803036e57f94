/**
 * Jobs of several containers and of several nodes with a whole server, as plain processes and as
 * containers of a real engine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BatchClient,
  DescribeJobsCommand,
  type JobDetail,
  RegisterJobDefinitionCommand,
  type RegisterJobDefinitionCommandInput,
  SubmitJobCommand,
  type TaskContainerProperties,
  TerminateJobCommand,
} from '@aws-sdk/client-batch'
import { CloudWatchLogsClient, DescribeLogStreamsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxNetwork, nodeNetwork, type ShellNetwork } from '../../src/drivers/contract/shell-network.contract.ts'
import { readStream } from '../chaos/read-back.ts'
import { baseImage } from '../engine/base-image.ts'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'

const withinMs = 120_000
const resourceRequirements = [
  { type: 'VCPU' as const, value: '1' },
  { type: 'MEMORY' as const, value: '128' },
]
/** Each test has ports of its own, because plain processes share the machine's. */
let nextPort = 20_000 + (process.pid % 10_000)

const stopped = expect.toBeOneOf([137, 143])

describe.each(['process', 'docker'] as const)('on the %s driver', (driver) => {
  const network: ShellNetwork = driver === 'docker' ? busyboxNetwork : nodeNetwork
  let engine: TestEngine | undefined
  let server: TestServer
  let batch: BatchClient
  let logs: CloudWatchLogsClient
  let shared: string
  beforeAll(async () => {
    shared = mkdtempSync(join(tmpdir(), 'openbatch-shared-'))
    if (driver === 'docker') engine = await startEngine()
    const docker = engine && { OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost, OPENBATCH_DRIVERS_DOCKER_VCPUS: '8' }
    const env = { OPENBATCH_JOBS_STOP_GRACE_SECONDS: '2', OPENBATCH_DRIVERS_PROCESS_VCPUS: '8', ...docker }
    server = await startServer({ driver, env })
    const { administrator: credentials, endpoint } = server
    const settings = { endpoint, region: 'us-west-2', credentials, maxAttempts: 1 }
    batch = new BatchClient(settings)
    logs = new CloudWatchLogsClient(settings)
  })
  afterAll(async () => {
    batch?.destroy()
    logs?.destroy()
    await server?.stop()
    await engine?.stop()
    rmSync(shared, { recursive: true, force: true })
  })

  /** The definition has this name, with which the names of the log streams begin. */
  const submit = async (name: string, definition: Partial<RegisterJobDefinitionCommandInput>): Promise<string> => {
    const input = { jobDefinitionName: name, type: 'container' as const, ...definition }
    await batch.send(new RegisterJobDefinitionCommand(input))
    const { jobId } = await batch.send(
      new SubmitJobCommand({ jobName: name, jobQueue: 'default', jobDefinition: name }),
    )
    return jobId!
  }
  const describeJob = async (jobId: string): Promise<JobDetail> =>
    (await batch.send(new DescribeJobsCommand({ jobs: [jobId] }))).jobs![0]!
  const ended = (jobId: string) =>
    eventually(
      `the end of ${jobId}`,
      async () => {
        const job = await describeJob(jobId)
        return (job.status === 'SUCCEEDED' || job.status === 'FAILED') && job
      },
      { withinMs },
    )
  /** What the containers with this name wrote, in no particular order. */
  const linesOf = async (definition: string, containerName: string): Promise<string[]> => {
    const logStreamNamePrefix = `${definition}/${containerName}/`
    const found = await logs.send(
      new DescribeLogStreamsCommand({ logGroupName: '/aws/batch/job', logStreamNamePrefix }),
    )
    const lines = await Promise.all((found.logStreams ?? []).map((it) => readStream(logs, it.logStreamName!)))
    return lines.flat()
  }
  const container = (name: string, script: string, more: Partial<TaskContainerProperties> = {}) => ({
    name,
    image: baseImage,
    command: ['sh', '-c', script],
    resourceRequirements,
    mountPoints: [{ sourceVolume: 'work', containerPath: '/tmp' }],
    ...more,
  })
  /** On the scratch space that the containers of a task share. */
  const file = '"$' + '{TMPDIR:-/tmp}/file"'
  const volumes = [{ name: 'work', host: {} }]
  const untilServed = (port: number) =>
    `until [ "$(${network.fetch('127.0.0.1', port)})" = secret ]; do sleep 0.1; done 2> /dev/null`

  test('containers start in the order of their dependencies, share network and scratch, and end with the essential one', async () => {
    const port = nextPort++
    const containers = [
      container('db', `${network.serve(port, 'secret')}\nsleep 600`, { essential: false }),
      container('prepare', `${untilServed(port)}\necho prepared > ${file}\nexit 7`, {
        essential: false,
        dependsOn: [{ containerName: 'db', condition: 'START' }],
      }),
      container('check', `cat ${file}`, {
        essential: false,
        dependsOn: [{ containerName: 'prepare', condition: 'COMPLETE' }],
      }),
      container('app', `cat ${file}\n${network.fetch('127.0.0.1', port)}\necho id $AWS_BATCH_JOB_ID\nexit 3`, {
        dependsOn: [{ containerName: 'check', condition: 'SUCCESS' }],
      }),
    ]
    const jobId = await submit('several', { ecsProperties: { taskProperties: [{ containers, volumes }] } })
    const job = await ended(jobId)
    expect(job).toMatchObject({ status: 'FAILED', statusReason: 'Essential container in task exited' })
    const facts = job.attempts![0]!.taskProperties![0]!.containers!
    expect(facts.map(({ name, exitCode }) => [name, exitCode])).toEqual([
      ['db', stopped],
      ['prepare', 7],
      ['check', 0],
      ['app', 3],
    ])
    for (const { name, logStreamName } of facts)
      expect(logStreamName).toMatch(new RegExp(`^several/${name}/[0-9a-f]{32}$`))
    expect(await linesOf('several', 'check')).toEqual(['prepared'])
    expect(await linesOf('several', 'app')).toEqual(['prepared', 'secret', `id ${jobId}`])
  })

  test('a container that depends on the success of a failed one does not start', async () => {
    const containers = [
      container('first', 'exit 2', { essential: false }),
      container('second', 'echo never', { dependsOn: [{ containerName: 'first', condition: 'SUCCESS' }] }),
    ]
    const job = await ended(await submit('hopeless', { ecsProperties: { taskProperties: [{ containers, volumes }] } }))
    expect(job).toMatchObject({ status: 'FAILED', statusReason: 'Task failed to start' })
    const [first, second] = job.attempts![0]!.taskProperties![0]!.containers!
    expect(first).toMatchObject({ exitCode: 2 })
    expect(second!.reason).toMatch(/^CannotStartContainerError: .*first.* did not exit successfully$/)
    expect(second).not.toHaveProperty('exitCode')
    expect(await linesOf('hopeless', 'second')).toEqual([])
  })

  /** Both scripts have a directory of the host in $SHARED. */
  const multinode = (main: string, others: string): Partial<RegisterJobDefinitionCommandInput> => {
    const node = (targetNodes: string, script: string) => ({
      targetNodes,
      container: {
        image: baseImage,
        command: ['sh', '-c', script],
        environment: [{ name: 'SHARED', value: shared }],
        volumes: [{ name: 'shared', host: { sourcePath: shared } }],
        mountPoints: [{ sourceVolume: 'shared', containerPath: shared }],
        resourceRequirements,
      },
    })
    const nodeRangeProperties = [node('0', main), node('1:', others)]
    return { type: 'multinode', nodeProperties: { numNodes: 3, mainNode: 0, nodeRangeProperties } }
  }
  const untilFile = (...names: string[]) =>
    `until ${names.map((name) => `[ -e $SHARED/${name} ]`).join(' && ')}; do sleep 0.1; done`

  test('nodes reach the main node at its address, and end with it', async () => {
    const port = nextPort++
    const fetch = network.fetch('$ADDRESS', port)
    const jobId = await submit(
      'nodes',
      multinode(
        [
          network.serve(port, 'from the main node'),
          'echo node $AWS_BATCH_JOB_NODE_INDEX of $AWS_BATCH_JOB_NUM_NODES',
          untilFile('told-1', 'told-2'),
        ].join('\n'),
        [
          'ADDRESS=$AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS',
          // The script for Node stands between quotes. The main node runs from when its container
          // does, which may be before its server listens.
          `until TEXT=$(${driver === 'docker' ? fetch : fetch.replace('$ADDRESS', `'"$ADDRESS"'`)}) && [ -n "$TEXT" ]; do sleep 0.1; done 2> /dev/null`,
          'echo "$TEXT"',
          'echo node $AWS_BATCH_JOB_NODE_INDEX',
          'touch $SHARED/told-$AWS_BATCH_JOB_NODE_INDEX',
          'sleep 600',
        ].join('\n'),
      ),
    )
    const job = await ended(jobId)
    expect(job).toMatchObject({ status: 'SUCCEEDED', statusReason: 'Essential container in task exited' })
    const lines = await linesOf('nodes', 'default')
    expect(lines.filter((line) => line.startsWith('node')).sort()).toEqual(['node 0 of 3', 'node 1', 'node 2'])
    expect(lines.filter((line) => line === 'from the main node')).toHaveLength(2)
  })

  test('a server that was killed meanwhile adopts every node', async () => {
    const main = `echo begun\n${untilFile('go-on')}\necho done`
    const jobId = await submit('adopted', multinode(main, 'echo begun\nsleep 600'))
    await eventually('all nodes', async () => (await linesOf('adopted', 'default')).length === 3, { withinMs })
    await server.kill9()
    writeFileSync(join(shared, 'go-on'), '')
    await server.restart()
    const job = await ended(jobId)
    expect(job.status).toBe('SUCCEEDED')
    expect((await linesOf('adopted', 'default')).sort()).toEqual(['begun', 'begun', 'begun', 'done'])
    expect(job.attempts).toHaveLength(1)
  })

  test('a terminate reaches every node', async () => {
    const jobId = await submit('terminated', multinode('echo begun\nsleep 600', 'echo begun\nsleep 600'))
    await eventually('all nodes', async () => (await linesOf('terminated', 'default')).length === 3, { withinMs })
    await batch.send(new TerminateJobCommand({ jobId, reason: 'enough' }))
    expect(await ended(jobId)).toMatchObject({ status: 'FAILED', statusReason: 'enough' })
  })
})
