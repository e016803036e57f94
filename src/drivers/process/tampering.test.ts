import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { messages, observe } from '../contract/fixture.contract.ts'
import { makeSharedDirectory, type SharedDirectory } from '../contract/shared-directory.contract.ts'
import type { Driver } from '../driver.ts'
import { readParties } from './attempt-files.ts'
import { relativePath } from './attempt-places.ts'
import { attemptSpec } from './attempt-spec.contract.ts'
import { isAlive } from './identity.ts'
import { createProcessDriver } from './process-driver.ts'

/** Jobs that run as the server's user can reach the server's files of them. What they put there costs them their end, and nothing else. */
describe('files of an attempt, replaced by its job', () => {
  let dataDir: string
  let driver: Driver
  let shared: SharedDirectory
  let serial = 0
  beforeAll(() => {
    shared = makeSharedDirectory()
  })
  afterAll(() => shared.dispose())
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'openbatch-tampering-'))
    driver = createProcessDriver({ dataDir })
  })
  afterEach(async () => {
    for (const name of await driver.list()) await driver.remove(name)
    await driver.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  const ownOf = (name: string) => join(dataDir, 'process/attempts', relativePath(name))
  const reopen = async () => {
    await driver.close()
    driver = createProcessDriver({ dataDir })
  }
  /** An attempt that waits, after its command has run `script` in the directory of the server's files. */
  const startWaiting = async (script: string) => {
    const [name, gate] = [`tampering-${serial}`, `tampering-${serial++}`]
    shared.prepare([{ waitFor: gate }])
    const done = join(shared.path, `done-${gate}`)
    const wait = `read line < ${shared.path}/gate-${gate}`
    const spec = attemptSpec(name, ['sh', '-c', `cd ${ownOf(name)}; echo ready; ${script}; touch ${done}; ${wait}`])
    expect(await driver.start(spec)).toEqual({ kind: 'started' })
    await expect.poll(() => existsSync(done), { interval: 5 }).toBe(true)
    return name
  }
  /** The next attempt has its whole log and its own end, whatever the one before did. */
  const expectNextIsWhole = async () => {
    const name = `next-${serial++}`
    await driver.start(attemptSpec(name, ['sh', '-c', 'echo whole; exit 3']))
    expect(await messages(driver, name)).toEqual(['whole'])
    expect(await observe(driver, name)).toMatchObject({ kind: 'exited', exitCode: 3 })
    await driver.remove(name)
  }

  const target = () => join(dataDir, 'target')
  const kinds = {
    'a FIFO': (file: string) => `mkfifo ${file}`,
    'a link': (file: string) => `ln -s ${target()} ${file}`,
    'a directory': (file: string) => `mkdir ${file}`,
    nothing: (file: string) => `true ${file}`,
    'a huge file': (file: string) => `head -c 2000000 /dev/zero > ${file}`,
  }

  it.each([
    ...(['status', 'output', 'claim', 'run'] as const).flatMap((file) => [
      [file, 'a FIFO'] as const,
      [file, 'a link'] as const,
    ]),
    ['status', 'a directory'],
    ['status', 'a huge file'],
    ['status', 'nothing'],
    ['output', 'nothing'],
    ['claim', 'nothing'],
  ] as const)('%s by %s', async (file, kind) => {
    writeFileSync(target(), 'untouched\n')
    const name = await startWaiting(`rm ${file}; ${kinds[kind](file)}`)
    const job = readParties(ownOf(name))?.job
    // Before and after a restart it is looked at, read and stopped, and nothing waits for what stands there.
    expect(await observe(driver, name)).toMatchObject({ kind: 'running' })
    await reopen()
    expect(await observe(driver, name)).toMatchObject({ kind: 'running' })
    await driver.stop(name, 0)
    await messages(driver, name)
    const end = await observe(driver, name)
    if (file === 'run') expect(end).toMatchObject({ kind: 'exited', exitCode: 137 })
    else {
      expect(end).toMatchObject({ kind: 'exited', reason: expect.stringMatching(/attempt/) })
      expect(end).not.toHaveProperty('exitCode')
    }
    if (job) expect(isAlive(job)).toBe(false)
    await driver.remove(name)
    expect(await observe(driver, name)).toEqual({ kind: 'absent' })
    expect(readFileSync(target(), 'utf8')).toBe('untouched\n')
    await expectNextIsWhole()
  })

  it('a job without its log is not one that ended well', async () => {
    const name = `tampering-${serial++}`
    const script = `cd ${ownOf(name)}; rm output; mkfifo output; exit 0`
    await driver.start(attemptSpec(name, ['sh', '-c', script]))
    expect(await messages(driver, name)).toEqual([])
    expect(await observe(driver, name)).toMatchObject({
      kind: 'exited',
      reason: 'the file output of the attempt is not a regular file',
    })
  })
})
