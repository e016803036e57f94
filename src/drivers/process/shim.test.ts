import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findHostTools } from './host-tools.ts'
import { makeOwnFile } from './own-files.ts'
import { runFiles } from './run-file.ts'
import { shimScript } from './shim.ts'

/** The shim alone, as left by a server that dies while it hands out an attempt. */
let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'openbatch-shim-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

it('runs the attempt that it received although nobody is left to hear that it started', async () => {
  const tools = findHostTools()
  if (typeof tools === 'string') throw new Error(tools)
  const command = ['sh', '-c', 'grep SigIgn /proc/self/status; exit 4']
  const environment = { PATH: '/usr/bin:/bin' }
  const how = {
    ulimits: [],
    mounts: [],
    runAs: undefined,
    noNewPrivileges: false,
    program: '/bin/sh',
    workingDirectory: base,
  }
  const directory = join(base, 'handed')
  mkdirSync(directory)
  makeOwnFile(directory, 'run', runFiles({ command, environment, ...how }, tools).run)
  const shim = spawn(tools.shell, ['-c', shimScript, 'openbatch-shim', base, ''], { stdio: ['pipe', 'pipe', 'ignore'] })
  shim.stdout.destroy()
  await once(shim.stdout, 'close')
  shim.stdin.end('handed\n')
  await once(shim, 'exit')
  expect(readFileSync(join(base, 'handed/status'), 'utf8')).toMatch(/\nbegun\nexit 4\n$/)
  // It also has its original signals.
  expect(readFileSync(join(base, 'handed/output'), 'utf8')).toMatch(/^SigIgn:\s+0+$/m)
})

it.skipIf(process.getuid?.() !== 0)('gives up an attempt that it has no process for, and runs it later', async () => {
  const tools = findHostTools()
  if (typeof tools === 'string') throw new Error(tools)
  const how = {
    ulimits: [],
    mounts: [],
    runAs: undefined,
    noNewPrivileges: false,
    program: '/bin/true',
    workingDirectory: '/',
  }
  const directory = join(base, 'handed')
  mkdirSync(directory)
  makeOwnFile(directory, 'run', runFiles({ command: ['true'], environment: {}, ...how }, tools).run)
  // The user that the shim runs as. No other process has it.
  const uid = 1_000_000 + process.pid
  for (const path of [base, directory, join(directory, 'run')]) chownSync(path, uid, uid)
  const asUser = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--']
  const words = [tools.shell, '-c', shimScript, 'openbatch-shim', base, '']
  const shim = spawn('prlimit', ['--nproc=1:10', '--', 'setpriv', ...asUser, ...words])
  const letters = shim.stdout.setEncoding('latin1')[Symbol.asyncIterator]()
  shim.stdin.write('handed\n')
  expect((await letters.next()).value).toBe('u\n')
  expect(readFileSync(join(directory, 'status'), 'utf8')).toBe('')
  execFileSync('setpriv', [...asUser, 'prlimit', '--nproc=10:10', '--pid', String(shim.pid)])
  rmSync(join(directory, 'claim'))
  shim.stdin.end('handed\n')
  await once(shim, 'exit')
  expect(readFileSync(join(directory, 'status'), 'utf8')).toMatch(/^job .*\nbegun\nexit 0\n$/)
})
