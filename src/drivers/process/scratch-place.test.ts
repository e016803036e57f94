/** The directories of jobs can be on a disk of their own. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { messages } from '../contract/fixture.contract.ts'
import { attemptSpec } from './attempt-spec.contract.ts'
import { createProcessDriver } from './process-driver.ts'

it('makes them there, removes them there, and sweeps that place at a start', async () => {
  const root = mkdtempSync(join(tmpdir(), 'openbatch-scratch-place-'))
  const scratchHome = join(root, 'disk/here')
  mkdirSync(join(scratchHome, 'aside/left/deep'), { recursive: true })
  const driver = createProcessDriver({ dataDir: join(root, 'data'), scratchHome })
  onTestFinished(async () => {
    await driver.close()
    rmSync(root, { recursive: true, force: true })
  })
  await expect.poll(() => readdirSync(join(scratchHome, 'aside'))).toEqual([])
  const mounts = [{ kind: 'scratch', volume: '/docker_scratch', containerPath: '/tmp', readOnly: false } as const]
  for (const [name, more] of Object.entries({ plain: {}, 'mount-1': { mounts } })) {
    await driver.start(attemptSpec(name, ['sh', '-c', 'pwd; echo "$TMPDIR"; echo x > "$TMPDIR/left"'], more))
    const lines = await messages(driver, name)
    expect(lines.map((line) => line.startsWith(join(scratchHome, 'jobs/')))).toEqual([true, true])
    expect(await driver.diskPeak!(name)).toBeGreaterThan(0)
    await driver.remove(name)
    expect(lines.map((line) => existsSync(line))).toEqual([false, false])
  }
  expect((await driver.disks!([]))[0]!.totalMib).toBeGreaterThan(0)
  expect(await driver.list()).toEqual([])
})
