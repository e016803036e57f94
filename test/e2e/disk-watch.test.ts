/**
 * A small data disk: fifty jobs that together write five times what is on it wait for room, say so,
 * and all end.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { type JobsClient, jobsClient } from './jobs-client.ts'

const jobCount = 50
const mibEach = 100
/** A memory file system counts as memory of whoever writes to it. */
const memoryMib = 256

let disk: string
let server: TestServer
let jobs: JobsClient
beforeAll(async () => {
  disk = mkdtempSync(join(tmpdir(), 'openbatch-data-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'openbatch-test', disk])
  const env = { OPENBATCH_DRIVERS_PROCESS_VCPUS: '64', OPENBATCH_DRIVERS_PROCESS_MEMORY_MIB: '65536' }
  server = await startServer({ driver: 'process', env, directory: disk })
  jobs = jobsClient(server)
})
afterAll(async () => {
  jobs?.dispose()
  await server?.stop()
  execFileSync('umount', [disk])
  rmSync(disk, { recursive: true })
})

const freeMib = () => {
  const { bavail, bsize } = statfsSync(disk)
  return (bavail * bsize) / 1_048_576
}

test('jobs wait for room on the disk, say so, and none is lost', async () => {
  const script = `dd if=/dev/zero of="$TMPDIR/data" bs=1M count=${mibEach} 2> "$SHARED/dd" && stat -c %s "$TMPDIR/data"`
  const gate = 'gate go; '
  const ids: string[] = []
  for (let index = 0; index < jobCount; index++) ids.push(await jobs.submit({ script: `${gate}${script}`, memoryMib }))
  const statuses = () => Promise.all(ids.map(async (id) => (await jobs.describe(id)).status))
  // The first ones hold the disk until the gate opens. Every other job waits, and the next says why.
  await eventually('the first jobs to run', async () => {
    const all = await statuses()
    return all.filter((status) => status === 'RUNNING').length >= 8
  })
  const all = await statuses()
  expect(all.filter((status) => status === 'RUNNABLE').length).toBeGreaterThanOrEqual(40)
  const next = ids[all.indexOf('RUNNABLE')]!
  await eventually('the reason', async () => (await jobs.describe(next)).statusReason !== undefined)
  expect((await jobs.describe(next)).statusReason).toMatch(
    /^Waiting for space on the disk: needs \d+ MiB of scratch space; the disk of local has \d+ MiB/,
  )

  jobs.openGate('go')
  let least = Number.POSITIVE_INFINITY
  await eventually('all jobs to end', async () => {
    least = Math.min(least, freeMib())
    return (await statuses()).every((status) => status === 'SUCCEEDED' || status === 'FAILED')
  })
  const ended = await Promise.all(ids.map((id) => jobs.describe(id)))
  expect(ended.map(({ status, attempts }) => [status, attempts?.length])).toEqual(
    Array(jobCount).fill(['SUCCEEDED', 1]),
  )
  expect(await jobs.lines(ids.at(-1)!)).toEqual([String(mibEach * 1_048_576)])
  expect(least).toBeGreaterThan(0)
  await eventually('their directories to be gone', () => freeMib() > 900)
})
