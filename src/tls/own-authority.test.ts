/** The installation's own authority: what it signs, when it signs anew, and who may read its files. */
import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { expect, test } from 'vitest'
import { hasOwnAuthority, initAuthority, OwnAuthority } from './own-authority.ts'
import { directories } from './tls-files.testing.ts'
import { tlsFiles } from './tls-files.ts'

const newDirectory = directories()
const now = Date.UTC(2026, 10, 27)
const dayMs = 86_400_000
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('the server’s certificate is signed by the authority, for the names that were given and its own', async () => {
  const dataDir = newDirectory()
  expect(hasOwnAuthority(dataDir)).toBe(false)
  const names = ['batch.lab.example', '*.lab.example', '10.0.0.7', '2001:db8::1:0:5']
  const { files } = await initAuthority({ dataDir, names, now })
  expect(hasOwnAuthority(dataDir)).toBe(true)
  const authority = new X509Certificate(readFileSync(files.authority))
  const server = new X509Certificate(readFileSync(files.server))
  expect(authority).toMatchObject({ ca: true })
  expect(server).toMatchObject({ ca: false, keyUsage: ['1.3.6.1.5.5.7.3.1'] })
  expect(server.checkIssued(authority)).toBe(true)
  expect(server.verify(authority.publicKey)).toBe(true)
  const pair = new OwnAuthority(files).read()
  for (const host of ['batch.lab.example', 'x.lab.example', '10.0.0.7', '2001:db8::1:0:5', 'localhost', '127.0.0.1'])
    expect([host, pair.covers(host)]).toEqual([host, true])
  for (const host of ['lab.example', 'a.b.lab.example', '10.0.0.8', '::2'])
    expect([host, pair.covers(host)]).toEqual([host, false])
  expect(pair.firstDnsName).toBe('batch.lab.example')
})

test('keys are closed to other accounts, and what clients trust is open', async () => {
  const { files } = await initAuthority({ dataDir: newDirectory(), names: [], now })
  expect([files.directory, files.authorityPair, files.server].map(modeOf)).toEqual(['700', '600', '600'])
  expect([files.authority, files.trust].map(modeOf)).toEqual(['644', '644'])
  const trust = readFileSync(files.trust, 'utf8')
  expect(trust.startsWith(readFileSync(files.authority, 'utf8').trim())).toBe(true)
  expect(trust).toContain(rootCertificates[0])
  expect(trust + readFileSync(files.authority, 'utf8')).not.toContain('PRIVATE KEY')
})

test('a certificate is made anew when a third of its time is left, with the same names and authority', async () => {
  const dataDir = newDirectory()
  const { files } = await initAuthority({ dataDir, names: ['batch.lab.example'], now })
  const authority = new OwnAuthority(files)
  const [text, ca] = [readFileSync(files.server, 'utf8'), readFileSync(files.authority, 'utf8')]
  await authority.keepFresh(now + 240 * dayMs)
  expect(readFileSync(files.server, 'utf8')).toBe(text)
  await authority.keepFresh(now + 250 * dayMs)
  const pair = authority.read()
  expect(pair.text.certificate).not.toBe(text.slice(0, pair.text.certificate.length))
  expect(pair.untilMs).toBeGreaterThan(now + 600 * dayMs)
  expect(pair.names.slice(0, 2)).toEqual(['batch.lab.example', 'localhost'])
  expect(readFileSync(files.authority, 'utf8')).toBe(ca)
})

test('a name that the server turns out to need is added once', async () => {
  const { files } = await initAuthority({ dataDir: newDirectory(), names: ['a.example'], now })
  const authority = new OwnAuthority(files)
  await authority.keepFresh(now, ['172.18.0.1'])
  const mark = authority.mark()
  expect(authority.read().covers('172.18.0.1')).toBe(true)
  expect(authority.read().names[0]).toBe('a.example')
  await authority.keepFresh(now, ['172.18.0.1'])
  expect(authority.mark()).toBe(mark)
})

test('names are kept unless others are given, and the authority unless another is asked for', async () => {
  const dataDir = newDirectory()
  const { files } = await initAuthority({ dataDir, names: ['a.example', 'localhost'], now })
  const ca = readFileSync(files.authority, 'utf8')
  expect((await initAuthority({ dataDir, now })).read().names[0]).toBe('a.example')
  expect((await initAuthority({ dataDir, names: ['b.example'], now })).read().names[0]).toBe('b.example')
  expect(readFileSync(files.authority, 'utf8')).toBe(ca)
  await initAuthority({ dataDir, now, anew: true })
  expect(readFileSync(files.authority, 'utf8')).not.toBe(ca)
})

test('no certificate outlives the authority', async () => {
  const dataDir = newDirectory()
  const { files, endsAtMs } = await initAuthority({ dataDir, names: [], now })
  const authority = new OwnAuthority(files)
  await authority.keepFresh(endsAtMs - 100 * dayMs)
  expect(authority.read().untilMs).toBe(endsAtMs)
})

test('what is not there or damaged is a problem with a name', async () => {
  const dataDir = newDirectory()
  expect(() => new OwnAuthority(tlsFiles(dataDir)).read()).toThrow(join(dataDir, 'tls', 'server.pem'))
})
