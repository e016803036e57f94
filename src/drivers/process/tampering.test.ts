import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ending, messages, observe } from '../contract/fixture.contract.ts'
import { makeSharedDirectory, type SharedDirectory } from '../contract/shared-directory.contract.ts'
import { quote } from '../contract/shell-quote.contract.ts'
import type { Driver } from '../driver.ts'
import { readParties } from './attempt-files.ts'
import { relativePath } from './attempt-places.ts'
import { attemptSpec } from './attempt-spec.contract.ts'
import { isAlive, readStat } from './identity.ts'
import { createProcessDriver } from './process-driver.ts'

/**
 * Jobs that run as the server's user can reach the server's files of their attempts. What they put
 * there costs them their own end, and nothing else.
 */
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
  /**
   * Starts an attempt that waits, after its command has run `script` in the directory of the
   * server's files.
   */
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
  /** The next attempt has its whole log and its own end, whatever the previous one did. */
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
    // Before and after a restart the attempt can be inspected, read and stopped, and nothing waits
    // for the foreign file.
    expect(await observe(driver, name)).toMatchObject({ kind: 'running' })
    await reopen()
    expect(await observe(driver, name)).toMatchObject({ kind: 'running' })
    await driver.stop(name, 0)
    await messages(driver, name)
    const end = await observe(driver, name)
    if (file === 'run') expect(end).toMatchObject({ kind: 'exited', exitCode: 137 })
    else {
      // A missing file may also have been lost with a file system that failed.
      const spoiled = { kind: 'exited', reason: expect.stringMatching(/attempt/) }
      if (end.kind !== 'lost' || kind !== 'nothing') expect(end).toMatchObject(spoiled)
      expect(end).not.toHaveProperty('exitCode')
    }
    if (job) expect(isAlive(job)).toBe(false)
    await driver.remove(name)
    expect(await observe(driver, name)).toEqual({ kind: 'absent' })
    expect(readFileSync(target(), 'utf8')).toBe('untouched\n')
    await expectNextIsWhole()
  })

  it('a job without its log did not end well', async () => {
    const name = `tampering-${serial++}`
    const script = `cd ${ownOf(name)}; rm output; mkfifo output; exit 0`
    await driver.start(attemptSpec(name, ['sh', '-c', script]))
    expect(await messages(driver, name)).toEqual([])
    expect(await observe(driver, name)).toMatchObject({
      kind: 'exited',
      reason: 'the file output of the attempt is not a regular file',
    })
  })

  it('a job that stops its shim delays neither its own end nor a stop', async () => {
    const [ends, waits] = [`tampering-${serial++}`, `tampering-${serial++}`]
    await driver.start(attemptSpec(ends, ['sh', '-c', 'kill -STOP $PPID; exit 4']))
    await driver.start(attemptSpec(waits, ['sh', '-c', 'kill -STOP $PPID; exec sleep 1000']))
    const shim = readParties(ownOf(waits))!.shim.pid
    await expect.poll(() => readStat(shim)?.stopped).toBe(true)
    await driver.stop(waits, 0)
    expect(await observe(driver, waits)).toMatchObject({ kind: 'exited', exitCode: 137 })
    expect(await ending(driver, ends)).toMatchObject({ exitCode: 4 })
  })

  it('a shim that was stopped while it was idle runs the next attempt', async () => {
    const name = await startWaiting('true')
    const shim = readParties(ownOf(name))!.shim.pid
    await driver.stop(name, 0)
    await expect
      .poll(() => readParties(ownOf(name)) && readFileSync(join(ownOf(name), 'status'), 'utf8'))
      .toMatch(/exit/)
    process.kill(shim, 'SIGSTOP')
    await expectNextIsWhole()
    expect(readStat(shim)?.stopped).toBe(false)
  })

  it('a job that stops its shim is adopted, and ends', async () => {
    const name = await startWaiting('kill -STOP $PPID')
    await reopen()
    await driver.stop(name, 0)
    expect(await observe(driver, name)).toMatchObject({ kind: 'exited', exitCode: 137 })
  })

  it.skipIf(process.getuid?.() !== 0)('a job with another user reaches none of the files', async () => {
    chmodSync(dataDir, 0o711)
    const other = await startWaiting('true')
    const name = `tampering-${serial++}`
    const own = ownOf(name)
    const tries = [
      ...[`ls ${own}`, `cat ${own}/output`, `cat ${ownOf(other)}/run`, `ls ${dataDir}/process/attempts`, 'ls ..'],
      ...['touch ../planted', 'mv ../work ../moved', `ls ${dataDir}/process/aside`, `ls ${dataDir}/process/jobs`],
      `cd ${join(dataDir, 'process/jobs', relativePath(other))}/work`,
    ]
    const script = tries.map((one) => `(${one}) > /dev/null 2>&1 && echo ${quote(one)}`).join('; ')
    await driver.start(attemptSpec(name, ['sh', '-c', `${script}; echo done`], { user: '12345' }))
    expect(await messages(driver, name)).toEqual(['done'])
  })

  it('every file is closed to others, and so is every directory that jobs do not pass through', async () => {
    chmodSync(dataDir, 0o711)
    await startWaiting('true')
    const group = { name: 'task', ownAddress: true }
    const mounts = [{ kind: 'scratch', volume: 'v', containerPath: '/tmp', readOnly: false } as const]
    await driver.start(attemptSpec('in-group', ['true'], { group, mounts, environment: { 'odd.name': 'x' } }))
    await ending(driver, 'in-group')
    const base = join(dataDir, 'process')
    const passed = /^$|^(jobs|groups)$|^jobs\/..(\/[^/]+)?$|^groups\/[^/]+(\/volumes)?$/
    const jobsOwn = /^jobs\/..\/[^/]+\/./
    const wrong = ['', ...readdirSync(base, { recursive: true, encoding: 'utf8' })].filter((path) => {
      const stat = lstatSync(join(base, path))
      if (/^groups\/[^/]+\/volumes\/[^/]+$/.test(path)) return (stat.mode & 0o7777) !== 0o1777
      const expected = !stat.isDirectory() ? 0o600 : passed.test(path) ? 0o711 : 0o700
      return !jobsOwn.test(path) && (stat.mode & 0o7777) !== expected
    })
    expect(wrong).toEqual([])
  })
})
