import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { driverWith } from '../../drivers/driver-with.testing.ts'
import { ScriptedDriver } from '../../drivers/scripted/scripted-driver.ts'
import type { LabelledFigures } from '../metrics.ts'
import { Reach } from './reach.ts'

async function listening(): Promise<string> {
  const server = createServer((_, response) => response.writeHead(403).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('says which drivers’ jobs reach the server, as they see it or as this machine does', async () => {
  const here = await listening()
  const [info, warn] = [vi.fn(), vi.fn()]
  const inside = vi.fn(async () => [null, 'connect EHOSTUNREACH'])
  const scripted = new ScriptedDriver()
  onTestFinished(() => scripted.close())
  const drivers = new Map([
    ['process', driverWith(scripted, { isolation: 'none' })],
    ['docker', driverWith(scripted, { isolation: 'container', reachFromJobs: inside })],
    ['closed', driverWith(scripted, { isolation: 'container' })],
    ['nothing', scripted],
  ])
  const endpointFor = (driver: string) => (driver === 'closed' ? undefined : here)
  const add = vi.fn<(figures: LabelledFigures) => void>()
  const reach = new Reach({
    ...{ drivers, trustFile: undefined, log: { info, warn }, everyMs: 600_000 },
    doors: {
      endpointFor,
      credentialsEndpointFor: (driver) => (driver === 'docker' ? 'http://169.254.170.2:80' : undefined),
    },
    metrics: { add },
  })
  reach.start()
  await vi.waitUntil(() => info.mock.calls.length > 0 && warn.mock.calls.length > 0)
  await reach.stop()
  expect(inside).toHaveBeenCalledWith([`${here}/healthz`, 'http://169.254.170.2:80/v4/'], expect.anything())
  expect(info.mock.calls).toEqual([
    [
      expect.objectContaining({ driver: 'process', tried: [{ way: 'api', url: `${here}/healthz` }] }),
      'jobs reach this server',
    ],
  ])
  expect(warn.mock.calls).toEqual([
    [expect.objectContaining({ driver: 'docker', from: 'the network of jobs' }), expect.stringContaining('a firewall')],
  ])
  expect([...add.mock.calls[0]![0].read()]).toEqual(
    expect.arrayContaining([
      [{ driver: 'process', way: 'api' }, 1],
      [{ driver: 'docker', way: 'api' }, 1],
      [{ driver: 'docker', way: 'credentials' }, 0],
    ]),
  )
})
