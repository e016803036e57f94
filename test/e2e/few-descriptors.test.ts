/**
 * A server with fewer descriptors than jobs runs them all at once, answers meanwhile, and loses
 * nothing.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DescribeComputeEnvironmentsCommand,
  DescribeJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readStream } from '../chaos/read-back.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'

const descriptors = 256
const children = 300
const withinMs = 120_000

let server: TestServer
let batch: BatchClient
let logs: CloudWatchLogsClient
let shared: string
beforeAll(async () => {
  shared = mkdtempSync(join(tmpdir(), 'openbatch-shared-'))
  execFileSync('mkfifo', [join(shared, 'gate')])
  server = await startServer({
    driver: 'process',
    limits: [`--nofile=${descriptors}:${descriptors}`],
    env: { OPENBATCH_DRIVERS_PROCESS_VCPUS: '400', OPENBATCH_DRIVERS_PROCESS_MEMORY_MIB: '100000' },
  })
  const settings = { endpoint: server.endpoint, region: 'us-west-2', credentials: server.administrator, maxAttempts: 1 }
  batch = new BatchClient(settings)
  logs = new CloudWatchLogsClient(settings)
})
afterAll(async () => {
  batch?.destroy()
  logs?.destroy()
  await server?.stop()
  rmSync(shared, { recursive: true, force: true })
})

test(`with ${descriptors} descriptors it runs ${children} jobs at once`, { timeout: 3 * withinMs }, async () => {
  await makeQueue()
  const { jobDefinitionArn } = await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'waits',
      type: 'container',
      containerProperties: {
        image: 'none',
        // Opening it waits for the test, which opens it once for all jobs.
        command: ['sh', '-c', `echo "child $AWS_BATCH_JOB_ARRAY_INDEX"; read line < ${shared}/gate; echo over`],
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '32' },
        ],
      },
    }),
  )
  const job = { jobName: 'many', jobQueue: 'wide', jobDefinition: jobDefinitionArn! }
  const { jobId } = await batch.send(new SubmitJobCommand({ ...job, arrayProperties: { size: children } }))
  const summary = async () => {
    const { jobs } = await batch.send(new DescribeJobsCommand({ jobs: [jobId!] }))
    return jobs![0]!.arrayProperties!.statusSummary!
  }
  await eventually(`all ${children} run`, async () => (await summary()).RUNNING === children, { withinMs })
  expect(readdirSync(`/proc/${server.pid}/fd`).length).toBeLessThan((descriptors * 3) / 4)

  closeSync(openSync(join(shared, 'gate'), 'w'))
  await eventually('all have ended', async () => (await summary()).SUCCEEDED === children, { withinMs })
  const ids = Array.from({ length: children }, (_, index) => `${jobId}:${index}`)
  for (let first = 0; first < children; first += 100) {
    const { jobs } = await batch.send(new DescribeJobsCommand({ jobs: ids.slice(first, first + 100) }))
    for (const child of jobs!) {
      expect(child.attempts).toHaveLength(1)
      const lines = await readStream(logs, child.container!.logStreamName!)
      expect(lines).toEqual([`child ${child.arrayProperties!.index}`, 'over'])
    }
  }
  expect(server.log()).not.toMatch(/EMFILE|uncaught/i)
})

async function makeQueue(): Promise<void> {
  const [subnets, instanceTypes] = [['subnet'], ['optimal']]
  await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'wide',
      type: 'MANAGED',
      computeResources: { type: 'EC2', minvCpus: 0, maxvCpus: 400, subnets, instanceTypes, instanceRole: 'role' },
      serviceRole: 'role',
    }),
  )
  await eventually('the environment is valid', async () => {
    const found = await batch.send(new DescribeComputeEnvironmentsCommand({ computeEnvironments: ['wide'] }))
    return found.computeEnvironments?.[0]?.status === 'VALID'
  })
  const computeEnvironmentOrder = [{ order: 1, computeEnvironment: 'wide' }]
  await batch.send(new CreateJobQueueCommand({ jobQueueName: 'wide', priority: 1, computeEnvironmentOrder }))
}
