/**
 * A lost database: the server does not begin anew without an order, says what it found, and ends no
 * running job.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { type JobsClient, jobsClient } from './jobs-client.ts'

let server: TestServer
let jobs: JobsClient
let running: string
let aside: string
beforeAll(async () => {
  aside = mkdtempSync(join(tmpdir(), 'openbatch-aside-'))
  server = await startServer({ driver: 'process' })
  jobs = jobsClient(server)
  running = await jobs.submit({ script: 'echo line 1; gate go; echo line 2' })
  await eventually('its first line', async () => (await jobs.lines(running)).length === 1)
  await server.kill9()
  for (const name of database) cpSync(file(name), join(aside, name), { preserveTimestamps: true })
})
afterAll(async () => {
  jobs?.dispose()
  await server?.stop()
  rmSync(aside, { recursive: true })
})

const database = ['openbatch.db', 'openbatch.db-wal']
const file = (name: string) => join(server.dataDir, name)

function start() {
  const args = ['serve', '--data-dir', server.dataDir, '--port', '0', '--driver', 'process']
  const { status, stderr, stdout } = spawnSync(openbatchCommand, args, { encoding: 'utf8', timeout: 30_000 })
  return { status, stderr, stdout }
}

/** Restores the state in which the server was killed. */
function putBack() {
  for (const name of [...database, 'openbatch.db-shm']) rmSync(file(name), { force: true })
  for (const name of database) cpSync(join(aside, name), file(name))
}

/** With its log it would be whole: the log has every page of such a small database. */
function damage() {
  rmSync(file('openbatch.db-wal'))
  writeFileSync(file('openbatch.db'), Buffer.alloc(20_000, 7))
}

test.each([
  ['missing', () => rmSync(file('openbatch.db')), 'is missing, and yet'],
  ['empty', () => truncateSync(file('openbatch.db')), 'is empty, and yet'],
  ['without its log', () => renameSync(file('openbatch.db-wal'), join(aside, 'gone')), 'openbatch.db-wal is gone'],
  ['damaged', damage, 'is damaged.'],
])('a database that is %s is refused, and the message lists the remedies', (_what, lose, said) => {
  putBack()
  lose()
  const { status, stderr, stdout } = start()
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(`${file('openbatch.db')} `)
  expect(stderr).toContain(said)
  expect(stderr).toContain('openbatch restore BACKUP')
  expect(stderr).not.toMatch(/^\s+at /m)
})

test('once it is put back, the server continues as if nothing had happened', async () => {
  putBack()
  await server.restart()
  jobs.openGate('go')
  const job = await jobs.until(running, 'SUCCEEDED')
  expect(job.attempts).toHaveLength(1)
  expect(await jobs.lines(running)).toEqual(['line 1', 'line 2'])
})

test('with --start-empty the server ends nothing, and lists what it leaves alone', async () => {
  const left = await jobs.submit({ script: 'echo $$ > $SHARED/pid; gate never' })
  await eventually('it runs', async () => (await jobs.describe(left)).status === 'RUNNING')
  await eventually('its process', () => existsSync(join(jobs.shared, 'pid')))
  await server.kill9()
  rmSync(file('openbatch.db'))
  const anew = await startServer({
    driver: 'process',
    dataDir: server.dataDir,
    args: ['--start-empty'],
    env: { OPENBATCH_JOBS_ORPHAN_GRACE_SECONDS: '0.001' },
  })
  const client = jobsClient(anew)
  try {
    await expect(client.describe(left)).rejects.toThrow('there is no job')
    expect(anew.log()).toContain('attempts that no job knows are left alone')
    const listing = execFileSync(openbatchCommand, ['release', '--data-dir', server.dataDir], { encoding: 'utf8' })
    expect(listing).toMatch(/^nothing is held\n[\s\S]*left alone/)
    expect(listing).toContain(`openbatch-${left}-1`)
    expect(existsSync(`/proc/${readFileSync(join(jobs.shared, 'pid'), 'utf8').trim()}`)).toBe(true)
  } finally {
    client.dispose()
    await anew.kill9()
  }
  await server.restart()
})
