/**
 * A full disk (docs/promises.md, 9): new work is refused, running work is not lost, and everything
 * continues when there is room again.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { type JobsClient, jobsClient } from './jobs-client.ts'

// The engine's own disk has room: only the server's disk is full.
let engine: TestEngine
let disk: string
let server: TestServer
let jobs: JobsClient
beforeAll(async () => {
  engine = await startEngine()
  disk = mkdtempSync(join(tmpdir(), 'openbatch-small-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'openbatch-test', disk])
  const ordinary = process.env.TMPDIR
  process.env.TMPDIR = disk
  try {
    const env = { OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost, OPENBATCH_DRIVERS_DOCKER_VCPUS: '8' }
    server = await startServer({ driver: 'docker', env })
  } finally {
    if (ordinary === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = ordinary
  }
  jobs = jobsClient(server)
})
afterAll(async () => {
  jobs?.dispose()
  rmSync(join(disk, 'filler'), { force: true })
  await server?.stop()
  execFileSync('umount', [disk])
  rmSync(disk, { recursive: true })
  await engine?.stop()
})

test('new work is refused, running work is tracked to its end, and service resumes by itself', async () => {
  expect(server.dataDir.startsWith(disk)).toBe(true)
  const numbered = Array.from({ length: 2000 }, (_, index) => `line ${index + 1}`)
  const running = await jobs.submit({
    script:
      'echo line 1; gate go; i=2; while [ $i -le 2000 ]; do echo "line $i"; i=$((i+1)); done; touch $SHARED/ended; exit 7',
  })
  await eventually('its first line', async () => (await jobs.lines(running)).length === 1)

  const filler = join(disk, 'filler')
  fill(filler)
  await expect(jobs.submit({ script: 'echo refused' })).rejects.toMatchObject({
    name: 'ServerException',
    message: expect.stringMatching(/^The request was not carried out: The store could not be written: .*full/),
  })
  // It ends while none of that can be written down.
  jobs.openGate('go')
  await eventually('the job’s end', () => existsSync(join(jobs.shared, 'ended')))
  await eventually('the server’s failing to write it down', () =>
    /trying again|could not be written/.test(server.log()),
  )
  expect((await jobs.describe(running)).status).toBe('RUNNING')
  await expect(jobs.submit({ script: 'echo refused too' })).rejects.toMatchObject({ name: 'ServerException' })

  rmSync(filler)
  const job = await jobs.until(running, 'FAILED')
  expect(job.attempts).toHaveLength(1)
  expect(job.container?.exitCode).toBe(7)
  expect(await jobs.lines(running)).toEqual(numbered)
  const after = await jobs.submit({ script: 'echo taken' })
  await jobs.until(after, 'SUCCEEDED')
  expect(await jobs.lines(after)).toEqual(['taken'])
})

/** Fills the disk to the last byte. */
function fill(file: string): void {
  writeFileSync(file, '')
  for (let bytes = 4 * 1024 * 1024; bytes >= 1; bytes >>= 1) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}
