/**
 * Promises of docs/promises.md on real containers and processes: the server stops, the engine goes
 * away, a second server comes.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { type JobsClient, jobsClient, stopServer } from './jobs-client.ts'

let engine: TestEngine
beforeAll(async () => {
  engine = await startEngine({ liveRestore: true })
})
afterAll(() => engine?.stop())

describe.each(['docker', 'process'] as const)('with the %s driver', (driver) => {
  let server: TestServer
  let jobs: JobsClient
  beforeAll(async () => {
    server = await startServer({ driver, env: { OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost, ...room(driver) } })
    jobs = jobsClient(server)
  })
  afterAll(async () => {
    jobs?.dispose()
    await server?.stop()
  })

  test('stopped for a while, it is not in the jobs’ way, and knows on its return what became of them (6)', async () => {
    const count = (from: number, to: number) => `i=${from}; while [ $i -le ${to} ]; do echo "line $i"; i=$((i+1)); done`
    const [ended, going] = await Promise.all([
      jobs.submit({
        script: `${count(1, 10)}; gate go-on; ${count(11, 400)}; touch $SHARED/went-on; gate end; ${count(401, 500)}; touch $SHARED/ended; exit 5`,
      }),
      jobs.submit({ script: `${count(1, 10)}; gate go-on; ${count(11, 20)}; gate last; ${count(21, 30)}` }),
    ])
    for (const job of [ended, going])
      await eventually(`the beginning of ${job}`, async () => (await jobs.lines(job)).length === 10)
    const before = await jobs.describe(going)
    expect(before.status).toBe('RUNNING')

    await stopServer(server.pid)
    jobs.openGate('go-on')
    await made(jobs, 'went-on')
    jobs.openGate('end')
    await made(jobs, 'ended')
    const stoppedUntil = Date.now()
    await server.restart()

    const job = await jobs.until(ended, 'FAILED')
    expect(job.attempts).toHaveLength(1)
    expect(job.container?.exitCode).toBe(5)
    expect(job.statusReason).toBe('Essential container in task exited')
    // The time of its end, not of the discovery. Clocks of files are a little coarse.
    expect(job.stoppedAt).toBeLessThanOrEqual(stoppedUntil + 1000)
    expect(await jobs.lines(ended)).toEqual(numbered(500))

    await eventually('the lines of the time between', async () => (await jobs.lines(going)).length === 20)
    const after = await jobs.describe(going)
    expect(after.status).toBe('RUNNING')
    expect(after.container?.logStreamName).toBe(before.container?.logStreamName)
    jobs.openGate('last')
    expect((await jobs.until(going, 'SUCCEEDED')).attempts).toHaveLength(1)
    expect(await jobs.lines(going)).toEqual(numbered(30))
  })

  test('a second server does not get the data directory of the first', async () => {
    const args = ['serve', '--data-dir', server.dataDir, '--port', '0', '--driver', driver]
    const second = spawnSync(openbatchCommand, args, { encoding: 'utf8', timeout: 60_000 })
    expect(second.stderr.trim()).toBe(
      `Another openbatch server is using the data directory ${server.dataDir}. Stop it, or name another directory with --data-dir.`,
    )
    expect({ status: second.status, stdout: second.stdout }).toEqual({ status: 2, stdout: '' })
    // The first server continues.
    await jobs.until(await jobs.submit({ script: 'true' }), 'SUCCEEDED')
  })
})

test('while the engine is away its jobs keep their state, the waiting ones say why, and the truth comes later (4)', async () => {
  const server = await startServer({
    driver: 'docker',
    env: {
      OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost,
      OPENBATCH_JOBS_LOST_GRACE_SECONDS: '2',
      ...room('docker'),
    },
  })
  const jobs = jobsClient(server)
  try {
    const [going, ending] = await Promise.all([
      jobs.submit({ script: 'echo one; gate away; echo two; touch $SHARED/went-on; gate back; echo three' }),
      // Docker keeps its exit code. What it writes while no engine reads may be lost by Docker.
      jobs.submit({ script: 'echo one; gate away; touch $SHARED/ended; exit 6' }),
    ])
    for (const job of [going, ending])
      await eventually(`the first line of ${job}`, async () => (await jobs.lines(job)).length === 1)
    await engine.kill9()
    // Once the server has noticed, it starts nothing there.
    await eventually('the server’s noticing', () => /"level":40.*"driver":"docker"/.test(server.log()))
    const waiting = await jobs.submit({ script: 'echo later' })
    const { statusReason } = await eventually('the reason', async () => {
      const job = await jobs.describe(waiting)
      return job.status === 'RUNNABLE' && /engine/.test(job.statusReason ?? '') && job
    })
    expect(statusReason).toMatch(/^Waiting for the engine: the docker driver cannot be reached \(.+\)\.$/)
    jobs.openGate('away')
    await made(jobs, 'went-on')
    await made(jobs, 'ended')
    // Away for longer than the grace after which a healthy engine's denial counts.
    const awayUntil = Date.now() + 4000
    await eventually('an outage longer than the grace', async () => {
      for (const job of [going, ending]) expect((await jobs.describe(job)).status).toBe('RUNNING')
      return Date.now() > awayUntil
    })
    await engine.resume()
    const ended = await jobs.until(ending, 'FAILED')
    expect(ended.attempts).toHaveLength(1)
    expect(ended.container?.exitCode).toBe(6)
    expect(ended.statusReason).toBe('Essential container in task exited')
    jobs.openGate('back')
    expect((await jobs.until(going, 'SUCCEEDED')).attempts).toHaveLength(1)
    expect(await jobs.lines(going)).toEqual(['one', 'two', 'three'])
    await jobs.until(waiting, 'SUCCEEDED')
    expect(await jobs.lines(waiting)).toEqual(['later'])
  } finally {
    jobs.dispose()
    await server.stop()
  }
})

function room(driver: string): Record<string, string> {
  return { [`OPENBATCH_DRIVERS_${driver.toUpperCase()}_VCPUS`]: '8' }
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `line ${index + 1}`)
}

function made({ shared }: JobsClient, name: string): Promise<unknown> {
  return eventually(`the job made ${name}`, () => existsSync(join(shared, name)))
}
