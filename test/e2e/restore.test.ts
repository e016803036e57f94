/**
 * A rehearsal: a backup under load, the server killed, the backup restored elsewhere. Nothing runs
 * twice, and released jobs run.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { removeLeftovers } from '../support/leftovers.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { type JobsClient, jobsClient } from './jobs-client.ts'

let server: TestServer
let jobs: JobsClient
let home: string
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'openbatch-restore-'))
  server = await startServer({ driver: 'process', env: { OPENBATCH_DRIVERS_PROCESS_VCPUS: '2' } })
  jobs = jobsClient(server)
})
afterAll(async () => {
  jobs?.dispose()
  await server?.stop()
  removeLeftovers(home)
})

const run = (...args: string[]) => execFileSync(openbatchCommand, args, { encoding: 'utf8' })
/** The lines that the jobs wrote when they ran, one for each run. */
const runs = () =>
  readFileSync(join(jobs.shared, 'runs'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0]!)
const evidence = 'echo "$AWS_BATCH_JOB_ID $AWS_BATCH_JOB_ATTEMPT" >> $SHARED/runs'

test('a backup under load, restored elsewhere: 0 run twice, and jobs that never ran do so once they are released', async () => {
  // Two places: one is held by a job that runs throughout, and jobs go through the other while the
  // backup is made.
  const through = await jobs.submit({ script: `${evidence}; echo line 1; gate through; echo line 2` })
  await eventually('it runs', async () => (await jobs.lines(through)).length === 1)
  const before = await jobs.submit({ script: evidence })
  await jobs.until(before, 'SUCCEEDED')
  const waiting = await Promise.all(Array.from({ length: 12 }, () => jobs.submit({ script: `sleep 0.1; ${evidence}` })))

  const backup = join(home, 'backup')
  const settings = '{"directory":"","settings":{"tags":{"group":"doe"}}}'
  writeFileSync(join(server.dataDir, 'object-settings', 'lab.json'), settings)
  run('backup', backup, '--data-dir', server.dataDir)
  expect(run('backup', 'verify', backup)).toContain(`${backup} is whole: `)
  expect(statSync(backup).mode & 0o777).toBe(0o700)
  await eventually('some of them ran since', () => runs().length >= 6)
  const blocked = await jobs.submit({ script: `${evidence}; gate through` })
  await server.kill9()

  // Elsewhere: the process engine is in the directory, so the old server's running jobs are not
  // known there.
  const dataDir = join(home, 'restored')
  run('restore', backup, '--data-dir', dataDir)
  expect(readFileSync(join(dataDir, 'object-settings', 'lab.json'), 'utf8')).toBe(settings)
  const runsBefore = runs()
  const restored = await startServer({
    driver: 'process',
    dataDir,
    env: { OPENBATCH_DRIVERS_PROCESS_VCPUS: '2' },
  })
  const again = jobsClient(restored)
  try {
    expect((await again.describe(before)).status).toBe('SUCCEEDED')
    const held = await again.describe(waiting.at(-1)!)
    expect(held.status).toBe('RUNNABLE')
    expect(held.statusReason).toMatch(/^Held: the server was restored from a backup/)
    expect(await again.lines(through)).toEqual(['line 1'])
    expect(await again.describe(through)).toMatchObject({
      status: 'RUNNABLE',
      attempts: [{ statusReason: expect.stringMatching(/^Unknown since/) }],
    })
    await expect(again.describe(blocked)).rejects.toThrow('there is no job')
    // New work runs as ever, and held jobs do not run meanwhile.
    const fresh = await again.submit({ script: 'true' })
    await again.until(fresh, 'SUCCEEDED')
    const unheld = new Set(runs())
    for (const id of waiting)
      if (!runsBefore.includes(id)) expect((await again.describe(id)).statusReason, id).toMatch(/^Held/)

    const neverRan = waiting.filter((id) => !unheld.has(id))
    expect(neverRan.length).toBeGreaterThan(0)
    const listing = run('release', '--data-dir', dataDir)
    for (const id of neverRan) expect(listing).toContain(id)
    run('release', ...neverRan, '--data-dir', dataDir)
    for (const id of neverRan) await again.until(id, 'SUCCEEDED')
    const counts = new Map<string, number>()
    for (const id of runs()) counts.set(id, (counts.get(id) ?? 0) + 1)
    expect([...counts].filter(([, count]) => count > 1)).toEqual([])
    for (const id of waiting) expect(counts.get(id) ?? 0, id).toBe(1)
  } finally {
    again.dispose()
    await restored.stop()
  }
})

test('existing attempts are adopted, with their output and their end; a damaged backup and a used directory are refused', async () => {
  const backup = join(home, 'second')
  await server.restart()
  jobs.openGate('through')
  const job = await jobs.submit({ script: 'echo line 1; gate adopted; echo line 2; exit 7' })
  // Submitted before the backup and begun after it, so the backup knows no attempt of it.
  const later = await jobs.submit({ script: `gate later; ${evidence}; gate adopted; exit 3`, memoryMib: 32 })
  await eventually('it runs', async () => (await jobs.lines(job)).length === 1)
  run('backup', backup, '--data-dir', server.dataDir)
  jobs.openGate('later')
  await eventually('the other runs', () => runs().includes(later))
  await server.kill9()
  const old = `${server.dataDir}.old`
  renameSync(server.dataDir, old)
  run('restore', backup, '--data-dir', server.dataDir)
  // docs/operate/backup.md says this for the process driver.
  renameSync(join(old, 'process'), join(server.dataDir, 'process'))
  rmSync(old, { recursive: true })
  await server.restart()
  jobs.openGate('adopted')
  const ended = await jobs.until(job, 'FAILED')
  expect(ended).toMatchObject({ attempts: [{ container: { exitCode: 7 } }], container: { exitCode: 7 } })
  expect(await jobs.lines(job)).toEqual(['line 1', 'line 2'])
  expect((await jobs.until(later, 'FAILED')).attempts).toHaveLength(1)
  expect(runs().filter((id) => id === later)).toHaveLength(1)

  const use = (...args: string[]) => spawnSync(openbatchCommand, args, { encoding: 'utf8' })
  expect(use('restore', backup, '--data-dir', server.dataDir)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is there already, and not empty'),
  })
  writeFileSync(join(backup, 'sealing-keys.json'), '{}')
  expect(use('backup', 'verify', backup)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('sealing-keys.json is not what it was'),
  })
  expect(use('restore', backup, '--data-dir', join(home, 'never')).status).toBe(1)
})
