/**
 * A machine goes down and comes up again, as far as a test can imitate it: server, engine, shims
 * and jobs disappear at once, and everything that does not outlive a boot is wiped. Running jobs
 * are lost with their host, and run again if their retry strategy or the operator says so.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { engineJson } from '../engine/engine-http.ts'
import { eventually } from '../support/eventually.ts'
import { killAtOnce } from '../support/leftovers.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { type JobsClient, jobsClient } from './jobs-client.ts'

const hostLost = /^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/
/** As docs/operate/install.md and spot.md show it. */
const retriesLostHosts = {
  attempts: 5,
  evaluateOnExit: [
    { onStatusReason: 'Host EC2*', action: 'RETRY' as const },
    { onReason: '*', action: 'EXIT' as const },
  ],
}

let engine: TestEngine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine?.stop())

describe.each(['docker', 'process'] as const)('with the %s driver', (driver) => {
  /** One server with defaults, and one whose operator has lost jobs run again. */
  const servers: TestServer[] = []
  const clients: JobsClient[] = []
  beforeAll(async () => {
    for (const retries of ['0', '1']) {
      const server = await startServer({
        driver,
        env: {
          OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost,
          [`OPENBATCH_DRIVERS_${driver.toUpperCase()}_VCPUS`]: '8',
          OPENBATCH_JOBS_LOST_HOST_RETRIES: retries,
        },
      })
      servers.push(server)
      clients.push(jobsClient(server))
    }
  })
  afterAll(async () => {
    for (const jobs of clients) jobs.dispose()
    for (const server of servers) await server.stop()
  })
  const script = 'trap "exit 143" TERM; echo attempt $AWS_BATCH_JOB_ATTEMPT; gate go-on; echo done'

  /** Whether the engine or the shim has recorded that the job ended with 7. */
  const isNoted = async (jobId: string, dataDir: string) => {
    if (driver === 'process')
      return readdirSync(join(dataDir, 'process'), { recursive: true, withFileTypes: true }).some(
        (file) =>
          file.isFile() &&
          file.name === 'status' &&
          /^exit 7$/m.test(readFileSync(join(file.parentPath, file.name), 'utf8')),
      )
    const filters = encodeURIComponent(JSON.stringify({ label: [`openbatch.job=${jobId}`], status: ['exited'] }))
    const path = `/containers/json?all=1&filters=${filters}`
    return ((await engineJson(engine.socketPath, 'GET', path)) as object[]).length === 1
  }

  /** Kills all servers, lets this happen to the machine, and starts them. */
  const down = async (meanwhile: () => Promise<void> | void) => {
    for (const server of servers) await server.kill9()
    await meanwhile()
    for (const server of servers) await server.restart()
  }

  test('running jobs are lost with their host, and earlier ends stay as they were', async () => {
    const [plain, generous] = clients as [JobsClient, JobsClient]
    const retried = await plain.submit({ script, ...retriesLostHosts })
    const once = await plain.submit({ script })
    const ended = await plain.submit({ script: 'gate end; exit 7' })
    const requeued = await generous.submit({ script })
    for (const id of [retried, once]) await eventually('a line', async () => (await plain.lines(id)).length === 1)
    await eventually('a line', async () => (await generous.lines(requeued)).length === 1)
    await plain.until(ended, 'RUNNING')

    await down(async () => {
      plain.openGate('end')
      await eventually('the end of one', () => isNoted(ended, servers[0]!.dataDir))
      if (driver === 'docker') return engine.reboot()
      for (const { dataDir } of servers) killAtOnce(dataDir)
    })

    const lost = await plain.until(once, 'FAILED')
    expect(lost.statusReason).toMatch(hostLost)
    expect(lost.attempts).toMatchObject([{ statusReason: expect.stringMatching(hostLost) }])
    expect(lost.attempts![0]!.container).not.toHaveProperty('exitCode')
    expect(await plain.lines(once)).toEqual(['attempt 1'])
    const before = await plain.until(ended, 'FAILED')
    expect(before.statusReason).toBe('Essential container in task exited')
    expect(before.container?.exitCode).toBe(7)

    await eventually('the second attempt', async () => (await plain.lines(retried)).length === 2)
    if (driver === 'docker') {
      await eventually('the second attempt', async () => (await generous.lines(requeued)).length === 2)
      // An orderly shutdown: the engine ends running jobs with SIGTERM.
      await down(() => engine.restart())
      await eventually('the third attempt', async () => (await plain.lines(retried)).length === 3)
    }
    plain.openGate('go-on')
    generous.openGate('go-on')
    const job = await plain.until(retried, 'SUCCEEDED')
    const attempts = driver === 'docker' ? 3 : 2
    expect(job.attempts).toHaveLength(attempts)
    for (const { statusReason } of job.attempts!.slice(0, -1)) expect(statusReason).toMatch(hostLost)
    const numbers = Array.from({ length: attempts }, (_, index) => `attempt ${index + 1}`)
    expect(await plain.lines(retried)).toEqual([...numbers, 'done'])

    // The operator granted one more attempt: the first loss was made good, the second is final.
    const again = await generous.until(requeued, driver === 'docker' ? 'FAILED' : 'SUCCEEDED')
    expect(again.attempts).toHaveLength(2)
    expect(again.attempts![0]!.statusReason).toMatch(hostLost)
  })
})
