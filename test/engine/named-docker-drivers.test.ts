/**
 * Two configured drivers on one engine do not touch each other's containers, networks and
 * directories.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { messages, observe, readUntil } from '../../src/drivers/contract/fixture.contract.ts'
import type { AttemptSpec, Driver } from '../../src/drivers/driver.ts'
import { offerDrivers } from '../../src/server/drivers.ts'
import { loadConfiguration } from '../../src/server/start/configuration.ts'
import { attempt, newInstallation } from './docker-setting.ts'
import { startEngine, type TestEngine } from './engine.ts'
import { engineJson } from './engine-http.ts'

const installationId = newInstallation()
let engine: TestEngine
let dataDir: string
let drivers: ReadonlyMap<string, Driver>

beforeAll(async () => {
  engine = await startEngine()
  dataDir = await mkdtemp(join(tmpdir(), 'openbatch-named-docker-'))
  const file = join(dataDir, 'openbatch.yaml')
  const settings = { kind: 'docker', host: engine.dockerHost }
  // YAML reads JSON.
  await writeFile(file, JSON.stringify({ drivers: { docker: settings, big: settings, process: { enabled: false } } }))
  const configuration = loadConfiguration({ file, env: {}, options: {} })
  const log = pino({ level: 'silent' })
  drivers = (await offerDrivers({ configuration, dataDir, installationId, log }, [])).drivers
})
afterAll(async () => {
  for (const driver of drivers?.values() ?? []) await driver.close()
  await engine?.stop()
  if (dataDir) await rm(dataDir, { recursive: true, force: true })
})

const scratch: AttemptSpec['mounts'] = [{ kind: 'scratch', volume: 'v', containerPath: '/v', readOnly: false }]

it('both run an attempt of one name, each in a network of its own, and neither knows the other’s', async () => {
  expect([...drivers.keys()]).toEqual(['docker', 'big'])
  const [docker, big] = [drivers.get('docker')!, drivers.get('big')!]
  const stays = (text: string) =>
    attempt('same-1', `echo ${text} > /v/file; echo ${text}; sleep 600`, { mounts: scratch })
  expect(await docker.start(stays('first'))).toEqual({ kind: 'started' })
  await readUntil(docker, 'same-1', 'first')
  expect(await big.list()).toEqual([])
  expect(await observe(big, 'same-1')).toEqual({ kind: 'absent' })
  await big.stop('same-1', 0)
  await big.remove('same-1')
  expect(await observe(docker, 'same-1')).toMatchObject({ kind: 'running' })

  expect(await big.start(stays('second'))).toEqual({ kind: 'started' })
  await readUntil(big, 'same-1', 'second')
  expect(existsSync(join(dataDir, 'scratch/same-1/v/file'))).toBe(true)
  expect(existsSync(join(dataDir, 'drivers/big/scratch/same-1/v/file'))).toBe(true)
  const rows = (await engineJson(engine.socketPath, 'GET', '/containers/json')) as { Labels: Record<string, string> }[]
  const owners = rows.flatMap(({ Labels }) => Labels['openbatch.installation'] ?? Labels['openbatch.network-of'] ?? [])
  expect(owners.sort()).toEqual([installationId, installationId, `${installationId}.big`, `${installationId}.big`])
  expect(await docker.hostAddressForJobs!()).not.toBe(await big.hostAddressForJobs!())

  await docker.remove('same-1')
  expect(await docker.list()).toEqual([])
  expect(await observe(big, 'same-1')).toMatchObject({ kind: 'running' })
  await big.stop('same-1', 0)
  expect(await messages(big, 'same-1')).toEqual(['second'])
  await big.remove('same-1')
})
