/** Where the server listens without TLS, and which certificates it takes. */
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { initAuthority } from '../../tls/own-authority.ts'
import { directories } from '../../tls/tls-files.testing.ts'
import { problemsOfTls } from './tls-settings.ts'

const newDirectory = directories()
const plain = { tls: {}, allowPlainHttp: false }

test.each(['localhost', '127.0.0.1', '127.1.2.3', '::1'])('plain HTTP is served at %s', (host) => {
  expect(problemsOfTls({ ...plain, host }, newDirectory())).toEqual([])
})

test.each(['0.0.0.0', '::', '10.0.0.7', 'lab.example', '127.0.0.1.example'])(
  'plain HTTP is refused at %s, unless it is allowed or there is a certificate',
  async (host) => {
    const dataDir = newDirectory()
    expect(problemsOfTls({ ...plain, host }, dataDir)).toEqual([
      `host: other machines can reach ${host}, and the server has no certificate. Run openbatch tls init, or set tls.certificate and tls.key; allowPlainHttp: true serves without TLS all the same`,
    ])
    expect(problemsOfTls({ ...plain, host, allowPlainHttp: true }, dataDir)).toEqual([])
    await initAuthority({ dataDir, names: [], now: Date.now() })
    expect(problemsOfTls({ ...plain, host }, dataDir)).toEqual([])
  },
)

test('half a pair, an authority without a pair, and files that cannot be used are named, all at once', async () => {
  const dataDir = newDirectory()
  const problems = (tls: object) => problemsOfTls({ host: '127.0.0.1', tls, allowPlainHttp: false }, dataDir)
  expect(problems({ certificate: 'a' })).toEqual(['tls.key: must be set, because tls.certificate is'])
  expect(problems({ key: 'a' })).toEqual(['tls.certificate: must be set, because tls.key is'])
  expect(problems({ ca: '/dev/null' })).toEqual([
    'tls.certificate: must be set, because tls.ca is',
    'tls.ca: /dev/null: it holds no certificate in PEM',
  ])
  expect(problems({ certificate: 'c.pem', key: 'k.pem', ca: 'ca.pem' })).toEqual([
    expect.stringContaining(`tls.certificate: ${join(dataDir, 'c.pem')}: ENOENT`),
    expect.stringContaining(`tls.ca: ${join(dataDir, 'ca.pem')}: ENOENT`),
  ])
  const { text } = (await initAuthority({ dataDir, names: [], now: Date.now() })).read()
  writeFileSync(join(dataDir, 'c.pem'), text.certificate)
  writeFileSync(join(dataDir, 'k.pem'), text.key)
  copyFileSync(join(dataDir, 'tls', 'ca.pem'), join(dataDir, 'ca.pem'))
  expect(problems({ certificate: 'c.pem', key: 'k.pem', ca: 'ca.pem' })).toEqual([])
  await initAuthority({ dataDir, names: [], now: 0 })
  copyFileSync(join(dataDir, 'tls', 'server.pem'), join(dataDir, 'old.pem'))
  expect(problems({ certificate: 'c.pem', key: 'old.pem' })).toEqual([
    `tls.key: ${join(dataDir, 'old.pem')}: it does not belong to the certificate`,
  ])
  expect(problems({ certificate: 'old.pem', key: 'old.pem' })).toEqual([
    expect.stringContaining(`tls.certificate: ${join(dataDir, 'old.pem')}: it ended on`),
  ])
})
