import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { messages, observe, readUntil } from '../contract/fixture.contract.ts'
import { makeSharedDirectory, type SharedDirectory } from '../contract/shared-directory.contract.ts'
import type { Driver } from '../driver.ts'
import { relativePath } from './attempt-places.ts'
import { attemptSpec } from './attempt-spec.contract.ts'
import { createProcessDriver } from './process-driver.ts'

/**
 * Attempts that an earlier server started, with the earlier layout of files and its shim, are
 * adopted.
 */
let dataDir: string
let driver: Driver | undefined
let shared: SharedDirectory
beforeAll(() => {
  shared = makeSharedDirectory()
})
afterAll(() => shared.dispose())
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-earlier-'))
})
afterEach(async () => {
  for (const name of (await driver?.list()) ?? []) await driver!.remove(name)
  await driver?.close()
  rmSync(dataDir, { recursive: true, force: true })
})

/**
 * What those shims did: everything in one directory, with the end written over the beginning of
 * `status`.
 */
const earlierShim = `
cd "$1" && read -r boot < /proc/sys/kernel/random/boot_id
read -r me _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ since _ < /proc/self/stat
trap : HUP INT PIPE QUIT TERM
set -C; echo "$boot $me $since -" > claim; set +C
( . ./run )
code=$?
read -r state job _ < status && kill -s KILL -- "-$job"
echo "exit $code" 1<> status`

const earlierRun = (script: string) => `
read -r me _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ since _ < /proc/self/stat || exit 125
echo "job $me $since" 1<> status || exit 125
echo s
exec < /dev/null >> output 2>&1
cd work || exit 125
exec setsid -- sh -c '${script}'
`

const directoryOf = (name: string) => join(dataDir, 'process', relativePath(name))

function leave(name: string, files: Record<string, string>): void {
  for (const inner of ['work', 'tmp']) mkdirSync(join(directoryOf(name), inner), { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directoryOf(name), file), text)
}

function startEarlier(name: string, script: string): ChildProcess {
  leave(name, { run: earlierRun(script) })
  return spawn('sh', ['-c', earlierShim, 'openbatch-shim', directoryOf(name)], { stdio: 'ignore', detached: true })
}

it('follows a running attempt to its end, with all its output', async () => {
  shared.prepare([{ waitFor: 'earlier' }])
  const shim = startEarlier('runs-1', `echo before; read line < ${shared.path}/gate-earlier; echo after; exit 9`)
  await expect.poll(() => existsSync(join(directoryOf('runs-1'), 'output'))).toBe(true)
  driver = createProcessDriver({ dataDir })
  await readUntil(driver, 'runs-1', 'before')
  expect(await observe(driver, 'runs-1')).toMatchObject({ kind: 'running' })
  expect(await driver.start(attemptSpec('runs-1', ['true']))).toEqual({ kind: 'started' })
  expect(await driver.list()).toEqual(['runs-1'])
  const exit = once(shim, 'exit')
  await shared.openGate('earlier')
  expect(await messages(driver, 'runs-1')).toEqual(['before', 'after'])
  await exit
  expect(await observe(driver, 'runs-1')).toMatchObject({ kind: 'exited', exitCode: 9 })
  await driver.remove('runs-1')
  expect(await driver.list()).toEqual([])
  expect(existsSync(join(directoryOf('runs-1'), '..'))).toBe(false)
})

it('stops a running attempt', async () => {
  const shim = startEarlier('stops-1', 'sleep 1000')
  await expect.poll(() => existsSync(join(directoryOf('stops-1'), 'output'))).toBe(true)
  driver = createProcessDriver({ dataDir })
  const exit = once(shim, 'exit')
  await driver.stop('stops-1', 0)
  expect(await observe(driver, 'stops-1')).toMatchObject({ kind: 'exited', exitCode: 137 })
  await exit
})

it('knows the ended attempts, and begins anew the ones that had not begun', async () => {
  const claim = 'another-boot 1 1 -\n'
  leave('ended-1', { run: '', claim, output: 'text\n', status: 'exit 3\n 12\n' })
  leave('lost-1', { run: '', claim, output: '', status: 'job 1 1\n' })
  leave('left-1', { run: earlierRun('exit 5') })
  driver = createProcessDriver({ dataDir })
  expect((await driver.list()).sort()).toEqual(['ended-1', 'left-1', 'lost-1'])
  expect(await observe(driver, 'ended-1')).toMatchObject({ kind: 'exited', exitCode: 3 })
  expect(await messages(driver, 'ended-1')).toEqual(['text'])
  expect(await observe(driver, 'lost-1')).toMatchObject({ kind: 'lost' })
  expect(await driver.start(attemptSpec('left-1', ['sh', '-c', 'echo anew; exit 4']))).toEqual({ kind: 'started' })
  expect(await messages(driver, 'left-1')).toEqual(['anew'])
  expect(await observe(driver, 'left-1')).toMatchObject({ kind: 'exited', exitCode: 4 })
})
