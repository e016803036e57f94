/**
 * What becomes of jobs over a minute, AWS's shortest timeout: an attempt exceeds its time, the server is
 * killed or stopped past the deadlines of its jobs, or its machine's clock is set. All of this happens at
 * the same time, as it mostly waits.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { eventually } from '../support/eventually.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { type JobsClient, jobsClient } from './jobs-client.ts'

const timeoutSeconds = 60
/** Until the jobs' time is up, and enough longer that no slow moment hides it. */
const awayMs = 63_000
const timedOut = 'Job attempt duration exceeded timeout'
const exited = 'Essential container in task exited'

type DriverName = 'docker' | 'process' | 'scripted'

let engine: TestEngine
const servers: { server: TestServer; jobs: JobsClient; clock?: FakeClock }[] = []
beforeAll(async () => {
  engine = await startEngine({ liveRestore: true })
})
afterAll(async () => {
  const stop = async ({ server, jobs, clock }: (typeof servers)[number]) => {
    jobs.dispose()
    const { pid } = server
    await server.stop()
    clock?.dispose(pid)
  }
  await Promise.all(servers.map(stop))
  await engine?.stop()
})

async function serve(driver: DriverName, clock?: FakeClock) {
  const room = { [`OPENBATCH_DRIVERS_${driver.toUpperCase()}_VCPUS`]: '8' }
  const quick = { OPENBATCH_JOBS_STOP_GRACE_SECONDS: '1' }
  const env = { OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost, ...quick, ...room, ...clock?.env }
  const server = await startServer({ driver, env })
  const one = { server, jobs: jobsClient(server), ...(clock ? { clock } : {}) }
  servers.push(one)
  return one
}

/**
 * One job ends well and in time, one ends well and too late, and one does not end by itself. All
 * run when this resolves.
 */
async function submitAll(jobs: JobsClient, driver: DriverName) {
  const scripted = (seconds: number) => (driver === 'scripted' ? { command: [`run ${seconds}s`] } : {})
  const submit = (seconds: number) => jobs.submit({ script: `sleep ${seconds}`, ...scripted(seconds), timeoutSeconds })
  const ids = await Promise.all([submit(20), submit(61), submit(3600)])
  await Promise.all(ids.map((id) => jobs.until(id, 'RUNNING')))
  return ids as [inTime: string, late: string, endless: string]
}

async function expectEnds(jobs: JobsClient, [inTime, late, endless]: readonly [string, string, string]) {
  const end = async (jobId: string) => {
    const { status, statusReason, container } = await eventually(`the end of ${jobId}`, async () => {
      const job = await jobs.describe(jobId)
      return (job.status === 'SUCCEEDED' || job.status === 'FAILED') && job
    })
    return { status, statusReason, exitCode: container?.exitCode }
  }
  expect(await end(inTime)).toEqual({ status: 'SUCCEEDED', statusReason: exited, exitCode: 0 })
  expect(await end(late)).toEqual({ status: 'FAILED', statusReason: timedOut, exitCode: 0 })
  expect(await end(endless)).toMatchObject({ status: 'FAILED', statusReason: timedOut })
}

describe.concurrent('in a minute', () => {
  test('a job whose time is up ends, and is not retried', async () => {
    const { jobs } = await serve('docker')
    const jobId = await jobs.submit({ script: 'echo begun; gate never', attempts: 3, timeoutSeconds })
    const job = await jobs.until(jobId, 'FAILED')
    expect(job.statusReason).toBe(timedOut)
    expect(job.attempts).toHaveLength(1)
    expect(job.attempts![0]!.statusReason).toBe(timedOut)
    expect(job.stoppedAt! - job.startedAt!).toBeGreaterThanOrEqual(timeoutSeconds * 1000)
    expect(await jobs.lines(jobId)).toEqual(['begun'])
  })

  test.each(['docker', 'process', 'scripted'] as const)(
    'a killed server does not change the ends of its jobs: %s',
    async (driver) => {
      const { server, jobs } = await serve(driver)
      const ids = await submitAll(jobs, driver)
      await server.kill9()
      await delay(awayMs)
      await server.restart()
      await expectEnds(jobs, ids)
    },
  )

  test('a server that is stopped for a while does not change the ends of its jobs', async () => {
    const { server, jobs } = await serve('process')
    const ids = await submitAll(jobs, 'process')
    process.kill(server.pid, 'SIGSTOP')
    try {
      await delay(awayMs)
    } finally {
      process.kill(server.pid, 'SIGCONT')
    }
    await expectEnds(jobs, ids)
  })

  test('a clock that is set a day forward and two days back neither ends a job too soon nor lets it run on', async () => {
    const clock = fakeClock()
    const { jobs } = await serve('process', clock)
    const began = performance.now()
    const jobId = await jobs.submit({ script: 'sleep 3600', timeoutSeconds })
    await jobs.until(jobId, 'RUNNING')
    const day = 86_400
    clock.set(day)
    await delay(10_000)
    expect((await eventually('an answer', () => jobs.describe(jobId))).status).toBe('RUNNING')
    clock.set(-day)
    const job = await jobs.until(jobId, 'FAILED')
    expect(job.statusReason).toBe(timedOut)
    expect(performance.now() - began).toBeGreaterThanOrEqual(59_000)
    expect(performance.now() - began).toBeLessThan(90_000)
  })

  test.each([
    ['behind', -3600],
    ['ahead', 3600],
  ])(
    'an engine whose clock is an hour %s ends no job for that, and its times are converted',
    async (_how, aheadSeconds) => {
      const { jobs } = await serve('docker', fakeClock(-aheadSeconds))
      // The first answer tells the client how far its own clock is off.
      const jobId = await eventually('a submission', () => jobs.submit({ script: 'sleep 3', timeoutSeconds }))
      const job = await jobs.until(jobId, 'SUCCEEDED')
      expect(job.startedAt! - job.createdAt!).toBeGreaterThanOrEqual(0)
      expect(job.startedAt! - job.createdAt!).toBeLessThan(60_000)
      expect(job.stoppedAt! - job.startedAt!).toBeGreaterThanOrEqual(2_500)
      expect(job.stoppedAt! - job.startedAt!).toBeLessThan(30_000)
    },
  )
})
