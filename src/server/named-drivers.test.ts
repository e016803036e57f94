/**
 * Two configured drivers of one kind do not touch each other's attempts, directories and cgroups.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkModes } from '../data-directory/modes.ts'
import { messages, observe, readUntil } from '../drivers/contract/fixture.contract.ts'
import type { Driver } from '../drivers/driver.ts'
import { attemptSpec } from '../drivers/process/attempt-spec.contract.ts'
import { offerDrivers } from './drivers.ts'
import { loadConfiguration } from './start/configuration.ts'

const log = pino({ level: 'silent' })
const installationId = `test-${process.pid}`
let dataDir: string
const opened: Driver[] = []
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-named-'))
})
afterEach(async () => {
  for (const driver of opened.splice(0)) await driver.close()
  rmSync(dataDir, { recursive: true })
})

async function open(text: string): Promise<ReadonlyMap<string, Driver>> {
  const file = join(dataDir, 'openbatch.yaml')
  writeFileSync(file, text)
  const env = { OPENBATCH_DRIVERS_DOCKER_ENABLED: 'false' }
  const configuration = loadConfiguration({ file, env, options: {} })
  const { drivers } = await offerDrivers({ configuration, dataDir, installationId, log }, [])
  opened.push(...drivers.values())
  return drivers
}

const both = 'drivers: { process: { kind: process }, quick: { kind: process } }'

async function twoProcessDrivers(): Promise<[Driver, Driver]> {
  const drivers = await open(both)
  expect([...drivers.keys()]).toEqual(['process', 'quick'])
  return [drivers.get('process')!, drivers.get('quick')!]
}

test('two process drivers run attempts of one name, and neither knows the other’s', async () => {
  const [first, second] = await twoProcessDrivers()
  await first.start(attemptSpec('same-1', ['sh', '-c', 'echo first; exec sleep 600']))
  await readUntil(first, 'same-1', 'first')
  expect(await second.list()).toEqual([])
  expect(await observe(second, 'same-1')).toEqual({ kind: 'absent' })
  await second.stop('same-1', 0)
  await second.remove('same-1')
  expect(await observe(first, 'same-1')).toMatchObject({ kind: 'running' })

  expect(await second.start(attemptSpec('same-1', ['sh', '-c', 'echo second; exit 3']))).toEqual({ kind: 'started' })
  expect(await messages(second, 'same-1')).toEqual(['second'])
  expect(await observe(second, 'same-1')).toMatchObject({ kind: 'exited', exitCode: 3 })
  expect(await observe(first, 'same-1')).toMatchObject({ kind: 'running' })
  await first.remove('same-1')
  expect(await first.list()).toEqual([])
  expect(await observe(second, 'same-1')).toMatchObject({ kind: 'exited', exitCode: 3 })
  await second.remove('same-1')
})

test('the driver named after its kind keeps its earlier directories, the other has a directory of its name', async () => {
  await twoProcessDrivers()
  expect(existsSync(join(dataDir, 'process/attempts'))).toBe(true)
  expect(existsSync(join(dataDir, 'drivers/quick/process/attempts'))).toBe(true)
  expect(readdirSync(join(dataDir, 'drivers'))).toEqual(['quick'])
})

test('the sweep of one driver at its start leaves the other’s cgroups alone', async () => {
  const [first, second] = await twoProcessDrivers()
  const cgroup = ['sh', '-c', 'cat /proc/self/cgroup; echo ready; exec sleep 600']
  await first.start(attemptSpec('a-1', cgroup))
  await second.start(attemptSpec('b-1', cgroup))
  const groups = await Promise.all(
    (
      [
        [first, 'a-1'],
        [second, 'b-1'],
      ] as const
    ).map(async ([driver, name]) =>
      (await readUntil(driver, name, 'ready')).map(({ message }) => groupIn(message)).filter(Boolean),
    ),
  )
  if (groups[0]!.length > 0) {
    expect(new Set(groups[0])).toEqual(new Set([`openbatch-${installationId}`]))
    expect(new Set(groups[1])).toEqual(new Set([`openbatch-${installationId}.quick`]))
  }
  await second.close()
  const again = (await open('drivers: { quick: { kind: process } }')).get('quick')!
  expect(await observe(again, 'b-1')).toMatchObject({ kind: 'running' })
  expect(await observe(first, 'a-1')).toMatchObject({ kind: 'running' })
  await again.remove('b-1')
  await first.remove('a-1')
})

test.runIf(process.getuid?.() === 0)('another user’s job passes to its directory in the driver’s own', async () => {
  const [, second] = await twoProcessDrivers()
  const spec = attemptSpec('u-1', ['sh', '-c', 'echo x > file && cat file && ls .. 2>/dev/null; ls /proc/self/cwd'], {
    user: '65534:65534',
  })
  expect(await second.start(spec)).toEqual({ kind: 'started' })
  expect(await messages(second, 'u-1')).toEqual(['x', 'file'])
  await second.remove('u-1')
  // The next server accepts the modes.
  rmSync(join(dataDir, 'openbatch.yaml'))
  expect(() => checkModes(dataDir)).not.toThrow()
})

/** Returns which of our cgroups a line of /proc/PID/cgroup names. */
function groupIn(line: string): string | undefined {
  return /\/(openbatch-[^/]+)\//.exec(line)?.[1]
}

test('two scripted drivers keep two journals', async () => {
  const drivers = await open('drivers: { scripted: { kind: scripted, enabled: true }, play: { kind: scripted } }')
  await drivers.get('play')!.start(attemptSpec('p-1', ['print hello']))
  expect(await drivers.get('play')!.list()).toEqual(['p-1'])
  expect(await drivers.get('scripted')!.list()).toEqual([])
  expect(readFileSync(join(dataDir, 'drivers/play/scripted/scripted.jsonl'), 'utf8')).toContain('p-1')
  expect(readFileSync(join(dataDir, 'scripted/scripted.jsonl'), 'utf8')).toBe('')
})
