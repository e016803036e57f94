/** A running server takes a new certificate without an end to its connections. */
import { once } from 'node:events'
import { copyFileSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { GivenCertificate } from './given-certificate.ts'
import { makeServer } from './make-server.ts'
import { initAuthority } from './own-authority.ts'
import { ServingCertificate } from './serving-certificate.ts'
import { directories, logOfMessages } from './tls-files.testing.ts'

const newDirectory = directories()
const toClose: (() => unknown)[] = []
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close()
})

/** A server with a certificate of an authority of its own, in two files as an operator has them. */
async function serving() {
  const dataDir = newDirectory()
  const certificate = join(dataDir, 'certificate.pem')
  const key = join(dataDir, 'key.pem')
  /** Puts a new pair into the files. */
  const renew = async () => {
    const { text } = (await initAuthority({ dataDir, names: [], now: Date.now() })).read()
    writeFileSync(certificate, text.certificate)
    writeFileSync(key, text.key)
  }
  await renew()
  const { log, messages } = logOfMessages()
  const source = new GivenCertificate({ certificate, key }, undefined)
  const shown = new ServingCertificate({ source, now: Date.now, log })
  const server = makeServer({}, (_, response) => response.end('here'), shown)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
  toClose.push(() => {
    agent.destroy()
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  /** Asks once; returns the serial number of the certificate and the client's port. */
  const ask = async (by?: Agent) => {
    const { port } = server.address() as AddressInfo
    const request = get({ port, host: '127.0.0.1', agent: by ?? false, rejectUnauthorized: false })
    const [response] = await once(request, 'response')
    const socket = request.socket as TLSSocket
    const seen = { serial: socket.getPeerCertificate().serialNumber, port: socket.localPort }
    response.resume()
    await once(response, 'end')
    return seen
  }
  return { agent, ask, certificate, dataDir, key, messages, renew, shown }
}

test('a new pair is shown to new connections once it has stood for a while, and open ones go on', async () => {
  const { agent, ask, messages, renew, shown } = await serving()
  const before = await ask(agent)
  await renew()
  await shown.look()
  expect((await ask()).serial).toBe(before.serial)
  await shown.look()
  expect((await ask()).serial).not.toBe(before.serial)
  expect(await ask(agent)).toEqual(before)
  expect(messages).toEqual(['the server has a new certificate'])
  await shown.look()
  expect(messages).toHaveLength(1)
})

test('a pair that cannot be used is logged once, and the old one stays', async () => {
  const { ask, certificate, dataDir, key, messages, renew, shown } = await serving()
  const before = await ask()
  copyFileSync(key, join(dataDir, 'old-key.pem'))
  await renew()
  copyFileSync(join(dataDir, 'old-key.pem'), key)
  for (let look = 0; look < 4; look++) await shown.look()
  writeFileSync(certificate, 'no certificate')
  for (let look = 0; look < 4; look++) await shown.look()
  const refused = 'the new certificate or its key cannot be used: the server goes on with the old one'
  expect(messages).toEqual([refused, refused])
  expect((await ask()).serial).toBe(before.serial)
  await renew()
  for (let look = 0; look < 2; look++) await shown.look()
  expect((await ask()).serial).not.toBe(before.serial)
})

test('the name of a server is one that the certificate is for', async () => {
  const { shown } = await serving()
  expect(shown.nameFor('0.0.0.0')).toBe('127.0.0.1')
  expect(shown.nameFor('127.0.0.1')).toBe('127.0.0.1')
  expect(shown.nameFor('10.1.2.3')).toBe('localhost')
})

test('the log says once a day that a certificate ends', async () => {
  const dataDir = newDirectory()
  const authority = await initAuthority({ dataDir, names: [], now: Date.now() })
  const { log, messages } = logOfMessages()
  let now = Date.now()
  const { server } = authority.files
  const source = { mark: () => server, read: () => authority.read() }
  const shown = new ServingCertificate({ source, now: () => now, log })
  await shown.look()
  expect(messages).toEqual([])
  now = authority.read().untilMs - 86_400_000
  for (let look = 0; look < 3; look++) await shown.look()
  expect(messages).toEqual(['the certificate of the server ends soon, or has ended'])
})

test('a running server makes its own certificate anew, and shows it', async () => {
  const dataDir = newDirectory()
  const authority = await initAuthority({ dataDir, names: ['lab.example'], now: Date.now() })
  const { log, messages } = logOfMessages()
  let now = Date.now()
  const shown = new ServingCertificate({ source: authority, now: () => now, log })
  const before = shown.contextOptions.cert
  for (let look = 0; look < 3; look++) await shown.look()
  expect(shown.contextOptions.cert).toBe(before)
  now += 250 * 86_400_000
  for (let look = 0; look < 3; look++) await shown.look()
  expect(shown.contextOptions.cert).not.toBe(before)
  expect(shown.covers('lab.example')).toBe(true)
  expect(messages).toEqual(['the server has a new certificate'])
})

test('a certificate that covers a new address is shown at once', async () => {
  const authority = await initAuthority({ dataDir: newDirectory(), names: [], now: Date.now() })
  const { log } = logOfMessages()
  const shown = new ServingCertificate({ source: authority, now: Date.now, log })
  expect(shown.covers('172.18.0.1')).toBe(false)
  await shown.cover('172.18.0.1')
  expect(shown.covers('172.18.0.1')).toBe(true)
})
