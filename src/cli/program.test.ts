/** `openbatch env`, `openbatch user` and `openbatch secret` on a data directory of their own. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openUsers } from '../access/users.ts'
import { writeMark } from '../data-directory/mark.ts'
import { SecretStore, secretsFilePath } from '../secrets/secrets.ts'
import { runCommand } from './program.ts'
import type { Terminal } from './terminal.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-cli-'))
  writeMark(dataDir, { installationId: 'i', epoch: 0, number: 1 })
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const now = Date.UTC(2026, 10, 22)

const given = (bytes: string | Buffer): Terminal['input'] => new PassThrough().end(bytes)

async function run(command: string, env: Record<string, string> = {}, input = given('')) {
  let [out, err] = ['', '']
  const code = await runCommand(command.split(' '), {
    write: (text) => {
      out += text
    },
    warn: (text) => {
      err += text
    },
    input,
    env: { OPENBATCH_DATA_DIR: dataDir, ...env },
    now: () => now,
  })
  return { code, out, err }
}

const users = () => openUsers(dataDir, now)
const pairOf = (name: string) => {
  const user = users()
    .list()
    .find((candidate) => candidate.name === name)!
  return { accessKeyId: user.key!.accessKeyId, secretAccessKey: users().secretOf(user) }
}
const administrator = () => users().ensureAdministrator(now)!

function announceServer(pid = process.pid) {
  const facts = { endpoint: 'http://127.0.0.1:9999', pid, startedAt: '2026-11-22T00:00:00Z' }
  writeFileSync(join(dataDir, 'server.json'), JSON.stringify(facts))
}

test('env prints lines that a shell can evaluate', async () => {
  administrator()
  const admin = pairOf('admin')
  announceServer()
  const { code, out, err } = await run('env')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const script = `${out}echo "$AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_DEFAULT_REGION"`
  const evaluated = execFileSync('sh', ['-euc', script], { encoding: 'utf8', env: {} })
  expect(evaluated).toBe(`http://127.0.0.1:9999 ${admin.accessKeyId} ${admin.secretAccessKey} us-west-2\n`)
})

test('env uses a user’s key, whatever its characters, and clears variables that would interfere', async () => {
  administrator()
  const key = { accessKeyId: 'LAB', secretAccessKey: `it's$HOME"\\` }
  users().add({ name: 'lab', role: 'user', key }, now)
  const { out } = await run('env --user lab', { AWS_SESSION_TOKEN: 'old', OPENBATCH_REGION: 'eu-central-1' })
  const script = `AWS_SESSION_TOKEN=old; ${out}printf %s "$AWS_SECRET_ACCESS_KEY \${AWS_SESSION_TOKEN-none} $AWS_DEFAULT_REGION"`
  expect(execFileSync('sh', ['-euc', script], { encoding: 'utf8' })).toBe(`${key.secretAccessKey} none eu-central-1`)
})

test('env says when there is no server or no user', async () => {
  expect(await run('env')).toMatchObject({ code: 1, err: expect.stringContaining('there are no users in') })
  administrator()
  const { code, out, err } = await run('env')
  expect({ code, err }).toEqual({ code: 0, err: `openbatch: no server is running on ${dataDir}\n` })
  expect(out).toContain('export AWS_ENDPOINT_URL=http://127.0.0.1:8642\n')
  expect(await run('env --user nobody')).toMatchObject({ code: 1, err: 'openbatch: there is no user "nobody"\n' })
  await run('user add ada')
  await run('user disable ada')
  expect(await run('env --user ada')).toMatchObject({ code: 1, err: 'openbatch: the user ada is disabled\n' })
  writeFileSync(join(dataDir, 'server.json'), '{')
  expect(await run('env')).toMatchObject({ code: 1, err: expect.stringContaining('server.json is damaged') })
})

test.each(['user add ada', 'user list', 'user remove ada', 'secret set db', 'secret list'])(
  '%s makes no data directory: it fails where no server has run',
  async (command) => {
    for (const wrong of [join(dataDir, 'wrong'), join(dataDir, 'there', 'but', 'empty')]) {
      if (wrong.endsWith('empty')) mkdirSync(wrong, { recursive: true })
      const { code, out, err } = await run(`${command} --data-dir ${wrong}`, {}, given('value'))
      expect({ code, out }).toEqual({ code: 1, out: '' })
      expect(err).toBe(
        `openbatch: no server has run on ${wrong}: name its data directory with --data-dir, or start the server on it first\n`,
      )
      expect(existsSync(wrong) ? readdirSync(wrong) : []).toEqual([])
    }
  },
)

test('a user is added, rotated, disabled, enabled and removed', async () => {
  administrator()
  const added = await run('user add ada')
  const ada = pairOf('ada')
  expect(added.out).toBe(
    `ada (user)\nAWS_ACCESS_KEY_ID=${ada.accessKeyId}\nAWS_SECRET_ACCESS_KEY=${ada.secretAccessKey}\n`,
  )
  const rotated = await run('user rotate-key ada')
  expect(rotated.out).not.toContain(ada.secretAccessKey)
  await run('user disable ada')
  const listed = (await run('user list')).out.split('\n')
  expect(listed[0]).toMatch(/^NAME {3}ROLE {3}STATE {5}ACCESS KEY ID {9}KEY CREATED$/)
  expect(listed[2]).toMatch(/^ada {4}user {3}disabled {2}OPENB\w{15} {2}2026-11-22T00:00:00\.000Z$/)
  await run('user enable ada')
  expect(users().list()[1]).toMatchObject({ disabled: false })
  expect(await run('user remove ada')).toEqual({ code: 0, out: 'removed ada\n', err: '' })
  expect(users().list()).toHaveLength(1)
})

test('secrets are sealed anew and stay what they are', async () => {
  administrator()
  await run('user add ada')
  const before = [pairOf('admin'), pairOf('ada')]
  const sealingKeys = readFileSync(join(dataDir, 'sealing-keys.json'), 'utf8')
  expect(await run('user reseal')).toEqual({ code: 0, out: 'sealed 2 secrets anew\n', err: '' })
  expect(readFileSync(join(dataDir, 'sealing-keys.json'), 'utf8')).not.toBe(sealingKeys)
  expect([pairOf('admin'), pairOf('ada')]).toEqual(before)
})

test('a user may bring a key along', async () => {
  const given = '--access-key-id TESTKEY --secret-access-key test'
  const { code, err } = await run(`user add lab --role admin ${given} --data-dir ${dataDir}`)
  expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('fewer than 16 characters') })
  expect(users().list()[0]).toMatchObject({ role: 'admin' })
  expect(pairOf('lab')).toEqual({ accessKeyId: 'TESTKEY', secretAccessKey: 'test' })
})

const secrets = () => new SecretStore(secretsFilePath(dataDir))
const setFrom = (bytes: string | Buffer) => run('secret set lab/db', {}, given(bytes))

test('a secret is set from standard input, listed without its value, and removed', async () => {
  expect(await setFrom('hush hush\n')).toEqual({ code: 0, out: 'set lab/db\n', err: '' })
  expect(secrets().find('lab/db')).toBe('hush hush')
  expect(await run('secret list')).toEqual({
    code: 0,
    out: `NAME    CREATED                   CHANGED\nlab/db${'  2026-11-22T00:00:00.000Z'.repeat(2)}\n`,
    err: '',
  })
  expect(await run(`secret remove lab/db --data-dir ${dataDir}`)).toEqual({ code: 0, out: 'removed lab/db\n', err: '' })
  expect(secrets().list()).toEqual([])
})

test.each([
  ['the line break that echo adds is dropped, no other', ' two\nlines \n\n', ' two\nlines \n'],
  ['what has none stays', 'x', 'x'],
  ['a mark of byte order stays', '\ufeffx', '\ufeffx'],
])('standard input: %s', async (_what, bytes, value) => {
  expect(await setFrom(bytes)).toMatchObject({ code: 0 })
  expect(secrets().find('lab/db')).toBe(value)
})

test('a file is stored unchanged', async () => {
  const file = join(dataDir, 'value')
  writeFileSync(file, 'key\n')
  expect(await run(`secret set key --value-file ${file}`)).toMatchObject({ code: 0 })
  expect(secrets().find('key')).toBe('key\n')
  expect(await run(`secret set key --value-file ${file}.absent`)).toMatchObject({
    code: 1,
    err: expect.stringContaining(`cannot read ${file}.absent`),
  })
})

describe('on a terminal', () => {
  const typing = (text: string) => Object.assign(new PassThrough(), { isTTY: true }).end(text)

  test('asks for the value and does not show it', async () => {
    const { code, out, err } = await run('secret set token', {}, typing('hux\x7fsh\r'))
    expect({ code, out, err }).toEqual({ code: 0, out: 'set token\n', err: 'Value of token: \n' })
    expect(secrets().find('token')).toBe('hush')
  })

  test.each([
    ['Control-C', 'hush\x03'],
    ['Control-D', '\x04'],
    ['a terminal that is gone', ''],
  ])('%s sets nothing', async (_what, text) => {
    const { code, out, err } = await run('secret set token', {}, typing(text))
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('openbatch: nothing was set\n')
    expect(err).not.toContain('hush')
    expect(secrets().list()).toEqual([])
  })
})

test.each([
  ['nothing', '', 'The value of lab/db is empty.'],
  ['too much', 'x'.repeat(65_537), '65536 bytes at most'],
  ['much too much', 'x'.repeat(1_000_000), '65536 bytes at most'],
  ['what is not text', Buffer.from([0x66, 0xff]), 'not text in UTF-8'],
  ['a zero byte', 'a\0b', 'holds a zero byte'],
])('refuses %s as a value', async (_what, bytes, text) => {
  expect(await setFrom(bytes)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(text) })
  expect(secrets().list()).toEqual([])
})

test.each([
  ['secret remove nothing', 1, 'There is no secret "nothing".'],
  ['secret set a:b', 1, 'is not valid'],
  ['secret set name value', 2, 'too many arguments'],
  ['user remove nobody', 1, 'There is no user "nobody".'],
  ['user add a/b', 1, 'is not valid'],
  ['user add x --access-key-id ABC', 1, 'give both'],
  ['user add x --role king', 2, 'king'],
  ['user frobnicate', 2, 'unknown command'],
  ['nothing', 2, 'unknown command'],
])('%s fails with %i and says why', async (command, code, text) => {
  administrator()
  expect(await run(command)).toMatchObject({ code, err: expect.stringContaining(text) })
})

test('help is not a failure', async () => {
  expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('env') })
})
