/**
 * Which server a verb asks and with whose key: from the environment, from a profile, or from the
 * data directory.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isAuthenticationFailure } from '../access/authentication-failure.ts'
import { Credentials } from '../access/credentials.ts'
import { IdentityDirectory } from '../access/identities/identity-directory.ts'
import { verifySignature } from '../access/signature.ts'
import { openUsers, Users } from '../access/users.ts'
import { runCommand } from './program.ts'

const now = Date.UTC(2026, 10, 22)
const keys = { accessKeyId: 'OPENBJDOE', secretAccessKey: 'the-secret-of-jdoe' }
const inEnvironment = { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey }

let home: string
let elsewhere: string
let server: Server
let url: string
let lastHeaders: IncomingHttpHeaders

/**
 * A server elsewhere: its only user is jdoe, and no data directory on this machine knows it. It
 * answers with the caller's name.
 */
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'openbatch-cli-'))
  mkdirSync(join(home, '.aws'))
  elsewhere = join(home, 'elsewhere')
  mkdirSync(elsewhere)
  const directory = new IdentityDirectory(elsewhere, now)
  const credentials = new Credentials(directory)
  new Users(directory).add({ name: 'jdoe', role: 'user', key: keys }, now)
  server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    lastHeaders = headers
    const signed = verifySignature(
      { method, url, headers, body: Buffer.alloc(0) },
      (id) => credentials.findKey(id, now),
      now,
    )
    if (isAuthenticationFailure(signed))
      response.writeHead(403, { 'x-amzn-errortype': signed.code }).end(JSON.stringify({ message: signed.message }))
    else response.end(JSON.stringify({ jobId: url, status: signed.owner.name, reasons: [] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.close()
  server.closeAllConnections()
  rmSync(home, { recursive: true })
})

/** Runs `openbatch why x` in a home of its own. */
async function why(env: Record<string, string>, ...args: string[]) {
  let [out, err] = ['', '']
  const write = (text: string) => {
    out += text
  }
  const warn = (text: string) => {
    err += text
  }
  const all = { HOME: home, OPENBATCH_DATA_DIR: join(home, 'none'), ...env }
  const terminal = { write, warn, input: new PassThrough().end(), env: all, now: () => now }
  return { code: await runCommand(['why', 'x', ...args], terminal), out, err }
}
const answered = { code: 0, out: '/api/jobs/x/why is jdoe\n', err: '' }
const failed = (text: string) => ({ code: 1, out: '', err: `openbatch: ${text}\n` })

const write = (name: 'config' | 'credentials', text: string) => writeFileSync(join(home, '.aws', name), text)
const secretLines = `aws_access_key_id = ${keys.accessKeyId}\naws_secret_access_key = ${keys.secretAccessKey}\n`

/**
 * A server's data directory on this machine, whose administrator the server above does not know.
 */
function dataDirHere(): string {
  const dataDir = join(home, 'here')
  mkdirSync(dataDir)
  openUsers(dataDir, now).ensureAdministrator(now)
  writeFileSync(join(dataDir, 'server.json'), JSON.stringify({ endpoint: url, pid: process.pid, startedAt: '' }))
  return dataDir
}

describe('the environment', () => {
  test('names the server and the key', async () => {
    expect(await why({ AWS_ENDPOINT_URL: url, ...inEnvironment })).toEqual(answered)
    expect(await why({ AWS_ENDPOINT_URL: `${url}/`, ...inEnvironment })).toEqual(answered)
  })

  test('the address of Batch wins over the general one', async () => {
    const others = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', ...inEnvironment }
    expect(await why({ ...others, AWS_ENDPOINT_URL_BATCH: url })).toEqual(answered)
  })

  test('its session token is sent, and its region is signed for', async () => {
    await why({ AWS_ENDPOINT_URL: url, ...inEnvironment, AWS_SESSION_TOKEN: 'the-token', AWS_REGION: 'eu-central-1' })
    expect(lastHeaders['x-amz-security-token']).toBe('the-token')
    expect(lastHeaders.authorization).toContain('/eu-central-1/batch/aws4_request')
  })

  test('a key without an address is for the data directory’s server', async () => {
    expect(await why({ ...inEnvironment, OPENBATCH_DATA_DIR: dataDirHere() })).toEqual(answered)
    expect(await why(inEnvironment)).toEqual(
      failed(`no server is running on ${join(home, 'none')}; AWS_ENDPOINT_URL says where else one is`),
    )
  })

  test('an option wins over it', async () => {
    const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
    const dataDir = dataDirHere()
    openUsers(dataDir, now).add({ name: 'jdoe', role: 'user', key: keys }, now)
    expect(await why(env, '--data-dir', dataDir, '--user', 'jdoe')).toEqual(answered)
    expect(await why({ ...env, OPENBATCH_DATA_DIR: dataDir }, '--user', 'jdoe')).toEqual(answered)
  })
})

describe('a profile', () => {
  test('that is named gives both', async () => {
    write('config', `[profile lab]\nendpoint_url = ${url}\nregion = eu-west-1\n`)
    write('credentials', `[lab]\n${secretLines}`)
    expect(await why({ AWS_PROFILE: 'lab' })).toEqual(answered)
    expect(lastHeaders.authorization).toContain('/eu-west-1/batch/')
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = { ...inEnvironment, AWS_ACCESS_KEY_ID: 'OPENBOTHER' }
    const refused = await why({ AWS_PROFILE: 'lab', AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY })
    expect(refused.err).toContain('refused the key OPENBOTHER (from AWS_ACCESS_KEY_ID)')
  })

  test('gives the address of Batch by its services', async () => {
    const services = `[services here]\nbatch =\n  endpoint_url = ${url}\nlogs =\n  endpoint_url = http://127.0.0.1:9\n`
    write('config', `[profile lab]\nservices = here\nendpoint_url = http://127.0.0.1:9\n${secretLines}\n${services}`)
    expect(await why({ AWS_PROFILE: 'lab' })).toEqual(answered)
  })

  test('called default counts if it has an address', async () => {
    write('config', `[default]\nendpoint_url = ${url}\n`)
    write('credentials', `[default]\n${secretLines}`)
    expect(await why({})).toEqual(answered)
    const ignored = await why({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' })
    expect(ignored).toEqual(failed(`no server is running on ${join(home, 'none')}`))
  })

  test('called default, with a key for AWS itself, leaves the choice to the data directory', async () => {
    write('credentials', '[default]\naws_access_key_id = AKIA\naws_secret_access_key = of-AWS\n')
    const dataDir = dataDirHere()
    const { accessKeyId } = openUsers(dataDir, now).list()[0]!.key!
    await why({ OPENBATCH_DATA_DIR: dataDir })
    expect(lastHeaders.authorization).toContain(`Credential=${accessKeyId}/`)
  })

  test('is read from the files that the variables name', async () => {
    const file = join(home, 'both')
    writeFileSync(file, `[profile lab]\nendpoint_url = ${url}\n[lab]\n${secretLines}`)
    const files = { AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: file }
    expect(await why({ AWS_PROFILE: 'lab', ...files })).toEqual(answered)
  })
})

describe('a mistake is reported with its place', () => {
  test.each([
    [
      'what is no address',
      { AWS_ENDPOINT_URL: 'lab', ...inEnvironment },
      'the endpoint of AWS_ENDPOINT_URL is no http address: "lab"',
    ],
    ['half a key', { AWS_ACCESS_KEY_ID: 'x' }, 'the environment has AWS_ACCESS_KEY_ID and no AWS_SECRET_ACCESS_KEY'],
    [
      'the other half',
      { AWS_SECRET_ACCESS_KEY: 'x' },
      'the environment has AWS_SECRET_ACCESS_KEY and no AWS_ACCESS_KEY_ID',
    ],
  ])('%s', async (_what, env, text) => {
    expect(await why(env)).toEqual(failed(text))
  })

  test('a server that does not answer', async () => {
    server.close()
    server.closeAllConnections()
    const text = `no server answers at ${url} (from AWS_ENDPOINT_URL)`
    expect(await why({ AWS_ENDPOINT_URL: url, ...inEnvironment })).toEqual(failed(text))
  })

  test('an address without a key', async () => {
    const { code, err } = await why({ AWS_ENDPOINT_URL: url })
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining('AWS_ENDPOINT_URL names a server, but there is no key'),
    })
  })

  test('a profile that does not exist', async () => {
    const [config, credentials] = ['config', 'credentials'].map((name) => join(home, '.aws', name))
    const text = `AWS_PROFILE is "lab", and neither ${config} nor ${credentials} has such a profile`
    expect(await why({ AWS_PROFILE: 'lab' })).toEqual(failed(text))
    write('config', '[default]\nregion = x\n')
    expect(await why({ AWS_PROFILE: 'lab' })).toEqual(failed(text))
  })

  test('a key that is refused', async () => {
    const env = { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: 'OPENBNONE', AWS_SECRET_ACCESS_KEY: 'x' }
    expect((await why(env)).err).toMatch(
      /^openbatch: the server at http:\S+ refused the key OPENBNONE \(from AWS_ACCESS_KEY_ID\): The security token .* invalid/,
    )
    expect((await why({ OPENBATCH_DATA_DIR: dataDirHere() })).err).toMatch(
      /refused the key \S+ \(from the user admin\)/,
    )
  })

  test.each([['why', 'x'], ['instances'], ['interrupt', 'i-0'], ['env'], ['user', 'list'], ['secret', 'list']])(
    'the data directory of another account: %s',
    (...args) => {
      const dataDir = dataDirHere()
      chmodSync(dataDir, 0)
      // Root may read everything, unless it drops that capability.
      const prefix = process.getuid!() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : ['env']
      const [file, ...words] = [...prefix, process.execPath, join(import.meta.dirname, '../main.ts'), ...args]
      const env = { HOME: home, PATH: process.env.PATH!, OPENBATCH_DATA_DIR: dataDir }
      const { status, stdout, stderr } = spawnSync(file!, words, { env, encoding: 'utf8' })
      chmodSync(dataDir, 0o700)
      const text = `openbatch: this account may not read the data directory ${dataDir}.`
      expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining(text) })
      expect(stderr).toContain('AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
    },
  )
})
