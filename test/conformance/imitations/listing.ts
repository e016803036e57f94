/** What is shown of jobs, and of things that do not exist. */
import { expect } from 'vitest'
import { sendSigned } from '../../support/raw-request.ts'
import { imitated, type Setting } from './setting.ts'

const nobody = '00000000-0000-4000-8000-000000000000'

export function exerciseListing(given: () => Setting): void {
  imitated(1, 'an array parent is PENDING while its children run', async () => {
    const { client, define, submit, until, describe } = given()
    const jobId = await submit(await define('parent', ['run 1h']), { arrayProperties: { size: 2 } })
    for (const index of [0, 1]) await until(`${jobId}:${index}`, 'RUNNING')
    expect((await describe(jobId)).status).toBe('PENDING')
    const listed = async (jobStatus: 'RUNNING' | 'PENDING') => {
      const { jobSummaryList } = await client.batch('ListJobs', { jobQueue: 'default', jobStatus })
      return jobSummaryList!.map((job) => job.jobId)
    }
    expect(await listed('RUNNING')).not.toContain(jobId)
    expect(await listed('PENDING')).toContain(jobId)
  })

  imitated(2, 'ListJobs without a status lists RUNNING jobs only, of an array too', async () => {
    const { client, define, submit, until } = given()
    const ended = await submit(await define('ended', ['exit 0']))
    await until(ended, 'SUCCEEDED')
    const arrayJobId = await submit(await define('array', ['run 1h']), { arrayProperties: { size: 2 } })
    const running = await submit(await define('running', ['run 1h']))
    for (const jobId of [running, `${arrayJobId}:0`, `${arrayJobId}:1`]) await until(jobId, 'RUNNING')
    await client.batch('TerminateJob', { jobId: `${arrayJobId}:0`, reason: 'one less' })
    await until(`${arrayJobId}:0`, 'FAILED')

    const ofQueue = (await client.batch('ListJobs', { jobQueue: 'default' })).jobSummaryList!
    expect(new Set(ofQueue.map((job) => job.status))).toEqual(new Set(['RUNNING']))
    expect(ofQueue.map((job) => job.jobId)).toContain(running)
    const ofArray = await client.batch('ListJobs', { arrayJobId })
    expect(ofArray.jobSummaryList).toMatchObject([{ jobId: `${arrayJobId}:1`, status: 'RUNNING' }])
    const failed = await client.batch('ListJobs', { arrayJobId, jobStatus: 'FAILED' })
    expect(failed.jobSummaryList).toMatchObject([{ jobId: `${arrayJobId}:0` }])
  })

  imitated(10, 'startedAt and stoppedAt are whole milliseconds, or left out', async () => {
    const { define, submit, until, server } = given()
    const definition = await define('timed', ['exit 0'])
    const ran = await submit(definition)
    const { createdAt, startedAt, stoppedAt } = await until(ran, 'SUCCEEDED')
    for (const atMs of [createdAt, startedAt, stoppedAt]) {
      expect(Number.isInteger(atMs)).toBe(true)
      expect(Math.abs(atMs! - Date.now())).toBeLessThan(600_000)
    }
    const waits = await submit(definition, tooBig)
    await until(waits, 'RUNNABLE')
    // The SDK hides the difference between null and absent.
    const body = JSON.stringify({ jobs: [waits] })
    const answer = await sendSigned(server.endpoint, server.administrator, { path: '/v1/describejobs', body })
    const [job] = (JSON.parse(answer.body) as { jobs: object[] }).jobs
    expect(job).toHaveProperty('createdAt')
    expect(job).not.toHaveProperty('startedAt')
    expect(job).not.toHaveProperty('stoppedAt')
  })

  imitated(22, 'unknown ids and names are left out of Describe answers', async () => {
    const { client, define, submit } = given()
    const definition = await define('known', ['exit 0'])
    const jobId = await submit(definition)
    const { jobs } = await client.batch('DescribeJobs', { jobs: [nobody, jobId, `${jobId}:7`, 'no-uuid'] })
    expect(jobs!.map((job) => job.jobId)).toEqual([jobId])
    const queues = await client.batch('DescribeJobQueues', { jobQueues: ['nowhere', 'default'] })
    expect(queues.jobQueues!.map((queue) => queue.jobQueueName)).toEqual(['default'])
    const environments = await client.batch('DescribeComputeEnvironments', { computeEnvironments: ['nowhere'] })
    expect(environments.computeEnvironments).toEqual([])
    const definitions = await client.batch('DescribeJobDefinitions', { jobDefinitions: ['nothing:1', definition] })
    expect(definitions.jobDefinitions!.map((it) => it.jobDefinitionName)).toEqual(['known'])
    expect((await client.batch('DescribeJobDefinitions', { jobDefinitionName: 'nothing' })).jobDefinitions).toEqual([])
  })

  imitated(24, 'what was not configured is left out, not shown as false or empty', async () => {
    const { client, define, submit, until } = given()
    const definition = await define('bare', ['exit 0'])
    const job = await until(await submit(definition), 'SUCCEEDED')
    const { jobDefinitions } = await client.batch('DescribeJobDefinitions', { jobDefinitions: [definition] })
    for (const shown of [job, jobDefinitions![0]!])
      for (const member of ['propagateTags', 'retryStrategy', 'timeout']) expect(shown).not.toHaveProperty(member)
    const more = { propagateTags: false, retryStrategy: { attempts: 1 }, timeout: { attemptDurationSeconds: 60 } }
    expect(await until(await submit(definition, more), 'SUCCEEDED')).toMatchObject(more)
  })

  imitated(25, 'the action of evaluateOnExit is given back in lower case', async () => {
    const { client, define, submit, describe } = given()
    const evaluateOnExit = [
      { onStatusReason: 'Host EC2*', action: 'RETRY' },
      { onReason: '*', action: 'EXIT' },
    ] as const
    const definition = await define('lower', ['exit 0'], { retryStrategy: { attempts: 2, evaluateOnExit } })
    const shown = { attempts: 2, evaluateOnExit: [{ action: 'retry' }, { action: 'exit' }] }
    const { jobDefinitions } = await client.batch('DescribeJobDefinitions', { jobDefinitions: [definition] })
    expect(jobDefinitions![0]!.retryStrategy).toMatchObject(shown)
    expect((await describe(await submit(definition))).retryStrategy).toMatchObject(shown)
  })

  imitated(28, 'a job that can never fit is taken, waits at RUNNABLE and says why', async () => {
    const { client, define, submit, until } = given()
    // Independent of what runs just now.
    await until(await submit(await define('beside', ['run 1h'])), 'RUNNING')
    const jobId = await submit(await define('too-big', ['exit 0']), tooBig)
    const statusReason = expect.stringMatching(/^MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - /)
    expect(await until(jobId, 'RUNNABLE')).toMatchObject({ statusReason, attempts: [] })
    await client.batch('CancelJob', { jobId, reason: 'it never would' })
    expect(await until(jobId, 'FAILED')).toMatchObject({ statusReason: 'it never would', attempts: [] })
  })
}

/** More vCPUs than the scripted driver's host has, within what the queue's environment may use. */
const tooBig = { containerOverrides: { resourceRequirements: [{ type: 'VCPU', value: '128' }] } } as const
