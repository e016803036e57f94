/**
 * A failure before a job's command begins is reported as AWS reports it, and a retry rule can match
 * it.
 */
import { BatchClient, DescribeJobsCommand, RegisterJobDefinitionCommand, SubmitJobCommand } from '@aws-sdk/client-batch'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'

let server: TestServer
let batch: BatchClient
beforeAll(async () => {
  server = await startServer({ driver: 'process' })
  const { endpoint, administrator: credentials } = server
  batch = new BatchClient({ endpoint, region: 'us-west-2', credentials, maxAttempts: 1 })
})
afterAll(async () => {
  batch?.destroy()
  await server?.stop()
})

test.each([
  // More than any kernel allows.
  ['a ulimit that cannot be set', [{ name: 'nofile', softLimit: 2_147_483_647, hardLimit: 2_147_483_647 }], /NOFILE/],
  ['a soft ulimit above the hard one', [{ name: 'core', softLimit: 20, hardLimit: 10 }], /soft ulimit core \(20\)/],
])('%s fails the start, and a rule on CannotStart* retries it', async (_what, ulimits, text) => {
  const { jobDefinitionArn } = await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'limited',
      type: 'container',
      containerProperties: {
        image: 'none',
        command: ['true'],
        ulimits,
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '16' },
        ],
      },
    }),
  )
  const { jobId } = await batch.send(
    new SubmitJobCommand({
      jobName: 'limited',
      jobQueue: 'default',
      jobDefinition: jobDefinitionArn!,
      retryStrategy: {
        attempts: 3,
        evaluateOnExit: [
          { onReason: 'CannotStart*', action: 'RETRY' },
          { onReason: '*', action: 'EXIT' },
        ],
      },
    }),
  )
  const job = await eventually('the job has failed', async () => {
    const { jobs } = await batch.send(new DescribeJobsCommand({ jobs: [jobId!] }))
    return jobs![0]!.status === 'FAILED' && jobs![0]!
  })
  expect(job.attempts).toHaveLength(3)
  for (const attempt of job.attempts!) {
    expect(attempt.statusReason).toBe('Task failed to start')
    expect(attempt.container!.reason).toMatch(/^CannotStartContainerError: /)
    expect(attempt.container!.reason).toMatch(text)
    expect(attempt.container!.exitCode).toBeUndefined()
  }
})
