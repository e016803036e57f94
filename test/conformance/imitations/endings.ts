/** How jobs end: retries, timeouts, dependencies, arrays, many nodes; and what cancelling does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { NodeRangeProperty } from '../../../src/model/generated/batch.ts'
import { eventually } from '../../support/eventually.ts'
import { imitated, openSetting, type Setting, small } from './setting.ts'

const nobody = '00000000-0000-4000-8000-000000000000'

export function exerciseEndings(given: () => Setting): void {
  imitated(3, 'a timed-out attempt is never retried', async () => {
    const clock = movableClock()
    const setting = await openSetting(clock.env)
    try {
      const jobId = await setting.submit(await setting.define('endless', ['run 1h']), {
        timeout: { attemptDurationSeconds: 60 },
        retryStrategy: { attempts: 3 },
      })
      await setting.until(jobId, 'RUNNING')
      clock.moveOn(61_000)
      await setting.server.restart()
      const { attempts, statusReason } = await setting.until(jobId, 'FAILED')
      expect(statusReason).toBe('Job attempt duration exceeded timeout')
      expect(attempts).toHaveLength(1)
    } finally {
      await setting.close()
      clock.dispose()
    }
  })

  imitated(4, 'an exit that matches no entry of evaluateOnExit is retried', async () => {
    const { define, submit, until } = given()
    const retryStrategy = { attempts: 2, evaluateOnExit: [{ onExitCode: '7', action: 'EXIT' }] } as const
    const unmatched = await until(await submit(await define('exits-3', ['exit 3']), { retryStrategy }), 'FAILED')
    expect(unmatched.attempts!.map((attempt) => attempt.container!.exitCode)).toEqual([3, 3])
    const matched = await until(await submit(await define('exits-7', ['exit 7']), { retryStrategy }), 'FAILED')
    expect(matched.attempts!.map((attempt) => attempt.container!.exitCode)).toEqual([7])
  })

  imitated(5, 'retryStrategy.attempts counts all attempts, the first included', async () => {
    const { define, submit, until } = given()
    const definition = await define('fails', ['exit 1'])
    const thrice = await until(await submit(definition, { retryStrategy: { attempts: 3 } }), 'FAILED')
    expect(thrice.attempts).toHaveLength(3)
    const once = await until(await submit(definition, { retryStrategy: { attempts: 1 } }), 'FAILED')
    expect(once.attempts).toHaveLength(1)
  })

  imitated(6, 'a dependency that fails makes its dependants fail, and only success lets them start', async () => {
    const { define, submit, until, describe } = given()
    const quick = await define('quick', ['exit 0'])
    const failing = await submit(await define('fails-late', ['run 1s', 'exit 1']))
    const dependant = await submit(quick, { dependsOn: [{ jobId: failing }] })
    const further = await submit(quick, { dependsOn: [{ jobId: dependant }] })
    expect(await until(dependant, 'PENDING')).toMatchObject({ dependsOn: [{ jobId: failing }] })
    for (const jobId of [dependant, further]) {
      const job = await until(jobId, 'FAILED')
      expect(job).toMatchObject({ statusReason: 'Dependent Job failed', attempts: [] })
      expect(job.startedAt).toBeUndefined()
    }

    const succeeding = await submit(await define('succeeds-late', ['run 500ms']))
    const waiting = await until(await submit(quick, { dependsOn: [{ jobId: succeeding }] }), 'SUCCEEDED')
    expect(waiting.startedAt).toBeGreaterThanOrEqual((await describe(succeeding)).stoppedAt!)
  })

  imitated(7, 'an array parent fails only after all children have ended', async () => {
    const { client, define, submit, until, describe } = given()
    const jobId = await submit(await define('pair', ['run 3s']), { arrayProperties: { size: 2 } })
    for (const index of [0, 1]) await until(`${jobId}:${index}`, 'RUNNING')
    await client.batch('TerminateJob', { jobId: `${jobId}:0`, reason: 'one bad child' })
    await until(`${jobId}:0`, 'FAILED')
    expect((await describe(jobId)).status).toBe('PENDING')
    expect((await describe(`${jobId}:1`)).status).toBe('RUNNING')

    const sibling = await until(`${jobId}:1`, 'SUCCEEDED')
    const parent = await until(jobId, 'FAILED')
    expect(parent).toMatchObject({
      statusReason: 'Array Child Job failed',
      arrayProperties: { size: 2, statusSummary: { SUCCEEDED: 1, FAILED: 1 } },
    })
    expect(parent.stoppedAt).toBeGreaterThanOrEqual(sibling.stoppedAt!)
  })

  imitated(8, 'the main node decides how a job of many nodes ends, and the others are stopped', async () => {
    const { client, submit, until, describe } = given()
    const range = (targetNodes: string, command: string[]): NodeRangeProperty => ({
      targetNodes,
      container: small(command),
    })
    const run = async (name: string, ...commands: string[][]) => {
      const nodeRangeProperties = commands.map((command, index) => range(`${index}:${index}`, command))
      await client.batch('RegisterJobDefinition', {
        ...{ jobDefinitionName: name, type: 'multinode' },
        nodeProperties: { numNodes: commands.length, mainNode: 0, nodeRangeProperties },
      })
      return submit(name)
    }
    const won = await run('main-succeeds', ['run 2s', 'exit 0'], ['exit 3'], ['run 1h'])
    await until(`${won}#1`, 'FAILED')
    expect((await describe(won)).status, 'after another node failed').toBe('RUNNING')
    expect(await until(won, 'SUCCEEDED')).toMatchObject({ statusReason: 'Essential container in task exited' })
    await eventually('the last node was stopped', async () => (await describe(`${won}#2`)).status !== 'RUNNING')

    const lost = await run('main-fails', ['run 1s', 'exit 3'], ['exit 0'])
    expect(await until(lost, 'FAILED')).toMatchObject({ statusReason: 'Essential container in task exited' })
  })

  imitated(9, 'a job that succeeded has a statusReason', async () => {
    const { client, define, submit, until } = given()
    const jobId = await submit(await define('succeeds', ['exit 0']), { jobName: 'with-a-reason' })
    const statusReason = 'Essential container in task exited'
    expect(await until(jobId, 'SUCCEEDED')).toMatchObject({ statusReason, attempts: [{ statusReason }] })
    const filters = [{ name: 'JOB_NAME', values: ['with-a-reason'] }]
    const listed = await client.batch('ListJobs', { jobQueue: 'default', filters })
    expect(listed.jobSummaryList).toMatchObject([{ jobId, statusReason }])
  })

  imitated(20, 'CancelJob of a running job is answered 200 and changes nothing', async () => {
    const { client, define, submit, until, describe } = given()
    const jobId = await submit(await define('goes-on', ['run 1s']))
    await until(jobId, 'RUNNING')
    expect(await client.batch('CancelJob', { jobId, reason: 'too late' })).toEqual({})
    expect((await describe(jobId)).status).toBe('RUNNING')
    expect(await until(jobId, 'SUCCEEDED')).toMatchObject({ statusReason: 'Essential container in task exited' })
  })

  imitated(21, 'CancelJob and TerminateJob of an unknown id are answered 200', async () => {
    const { client } = given()
    expect(await client.batch('CancelJob', { jobId: nobody, reason: 'not there' })).toEqual({})
    expect(await client.batch('TerminateJob', { jobId: nobody, reason: 'not there' })).toEqual({})
  })

  imitated(32, 'isCancelled and isTerminated are shown only when true, then before the job has ended', async () => {
    const { client, define, submit, until, describe } = given()
    const jobId = await submit(await define('children', ['run 1h']), { arrayProperties: { size: 2 } })
    const child = await until(`${jobId}:0`, 'RUNNING')
    for (const job of [child, await describe(jobId)]) {
      expect(job).not.toHaveProperty('isCancelled')
      expect(job).not.toHaveProperty('isTerminated')
    }
    await client.batch('CancelJob', { jobId, reason: 'those that run go on' })
    const cancelled = await describe(jobId)
    expect(cancelled).toMatchObject({ status: 'PENDING', isCancelled: true })
    expect(cancelled).not.toHaveProperty('isTerminated')
    await client.batch('TerminateJob', { jobId, reason: 'now they too' })
    expect(await until(jobId, 'FAILED')).toMatchObject({ isTerminated: true })
  })
}

/**
 * The clock of a server, moved on between two of its starts, because AWS's shortest timeout is a
 * minute.
 */
function movableClock() {
  const directory = mkdtempSync(join(tmpdir(), 'openbatch-clock-'))
  const file = join(directory, 'ahead-ms')
  const moveOn = (ms: number) => writeFileSync(file, String(ms))
  moveOn(0)
  const code = `
    import { readFileSync } from 'node:fs'
    const now = Date.now
    const aheadMs = Number(readFileSync(${JSON.stringify(file)}, 'utf8'))
    Date.now = () => now() + aheadMs`
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` }
  return { env, moveOn, dispose: () => rmSync(directory, { recursive: true }) }
}
