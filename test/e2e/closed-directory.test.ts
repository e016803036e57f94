/**
 * A data directory after a run: everything in it is closed to other accounts, except what
 * docs/operate/data-directory.md names.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { type JobsClient, jobsClient } from './jobs-client.ts'

let server: TestServer
let jobs: JobsClient
let backups: string
const mask = process.umask()
beforeAll(async () => {
  // An operator's shell has this umask. The server must not depend on it.
  process.umask(0o022)
  backups = mkdtempSync(join(tmpdir(), 'openbatch-backups-'))
  server = await startServer({ driver: 'process' })
  jobs = jobsClient(server)
  // Jobs of any account reach the directory that they share with the test.
  chmodSync(jobs.shared, 0o777)
})
afterAll(async () => {
  process.umask(mask)
  jobs?.dispose()
  await server?.stop()
  rmSync(backups, { recursive: true })
})

/** Directories that jobs of another user pass through. Those aside are below a closed one. */
const passable = /^(|process|process\/jobs(\/[^/]+(\/[^/]+)?)?|process\/aside\/[^/]+)$/

/** Programs, which jobs of any account run. */
const supplied = /^aws-command(\/|$)/

test('every file is 0600 and every directory 0700, except those that a job of another user passes through', async () => {
  server.addUser('ada')
  execFileSync(openbatchCommand, ['secret', 'set', 'db', '--data-dir', server.dataDir], { input: 'value' })
  const other = await jobs.submit({ script: 'id -u', user: 'nobody' })
  await jobs.until(other, 'SUCCEEDED')
  const running = await jobs.submit({ script: 'echo line 1; gate go', user: 'nobody' })
  await eventually('its first line', async () => (await jobs.lines(running)).length === 1)
  execFileSync(openbatchCommand, ['backup', join(backups, 'one'), '--data-dir', server.dataDir])
  await server.restart()

  const wrong: string[] = []
  let looked = 0
  const walk = (directory: string, root: string) => {
    for (const path of ['', ...readdirSync(directory)].map((name) => join(directory, name))) {
      if (path === directory && directory !== root) continue
      const stat = lstatSync(path)
      const name = relative(root, path)
      // A job may open and close its own files.
      if (/^process\/jobs\/[^/]+\/[^/]+\/(work|tmp)$/.test(name)) continue
      looked++
      const closed = stat.isDirectory() ? (passable.test(name) ? 0o711 : 0o700) : 0o600
      const allowed = supplied.test(name) ? 0o755 : closed
      const mode = stat.mode & 0o7777
      if ((mode & ~allowed) !== 0 || stat.uid !== process.getuid!())
        wrong.push(`${name || '.'}: mode ${mode.toString(8)}, uid ${stat.uid}`)
      if (stat.isDirectory() && path !== directory) walk(path, root)
    }
  }
  walk(server.dataDir, server.dataDir)
  walk(join(backups, 'one'), join(backups, 'one'))
  jobs.openGate('go')
  await jobs.until(running, 'SUCCEEDED')
  expect(wrong).toEqual([])
  expect(looked).toBeGreaterThan(30)
})
