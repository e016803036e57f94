/**
 * Each driver whose jobs have a network of their own gets a door on it. Drivers on one network
 * share a listener.
 */
import { createServer } from 'node:net'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { driverWith } from '../../drivers/driver-with.testing.ts'
import { ScriptedDriver } from '../../drivers/scripted/scripted-driver.ts'
import { ConnectionRoom } from '../../ground/connection-room.ts'
import { JobDoors } from './job-doors.ts'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('jobs reach the server through their driver’s door, or directly where there is none', async () => {
  const plain = new ScriptedDriver()
  const at = (address: string) => driverWith(plain, { hostAddressForJobs: async () => address })
  const doors = new JobDoors(
    new Map([
      ['plain', plain],
      ['docker', at('127.0.0.2')],
      ['same', at('127.0.0.2')],
      ['other', at('127.0.0.3')],
    ]),
  )
  expect(doors.endpointFor('docker')).toBeUndefined()
  const port = await freePort()
  await doors.open({
    endpoint: `http://127.0.0.1:${port}`,
    ...{ mainHost: '127.0.0.1', port, connections: new ConnectionRoom(10), log: pino({ level: 'silent' }) },
    handle: (_, response) => response.end('here'),
  })
  try {
    expect(['plain', 'docker', 'same', 'other'].map((name) => doors.endpointFor(name))).toEqual(
      ['127.0.0.1', '127.0.0.2', '127.0.0.2', '127.0.0.3'].map((address) => `http://${address}:${port}`),
    )
    for (const name of ['docker', 'same', 'other']) {
      const answer = await fetch(doors.endpointFor(name)!, { headers: { connection: 'close' } })
      expect(await answer.text()).toBe('here')
    }
  } finally {
    await doors.close()
    await plain.close()
  }
})

test('jobs ask for credentials where SDKs accept it, over plain HTTP, and for nothing else there', async () => {
  const plain = new ScriptedDriver()
  const at = (address: string | undefined) => driverWith(plain, { credentialsAddressForJobs: async () => address })
  const drivers = new Map([
    ...([
      ['none', plain],
      ['main', at('127.0.0.1')],
      ['other', at('127.0.0.4')],
    ] as const),
    ...([
      ['same', at('127.0.0.4')],
      ['cannot', at(undefined)],
    ] as const),
  ])
  const doors = new JobDoors(drivers)
  const port = await freePort()
  await doors.open({
    ...{ endpoint: `http://127.0.0.1:${port}`, mainHost: '127.0.0.1', port },
    ...{ connections: new ConnectionRoom(10), log: pino({ level: 'silent' }) },
    handle: (_, response) => response.end('here'),
  })
  try {
    const [other, main] = [`http://127.0.0.4:${port}`, `http://127.0.0.1:${port}`]
    expect([...drivers.keys()].map((name) => doors.credentialsEndpointFor(name))).toEqual([
      ...[undefined, main, other, other, undefined],
    ])
    const get = (path: string) => fetch(other + path, { headers: { connection: 'close' } })
    expect(await (await get('/v2/credentials/x')).text()).toBe('here')
    for (const path of ['/', '/healthz', '/api/v2/credentials/x', '/v2/credentialsx'])
      expect((await get(path)).status).toBe(404)
  } finally {
    await doors.close()
    await plain.close()
  }
})
