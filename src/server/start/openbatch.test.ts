/**
 * A server starts its services in order, stops them in the opposite order, and leaves nothing
 * behind when one of them fails to start.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ConnectionRoom } from '../../ground/connection-room.ts'
import { loadConfiguration } from './configuration.ts'
import { startOpenbatch } from './openbatch.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-start-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

function start(listen: () => Promise<number>) {
  const logged: { service?: string; msg: string }[] = []
  const said = (what: string) => logged.flatMap(({ service, msg }) => (msg === what && service ? [service] : []))
  const starting = startOpenbatch({
    configuration: loadConfiguration({
      env: {},
      options: {
        driver: 'scripted',
        'drivers.docker.enabled': false,
        'logs.retentionDays': 7,
        'jobs.retentionDays': 7,
      },
    }),
    dataDir,
    log: pino({ level: 'debug', base: undefined }, { write: (line) => logged.push(JSON.parse(line)) }),
    makeEdge: () => ({ listen, handle: () => {}, connections: new ConnectionRoom(10), close: async () => {} }),
    failpoint: undefined,
    onBroken(error) {
      throw error
    },
  })
  return { starting, said }
}

const upkeep = [
  'retention of jobs',
  'retention of uploads',
  'retention of written logs',
  'retention of logs',
  'lifecycle rules',
  'clean-up of images',
  'ways of jobs',
  'time limits',
  'orphans',
]
const stopOrder = [
  ...[...upkeep, 'resumption', 'doors of jobs', 'edge', 'epoch', 'disks', 'hosts', 'settling', 'supervisor'],
  ...['images', 'loop', 'delivery of events', 'drivers', 'looking clock', 'objects', 'logs', 'searches', 'store'],
  'data directory',
]

test('services stop in the opposite order', async () => {
  const { starting, said } = start(async () => 1234)
  const server = await starting
  expect(server.endpoint).toBe('http://127.0.0.1:1234')
  expect(said('started').reverse()).toEqual(stopOrder.filter((name) => said('started').includes(name)))
  await server.stop()
  expect(said('stopped')).toEqual(stopOrder)
})

test('releases everything when the port is taken', async () => {
  const taken = start(async () => {
    throw new Error('the port is taken')
  })
  await expect(taken.starting).rejects.toThrow('the port is taken')
  expect(taken.said('stopped')).toEqual(stopOrder.slice(stopOrder.indexOf('edge')))
  // This includes the data directory.
  const server = await start(async () => 1).starting
  await server.stop()
})
