/**
 * Attempts that end badly on a real engine: lost, out of memory, without an image. An attempt that takes
 * too long ends in `away.test.ts`, beside other tests that wait a minute.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { callEngine, engineJson } from '../engine/engine-http.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { type JobsClient, jobsClient, stopServer } from './jobs-client.ts'

const lostGraceSeconds = 4

let engine: TestEngine
let server: TestServer
let jobs: JobsClient
beforeAll(async () => {
  engine = await startEngine()
  server = await startServer({
    driver: 'docker',
    env: {
      OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost,
      OPENBATCH_DRIVERS_DOCKER_VCPUS: '8',
      OPENBATCH_JOBS_LOST_GRACE_SECONDS: String(lostGraceSeconds),
      OPENBATCH_JOBS_STOP_GRACE_SECONDS: '1',
    },
  })
  jobs = jobsClient(server)
})
afterAll(async () => {
  jobs?.dispose()
  await server?.stop()
  await engine?.stop()
})

test('a container that disappears counts as its host’s end after a grace, and is retried', async () => {
  const jobId = await jobs.submit({ script: 'echo begun; [ $AWS_BATCH_JOB_ATTEMPT = 2 ] || gate never', attempts: 2 })
  await eventually('its first line', async () => (await jobs.lines(jobId)).length === 1)
  const filters = encodeURIComponent(JSON.stringify({ label: [`openbatch.job=${jobId}`] }))
  const path = `/containers/json?all=1&filters=${filters}`
  const [container] = (await engineJson(engine.socketPath, 'GET', path)) as { Id: string }[]
  // Nobody sees how it ends. A watching server would learn of the 137 from the engine.
  await stopServer(server.pid)
  expect((await callEngine(engine.socketPath, 'DELETE', `/containers/${container!.Id}?force=1`)).status).toBe(204)
  const backAt = Date.now()
  await server.restart()

  const job = await jobs.until(jobId, 'SUCCEEDED')
  expect(job.attempts).toHaveLength(2)
  const [lost, second] = job.attempts!
  expect(lost!.statusReason).toMatch(/^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/)
  expect(lost!.container).not.toHaveProperty('exitCode')
  expect(lost!.stoppedAt).toBeGreaterThanOrEqual(backAt + lostGraceSeconds * 1000)
  expect(second!.startedAt).toBeGreaterThanOrEqual(lost!.stoppedAt!)
  expect(second!.container?.exitCode).toBe(0)
})

test('a job that exceeds its memory is killed, and the reason says so', async () => {
  const script = "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo not reached"
  const job = await jobs.until(await jobs.submit({ script, memoryMib: 16 }), 'FAILED')
  expect(job.container).toMatchObject({
    exitCode: 137,
    reason: 'OutOfMemoryError: Container killed due to memory usage',
  })
  expect(job.statusReason).toBe('Essential container in task exited')
  expect(await jobs.lines(job.jobId!)).toEqual([])
})

test('an image that cannot be pulled fails the start', async () => {
  // A port of this machine that nobody listens on.
  const jobId = await jobs.submit({ script: 'true', image: '127.0.0.1:1/no/such:image', attempts: 2 })
  const job = await jobs.until(jobId, 'FAILED')
  expect(job.statusReason).toBe('Task failed to start')
  expect(job.attempts).toHaveLength(2)
  for (const { container, startedAt } of job.attempts!) {
    expect(container?.reason).toMatch(/^CannotPullContainerError: /)
    expect(container).not.toHaveProperty('exitCode')
    expect(container).not.toHaveProperty('logStreamName')
    expect(startedAt).toBeUndefined()
  }
})

test('a terminated job ends with the given reason, and is not retried', async () => {
  const jobId = await jobs.submit({ script: 'echo begun; gate never', attempts: 3 })
  await eventually('its first line', async () => (await jobs.lines(jobId)).length === 1)
  await jobs.terminate(jobId, 'enough of it')
  const job = await jobs.until(jobId, 'FAILED')
  expect(job.statusReason).toBe('enough of it')
  expect(job.attempts).toHaveLength(1)
})
