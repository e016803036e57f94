/**
 * Each driver whose jobs have a network of their own gets a door on it. Drivers on one network
 * share a listener.
 */
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { driverWith } from '../../drivers/driver-with.testing.ts'
import { ScriptedDriver } from '../../drivers/scripted/scripted-driver.ts'
import { ConnectionRoom } from '../../ground/connection-room.ts'
import { GivenCertificate } from '../../tls/given-certificate.ts'
import { initAuthority } from '../../tls/own-authority.ts'
import { type CertificateSource, ServingCertificate } from '../../tls/serving-certificate.ts'
import { directories, logOfMessages } from '../../tls/tls-files.testing.ts'
import { reservedPort } from './credentials-door.ts'
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

describe('of a server that speaks TLS', () => {
  const newDirectory = directories()
  const plain = new ScriptedDriver()
  const now = () => Date.now()
  const { log } = logOfMessages()
  const drivers = new Map([['docker', driverWith(plain, { hostAddressForJobs: async () => '127.0.0.2' })]])

  async function endpointsOf(source: CertificateSource, mainHost: string) {
    const certificate = new ServingCertificate({ source, now, log })
    const doors = new JobDoors(drivers)
    const port = await freePort()
    await doors.open({
      ...{ endpoint: 'https://main', mainHost, port, connections: new ConnectionRoom(10), certificate },
      ...{ log: pino({ level: 'silent' }), handle: (_, response) => response.end('here') },
    })
    await doors.close()
    return { endpoint: doors.endpointFor('docker')?.replace(`:${port}`, ''), certificate }
  }

  test('its own certificate is made anew for the address of the door', async () => {
    const authority = await initAuthority({ dataDir: newDirectory(), names: ['lab.example'], now: now() })
    expect(await endpointsOf(authority, '127.0.0.1')).toMatchObject({ endpoint: 'https://127.0.0.2' })
    expect(authority.read().covers('127.0.0.2')).toBe(true)
  })

  test('an operator’s certificate for another name is not shown at the door, and elsewhere by its name', async () => {
    const dataDir = newDirectory()
    const { text } = (await initAuthority({ dataDir, names: ['lab.example'], now: now() })).read()
    const files = { certificate: join(dataDir, 'c.pem'), key: join(dataDir, 'k.pem') }
    writeFileSync(files.certificate, text.certificate)
    writeFileSync(files.key, text.key)
    const given = new GivenCertificate(files, undefined)
    expect(await endpointsOf(given, '127.0.0.1')).toMatchObject({ endpoint: 'http://127.0.0.2' })
    expect(await endpointsOf(given, '0.0.0.0')).toMatchObject({ endpoint: 'https://lab.example' })
  })
})

test('credentials are asked for over plain HTTP beside a server that speaks TLS', async () => {
  const driver = driverWith(new ScriptedDriver(), { credentialsAddressForJobs: async () => '127.0.0.1' })
  const doors = new JobDoors(new Map([['process', driver]]))
  const port = await freePort()
  const certificate = { cover: async () => {}, covers: () => true } as unknown as ServingCertificate
  await doors.open({
    ...{ endpoint: `https://127.0.0.1:${port}`, mainHost: '127.0.0.1', port, certificate },
    ...{ connections: new ConnectionRoom(10), log: pino({ level: 'silent' }) },
    handle: (_, response) => response.end('here'),
  })
  try {
    const endpoint = `http://127.0.0.1:${port + 1}`
    expect(doors.credentialsEndpointFor('process')).toBe(endpoint)
    expect(await (await fetch(`${endpoint}/v4/x`, { headers: { connection: 'close' } })).text()).toBe('here')
  } finally {
    await doors.close()
    await driver.close()
  }
})

test.runIf(process.getuid?.() === 0)(
  'on loopback, credentials are asked for where no ordinary user may listen',
  async () => {
    const driver = driverWith(new ScriptedDriver(), { credentialsAddressForJobs: async () => '127.0.0.1' })
    const doors = new JobDoors(new Map([['process', driver]]))
    const port = await freePort()
    const loopbackPort = reservedPort(`/data/${port}`)
    expect(loopbackPort).toBe(reservedPort(`/data/${port}`))
    expect(loopbackPort).toBeGreaterThan(913)
    expect(loopbackPort).toBeLessThan(953)
    await doors.open({
      ...{ endpoint: `http://127.0.0.1:${port}`, mainHost: '127.0.0.1', port, loopbackPort },
      ...{ connections: new ConnectionRoom(10), log: pino({ level: 'silent' }) },
      handle: (_, response) => response.end('here'),
    })
    // Another server on this machine may have the port just now.
    expect([`http://127.0.0.1:${loopbackPort}`, `http://127.0.0.1:${port}`]).toContain(
      doors.credentialsEndpointFor('process'),
    )
    await doors.close()
    await driver.close()
  },
)
