/** Browsers sign in, ask with their cookie, and are kept from what other pages would have them ask. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { signRequest } from '../../../../../test/support/signed-request.ts'
import { ConsoleSessions } from '../../../../access/console/console-sessions.ts'
import { Credentials } from '../../../../access/credentials.ts'
import { IdentityDirectory } from '../../../../access/identities/identity-directory.ts'
import { Users } from '../../../../access/users.ts'
import { Explainer } from '../../../../core/explain/explain.ts'
import { makeWorld, submit, type World } from '../../../../core/world.testing.ts'
import { limits } from '../../../../model/limits.ts'
import type { Backend } from '../../../context.ts'
import { createApi } from '../../../server.ts'
import { own } from '../service.ts'

let dataDir: string
let directory: IdentityDirectory
let users: Users
let app: FastifyInstance
let world: World
let now: number
let key: { readonly accessKeyId: string; readonly secretAccessKey: string }
beforeEach(() => {
  now = Date.now()
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-sign-in-'))
  directory = new IdentityDirectory(dataDir, now)
  users = new Users(directory)
  users.ensureAdministrator(now)
  const ada = users.add({ name: 'ada', role: 'user' }, now)
  key = { accessKeyId: ada.key!.accessKeyId, secretAccessKey: users.secretOf(ada) }
  world = makeWorld()
  const credentials = new Credentials(directory)
  const sessions = new ConsoleSessions({ directory, principalOf: (name, at) => credentials.findPrincipal(name, at) })
  const browsers = { sessions, hosts: (name: string) => name === 'batch.lab' }
  const backend = {
    ...{ account: '123456789012', region: 'us-west-2', identities: directory, consoleSessions: sessions },
    loop: { state: world.state, explainer: new Explainer(world.state, world.now) },
    store: { getJobs: () => new Map() },
    epoch: { leftAlone: [], unmatched: [], release: () => ({ released: 0, stayHeld: [] }) },
  } as unknown as Backend
  app = createApi({
    ...{ backend, browsers, now: () => now, logger: pino({ level: 'silent' }) },
    services: [own({ signIn: { ...browsers, now: () => now } })],
    findKey: (id, at, token) => credentials.findKey(id, at, token),
  }).app
})
afterEach(async () => {
  await app.close()
  directory.close()
  rmSync(dataDir, { recursive: true })
})

const host = 'batch.lab:8642'
const ours = { host, origin: `http://${host}`, 'content-type': 'application/json' }
const send = (options: InjectOptions) => app.inject(options)
const signIn = (payload: object, headers: Record<string, string> = ours) =>
  send({ method: 'POST', url: '/console/session', headers, payload: JSON.stringify(payload) })
const cookieOf = (answer: { headers: Record<string, unknown> }) => String(answer.headers['set-cookie']).split(';')[0]!
const signedIn = async () => cookieOf(await signIn(key))
const ask = (cookie: string, headers: Record<string, string> = {}, url = '/api/session') =>
  send({ method: 'GET', url, headers: { host, cookie, ...headers } })

test('an access key gives a cookie that no script reads and no other site sends, and that stands for its user', async () => {
  const answer = await signIn(key)
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['set-cookie']).toMatch(
    /^openbatch-session=[\w-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
  )
  expect(answer.body).not.toContain('secret')
  const cookie = cookieOf(answer)
  expect((await ask(cookie)).json()).toEqual({ user: 'ada', expiresAtMs: now + limits.consoleSessionMs })
  const jobId = submit(world)
  expect((await ask(cookie, {}, `/api/jobs/${jobId}`)).json()).toMatchObject({ jobId })
  // What the user may not do, the cookie may not.
  const held = await ask(cookie, {}, '/api/held')
  expect([held.statusCode, held.json().message]).toEqual([403, expect.stringContaining('user/ada is not authorized')])
})

test('a form leads to the console, and a refused one back to the page', async () => {
  const headers = { ...ours, 'content-type': 'application/x-www-form-urlencoded' }
  const post = (fields: Record<string, string>) =>
    send({ method: 'POST', url: '/console/session', headers, payload: new URLSearchParams(fields).toString() })
  expect(await post(key)).toMatchObject({ statusCode: 303, headers: { location: '/console/' } })
  const refused = await post({ ...key, secretAccessKey: 'wrong<script>' })
  expect(refused.statusCode).toBe(403)
  expect(refused.body).toContain('That was not accepted.')
  expect(refused.body).not.toContain('wrong')
  expect(refused.headers['set-cookie']).toBeUndefined()
  const page = await send({ method: 'GET', url: '/console/sign-in', headers: { host } })
  expect(page.headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self'/)
  expect(page.body).not.toMatch(/<script>|onclick/)
})

test('a link of openbatch open signs in once', async () => {
  const made = await send(
    await signRequest({ ...key, owner: 0, disabled: false } as never, { method: 'POST', path: '/api/console-links' }),
  )
  expect(made.statusCode).toBe(200)
  const link = made.json().path.split('#')[1]
  expect((await signIn({ link })).json()).toMatchObject({ user: 'ada' })
  expect((await signIn({ link })).statusCode).toBe(403)
  // A session cannot make another.
  const cookie = await signedIn()
  const again = await send({ method: 'POST', url: '/api/console-links', headers: { ...ours, cookie } })
  expect(again.statusCode).toBe(403)
})

test.each([
  ['a page of another origin', { origin: 'http://evil.example' }],
  ['a page of this machine at another port', { origin: 'http://batch.lab:1' }],
  ['a page over another protocol', { origin: `https://${host}` }],
  ['a page without an origin', { origin: 'null' }],
  [
    'a name that was made to resolve to this machine',
    { host: 'evil.example:8642', origin: 'http://evil.example:8642' },
  ],
  ['a host that is none', { host: 'batch.lab:x' }],
])('%s may neither sign in, nor ask, nor change', async (_, headers) => {
  const cookie = await signedIn()
  expect((await signIn(key, { ...ours, ...headers })).statusCode).toBe(403)
  expect((await ask(cookie, headers)).statusCode).toBe(403)
  const change = await send({ method: 'POST', url: '/api/held/x/release', headers: { ...ours, cookie, ...headers } })
  expect([change.statusCode, change.json().message]).toEqual([403, expect.not.stringContaining('not authorized')])
})

test('a change needs an origin, and a read must not come from another site', async () => {
  const cookie = await signedIn()
  const { origin: _, ...without } = ours
  expect((await signIn(key, without)).statusCode).toBe(403)
  const change = await send({ method: 'POST', url: '/api/held/x/release', headers: { ...without, cookie } })
  expect(change.json().message).toBe('The request has no Origin.')
  expect((await ask(cookie, { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403)
  expect((await ask(cookie, { 'sec-fetch-site': 'none' })).statusCode).toBe(200)
  expect((await ask(cookie, { host: '127.0.0.1:8642' })).statusCode).toBe(200)
  expect((await ask(cookie, { host: '[::1]:8642' })).statusCode).toBe(200)
})

test('a session ends with its user at once, and by signing out', async () => {
  const cookie = await signedIn()
  const out = await send({ method: 'POST', url: '/console/sign-out', headers: { ...ours, cookie } })
  expect([out.statusCode, out.headers['set-cookie']]).toEqual([303, expect.stringContaining('Max-Age=0')])
  const ended = await ask(cookie)
  expect([ended.statusCode, ended.json().message]).toEqual([403, 'The session is over. Sign in again.'])
  const other = await signedIn()
  users.setDisabled('ada', true, now)
  expect((await ask(other)).statusCode).toBe(403)
  expect((await signIn(key)).statusCode).toBe(403)
})

test('attempts are limited, those that would be right too', async () => {
  for (let attempt = 0; attempt < limits.consoleSignIns.burst; attempt++)
    expect((await signIn({ ...key, secretAccessKey: `wrong${attempt}` })).statusCode).toBe(403)
  const answer = await signIn(key)
  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '10'])
  now += 10_000
  expect((await signIn(key)).statusCode).toBe(200)
})

test('a signature counts, whatever cookie is beside it, and a cookie counts for our own pages only', async () => {
  const cookie = await signedIn()
  const signed = await signRequest({ ...key, secretAccessKey: 'wrong', owner: 0, disabled: false } as never, {
    ...{ method: 'GET', path: '/api/session', headers: { host } },
  })
  const answer = await send({ ...signed, headers: { ...(signed.headers as object), cookie } })
  expect(answer.statusCode).toBe(403)
  for (const payload of ['null', '[1]', '{"link":1}', 'x', 'x'.repeat(10_000)])
    expect((await send({ method: 'POST', url: '/console/session', headers: ours, payload })).statusCode).toBe(403)
})
