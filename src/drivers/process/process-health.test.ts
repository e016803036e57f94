/** What the process driver offers of its machine, and what it reports that it cannot do. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { DriverHealth } from '../driver.ts'
import { thisMachine } from '../local-machine.ts'
import { createProcessDriver } from './process-driver.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-process-health-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

async function healthOf(options: { vcpus?: number } = {}): Promise<DriverHealth> {
  const driver = createProcessDriver({ dataDir, ...options })
  try {
    return await driver.health()
  } finally {
    await driver.close()
  }
}

it('reports what it does not enforce', async () => {
  const health = await healthOf()
  if (health.kind !== 'healthy') throw new Error(health.why)
  expect(health.hosts).toEqual([
    { hostName: 'local', vcpus: expect.any(Number), memoryMib: expect.any(Number), gpus: 0, machine: thisMachine() },
  ])
  expect(health.notes.join('\n')).toContain('images are recorded and not used')
})

it('shares a machine with other drivers only where nobody sets how much of it is offered', async () => {
  const health = await healthOf({ vcpus: 1 })
  expect(health).toMatchObject({ hosts: [{ vcpus: 1 }] })
  expect(health).not.toHaveProperty('hosts.0.machine')
})

it('offers no more than this machine has processes for, and says so', async () => {
  const health = await healthOf({ vcpus: 1_000_000_000 })
  if (health.kind !== 'healthy') throw new Error(health.why)
  const { vcpus } = health.hosts[0]!
  expect(vcpus).toBeLessThan(1_000_000_000)
  expect(health.notes.at(-1)).toMatch(new RegExp(`^${vcpus} of 1000000000 vCPUs are offered: .* processes`))
})
