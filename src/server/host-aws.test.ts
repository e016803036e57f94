/** Process jobs find the supplied aws command, whoever they run as, and any other one first. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AttemptSpec, Driver } from '../drivers/driver.ts'
import { createProcessDriver } from '../drivers/process/process-driver.ts'
import { hostAws } from './host-aws.ts'

const isMade = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)
const isRoot = process.getuid?.() === 0

let root: string
let driver: Driver
beforeEach(() => {
  root = mkdtempSync('/var/tmp/openbatch-host-aws-')
  chmodSync(root, 0o711)
  mkdirSync(join(root, 'data'), { mode: 0o700 })
  mkdirSync(join(root, 'own'))
  // In place of the bundle, which only a build makes.
  writeFileSync(join(root, 'aws.mjs'), `console.log('supplied', ...process.argv.slice(2))`)
  open(join(root, 'aws.mjs'))
})
afterEach(async () => {
  for (const name of await driver.list()) await driver.remove(name)
  await driver.close()
  rmSync(root, { recursive: true, force: true })
})

const warn = vi.fn()
function open(script: string, totalMib?: number): void {
  const [dataDir, openDirectory] = [join(root, 'data'), join(root, 'open')]
  const findAws = hostAws({ warn }, { script }, totalMib === undefined ? undefined : async () => ({ totalMib }))
  // The machine that runs the tests may have an aws command.
  driver = createProcessDriver({ dataDir, openDirectory, firstUid: 1_900_970_000, findAws, path: join(root, 'own') })
}

async function run(command: readonly string[], more: Partial<AttemptSpec> = {}): Promise<string[]> {
  const spec: AttemptSpec = {
    ...{ name: 'job', jobId: 'job', attempt: 1, image: 'none', command, environment: {}, labels: {} },
    ...{ vcpus: 1, cpuIsHardLimit: false, memoryMib: 256, gpus: 0, privileged: false, mounts: [], ulimits: [] },
    ...{ readonlyRootFilesystem: false, ...more },
  }
  expect(await driver.start(spec)).toEqual({ kind: 'started' })
  const lines: string[] = []
  for await (const entries of driver.streamLogs('job', undefined, new AbortController().signal))
    lines.push(...entries.map(({ message }) => message))
  await driver.remove('job')
  return lines
}

test.runIf(isMade)('a job finds it, also where it sets a PATH', async () => {
  const script = ['/bin/sh', '-c', 'aws s3 ls "$0"', 'a b']
  expect(await run(script)).toEqual(['supplied s3 ls a b'])
  expect(await run(script, { environment: { PATH: '/no/such' } })).toEqual(['supplied s3 ls a b'])
  expect(await run(['aws', 'sts'])).toEqual(['supplied sts'])
})

test.runIf(isMade && isRoot)('so does the job of an ordinary user, under its own account', async () => {
  const confinement = { owner: 'ada', hostPaths: [] }
  expect(await run(['/bin/sh', '-c', 'aws s3; aws sts'], { confinement })).toEqual(['supplied s3', 'supplied sts'])
})

test.runIf(isMade)('another command on the PATH wins', async () => {
  writeFileSync(join(root, 'own/aws'), '#!/bin/sh\necho real "$@"\n', { mode: 0o755 })
  expect(await run(['/bin/sh', '-c', 'aws s3 ls'])).toEqual(['real s3 ls'])
})

test.each([
  ['it cannot be made', 'absent', undefined],
  ['the disk is small', 'aws.mjs', 1024],
])('where %s, jobs start without it, and the log says so once', async (_, script, totalMib) => {
  warn.mockClear()
  await driver.close()
  open(join(root, script), totalMib)
  expect(await run(['/bin/sh', '-c', 'echo "$PATH"'])).toEqual([join(root, 'own')])
  expect(await run(['/bin/sh', '-c', 'echo fine'])).toEqual(['fine'])
  expect(warn).toHaveBeenCalledTimes(1)
})
