/** Starts that hang end, are cleaned up, and hold nobody else. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ending, messages, observe } from '../contract/fixture.contract.ts'
import type { AttemptSpec, Driver } from '../driver.ts'
import { canHang, hangAt } from '../hung-file-system.testing.ts'
import { silentPath } from '../path-answers.ts'
import { attemptSpec } from './attempt-spec.contract.ts'
import { createProcessDriver } from './process-driver.ts'

let root: string
let driver: Driver
let release: (() => Promise<void>) | undefined
beforeEach(() => {
  root = mkdtempSync('/var/tmp/openbatch-hung-')
  mkdirSync(join(root, 'data'))
})
afterEach(async () => {
  await release?.()
  release = undefined
  for (const name of await driver.list()) await driver.remove(name)
  await driver.close()
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(root)
  rmSync(root, { recursive: true, force: true })
})
const open = (more: Partial<Parameters<typeof createProcessDriver>[0]> = {}) =>
  createProcessDriver({
    dataDir: join(root, 'data'),
    firstUid: 1_900_950_000,
    openDirectory: join(root, 'open'),
    ...more,
  })

describe.skipIf(!canHang)('a path on a file system that does not answer', () => {
  const hung = () => join(root, 'hung')
  const mount = (sourcePath: string, containerPath: string) =>
    ({ kind: 'host', sourcePath, containerPath, readOnly: false }) as const
  beforeEach(async () => {
    driver = open({ answersWithinMs: 300 })
    release = await hangAt(hung())
  })

  it.each<[string, () => [readonly string[], Partial<AttemptSpec>]]>([
    ['a program', () => [[join(hung(), 'bin/tool')], {}]],
    ['a directory of PATH', () => [['tool'], { environment: { PATH: `/bin:${hung()}` } }]],
    ['the source of a mount', () => [['true'], { mounts: [mount(join(hung(), 'data'), join(root, 'at'))] }]],
    ['the place of a mount', () => [['true'], { mounts: [mount(root, join(hung(), 'at'))] }]],
    [
      'a granted path',
      () => [
        ['true'],
        {
          mounts: [mount(root, root)],
          confinement: { owner: 'ada', hostPaths: [{ path: hung(), readOnly: false }] },
        },
      ],
    ],
  ])('as %s fails the start, which holds no other start meanwhile', async (_what, ask) => {
    const [command, more] = ask()
    const name = 'hangs'
    const failing = driver.start(attemptSpec(name, command, more))
    expect(await driver.start(attemptSpec('other', ['sh', '-c', 'echo done']))).toEqual({ kind: 'started' })
    expect(await messages(driver, 'other')).toEqual(['done'])
    expect(await failing).toEqual({
      kind: 'failed',
      reason: expect.stringMatching(
        /^CannotStartContainerError: .*hung.* does not answer: its file system may be away$/,
      ),
    })
    expect(await observe(driver, name)).toEqual({ kind: 'absent' })
    await release?.()
    release = undefined
    expect((await driver.start(attemptSpec('again', ['true']))).kind).toBe('started')
    await ending(driver, 'again')
  })

  it('is named among others that answer', async () => {
    const options = { shell: '/bin/sh', withinMs: 300 }
    expect(await silentPath(['/', '/no/such', hung(), '/usr'], options)).toBe(hung())
    expect(await silentPath(['/', '/no/such', '/usr'], options)).toBeUndefined()
  })
})

it('a start that is given up leaves no process, has its reason after a restart, and does not begin again', async () => {
  driver = open({ startsWithinMs: 0 })
  const ran = join(root, 'ran')
  const spec = attemptSpec('late', ['sh', '-c', `sleep 60; touch ${ran}`])
  const reason = expect.stringMatching(/^CannotStartContainerError: the start took too long: /)
  expect(await driver.start(spec)).toEqual({ kind: 'failed', reason })
  expect(await observe(driver, 'late')).toMatchObject({ kind: 'exited', reason })
  expect(await driver.start(spec)).toEqual({ kind: 'failed', reason })
  expect(processesOf(ran)).toEqual([])
  await driver.close()
  driver = open()
  expect(await observe(driver, 'late')).toMatchObject({ kind: 'exited', reason })
  await driver.remove('late')
  expect(await driver.list()).toEqual([])
  expect((await driver.start(attemptSpec('next', ['true']))).kind).toBe('started')
  await ending(driver, 'next')
  expect(existsSync(ran)).toBe(false)
})

function processesOf(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text)
    } catch {
      return false
    }
  })
}
