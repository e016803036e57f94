/**
 * A disk that fails at every call for a while (docs/promises.md, 9): the server stays, running work
 * is not lost, and everything continues by itself.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { type DyingDisk, makeDyingDisk } from '../support/dying-disk.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { type JobsClient, jobsClient } from './jobs-client.ts'

// The engine's own disk is another one: only the server's disk fails.
let engine: TestEngine
let disk: DyingDisk
let server: TestServer
let jobs: JobsClient
beforeAll(async () => {
  engine = await startEngine()
  disk = makeDyingDisk(64)
  const env = { OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost, OPENBATCH_DRIVERS_DOCKER_VCPUS: '8' }
  server = await startServer({ driver: 'docker', env, directory: disk.path })
  jobs = jobsClient(server)
})
afterAll(async () => {
  jobs?.dispose()
  await server?.stop()
  disk?.remove()
  await engine?.stop()
})

test('new work is refused, the server stays, and what ran meanwhile is known when the disk is back', async () => {
  expect(server.dataDir.startsWith(disk.path)).toBe(true)
  const script = 'echo line 1; gate go; echo line 2; touch $SHARED/ended-$AWS_BATCH_JOB_ID; exit 7'
  const running = await Promise.all([1, 2, 3].map(() => jobs.submit({ script })))
  for (const job of running) await eventually('its first line', async () => (await jobs.lines(job)).length === 1)

  disk.die()
  const refusal = { name: 'ServerException', message: expect.stringMatching(/^The request was not carried out: /) }
  await expect(jobs.submit({ script: 'echo refused' })).rejects.toMatchObject(refusal)
  // Memory cannot be read back either, so no answer is given that may be wrong.
  await expect(jobs.describe(running[0]!)).rejects.toMatchObject(refusal)
  // They end while none of that can be written down.
  jobs.openGate('go')
  for (const job of running) await eventually('its end', () => existsSync(join(jobs.shared, `ended-${job}`)))
  await expect(jobs.submit({ script: 'echo refused too' })).rejects.toMatchObject(refusal)

  disk.mend()
  for (const id of running) {
    const job = await jobs.until(id, 'FAILED')
    expect(job.attempts).toHaveLength(1)
    expect(job.container?.exitCode).toBe(7)
    expect(await jobs.lines(id)).toEqual(['line 1', 'line 2'])
  }
  const after = await jobs.submit({ script: 'echo taken' })
  await jobs.until(after, 'SUCCEEDED')
  expect(await jobs.lines(after)).toEqual(['taken'])
})
