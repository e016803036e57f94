/** `GET /api/events` over a real connection: filters, sight, resumption, limits, and rights that change midway. */
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { signRequest } from '../../../../../test/support/signed-request.ts'
import { policiesOf } from '../../../../access/policies.testing.ts'
import type { Principal } from '../../../../access/principal.ts'
import type { Key } from '../../../../access/signature.ts'
import { Explainer } from '../../../../core/explain/explain.ts'
import { submitJob } from '../../../../core/job/submit.ts'
import { makeWorld, place, queueRequest, submit, type World } from '../../../../core/world.testing.ts'
import { limits } from '../../../../model/limits.ts'
import { ChangeFeed } from '../../../../server/changes/change-feed.ts'
import type { Backend } from '../../../context.ts'
import { createApi } from '../../../server.ts'
import { WatchRooms } from '../../../watch-rooms.ts'
import { own } from '../service.ts'

const newKey = (name: string, role: 'admin' | 'user'): Key<Principal> => ({
  ...{ accessKeyId: `KEY${name}`, secretAccessKey: 'secret', disabled: false },
  owner: { name, userId: `AIDA${name}`, policies: policiesOf(role) },
})

let world: World
let feed: ChangeFeed
let rooms: WatchRooms
let keys: Key<Principal>[]
let app: FastifyInstance
let othersJobs: 'visible' | 'hidden'
let known: object
beforeEach(async () => {
  othersJobs = 'visible'
  keys = [newKey('ada', 'user'), newKey('root', 'admin')]
  known = identities()
  world = makeWorld((events) => feed?.take(events))
  feed = new ChangeFeed({
    ...{ state: () => world.state, now: Date.now, gatherMs: 0 },
    store: { getJobs: () => new Map() },
  })
  rooms = new WatchRooms(limits.watchers, limits.watchersOfUser)
  const backend = {
    ...{ account: '123456789012', region: 'us-west-2', changes: { feed, rooms } },
    get othersJobs() {
      return othersJobs
    },
    identities: { current: () => known },
    loop: { state: world.state, explainer: new Explainer(world.state, world.now) },
  } as unknown as Backend
  const made = createApi({
    ...{ backend, services: [own()], now: Date.now, logger: pino({ level: 'silent' }) },
    findKey: (id) => keys.find(({ accessKeyId }) => accessKeyId === id),
  })
  app = made.app
  await app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  rooms.stop()
  feed.stop()
  await app.close()
})

const identities = () => ({
  list: () => ['root', 'ada', 'bob'].map((name) => ({ name })),
  named: (_: string, name: string) => ({ name }),
  groupsOf: () => [],
})
const submitAs = (owner: string) =>
  world.do(submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 'd' }, owner)).jobId

interface Seen {
  readonly id?: string
  readonly event: string
  readonly data: Record<string, string>
}

class Client {
  readonly #response: IncomingMessage
  #text = ''
  lastId: string | undefined

  constructor(response: IncomingMessage) {
    this.#response = response
    response.setEncoding('utf8')
  }

  get status() {
    return this.#response.statusCode
  }

  hangUp(): void {
    this.#response.destroy()
  }

  /** The next event; undefined at the end. */
  async next(): Promise<Seen | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end === -1) {
        const piece = this.#response.read() as string | null
        if (piece !== null) this.#text += piece
        else if (this.#response.readableEnded || this.#response.destroyed) return undefined
        else await Promise.race([once(this.#response, 'readable'), once(this.#response, 'end')])
        continue
      }
      const fields = new Map(
        this.#text
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const),
      )
      this.#text = this.#text.slice(end + 2)
      this.lastId = fields.get('id') ?? this.lastId
      const event = fields.get('event')
      if (event !== undefined) return { event, data: JSON.parse(fields.get('data')!) }
    }
  }
}

async function watch(query: Record<string, string | string[]> = {}, who = keys[0]!, headers = {}) {
  const { url, ...signed } = (await signRequest(who, { method: 'GET', path: '/api/events', query })) as {
    url: string
    headers: Record<string, string>
  }
  const { port } = app.server.address() as AddressInfo
  const sent = httpRequest({ port, path: url, headers: { ...signed.headers, ...headers } })
  sent.on('error', () => {})
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return new Client(response)
}
const open = async (...args: Parameters<typeof watch>) => {
  const client = await watch(...args)
  expect(await client.next()).toMatchObject({ event: 'ready' })
  return client
}

test('changes come as they happen, each with what it is about', async () => {
  const client = await open()
  const jobId = submit(world)
  expect(await client.next()).toEqual({ event: 'job', data: { jobId, jobQueue: 'q', user: 'ada', status: 'RUNNABLE' } })
  place(world)
  expect(await client.next()).toMatchObject({ data: { jobId, status: 'STARTING' } })
  world.do(queueRequest('other', ['ce']))
  expect(await client.next()).toEqual({ event: 'queue', data: { name: 'other' } })
})

test('filters leave out what is not on the screen', async () => {
  const arrayId = submit(world, { arrayProperties: { size: 2 } })
  const ofArray = await open({ job: arrayId })
  const ofQueue = await open({ queue: 'q' })
  const mine = await open({ mine: 'true' })
  world.do(queueRequest('other', ['ce']))
  const bobs = submitAs('bob')
  place(world)
  expect(await mine.next()).toMatchObject({ data: { jobId: arrayId } })
  expect([await ofQueue.next(), await ofQueue.next()]).toMatchObject([
    { data: { jobId: bobs } },
    { data: { jobId: arrayId } },
  ])
  const children = [await ofArray.next(), await ofArray.next(), await ofArray.next()].map((it) => it?.data.jobId)
  expect(children.sort()).toEqual([arrayId, `${arrayId}:0`, `${arrayId}:1`])
  const wrong: Record<string, string>[] = [{ jobs: 'x' }, { mine: 'yes' }, { mine: 'true', user: 'bob' }]
  for (const query of wrong) expect((await watch(query)).status).toBe(400)
})

test('a client that comes back misses nothing, and one that was away too long reads again', async () => {
  const client = await open()
  submit(world)
  await client.next()
  const { lastId } = client
  client.hangUp()
  const other = await open()
  const jobId = submit(world)
  await other.next()
  const back = await open({}, keys[0]!, { 'last-event-id': lastId })
  expect(await back.next()).toMatchObject({ event: 'job', data: { jobId } })
  expect(back.lastId).toBe(other.lastId)
  const late = await open({ lastEventId: 'what\nevent: job' })
  expect(await late.next()).toMatchObject({ event: 'reset' })
  submit(world)
  expect(await late.next()).toMatchObject({ event: 'job' })
})

test('hidden jobs are not told of, and rights that change midway count at once', async () => {
  othersJobs = 'hidden'
  const client = await open()
  submitAs('bob')
  const mine = submit(world)
  expect(await client.next()).toMatchObject({ data: { jobId: mine } })
  keys[0] = newKey('ada', 'admin')
  known = identities()
  const bobs = submitAs('bob')
  expect(await client.next()).toMatchObject({ data: { jobId: bobs } })
  keys[0] = newKey('ada', 'user')
  known = identities()
  submitAs('bob')
  const last = submit(world)
  expect(await client.next()).toMatchObject({ data: { jobId: last } })
})

test.each([
  ['whose user is disabled', (key: Key<Principal>) => ({ ...key, disabled: true })],
  ['whose permission is taken', (key: Key<Principal>) => ({ ...key, owner: { ...key.owner, policies: [] } })],
  ['whose key is replaced', (key: Key<Principal>) => ({ ...key, secretAccessKey: 'other' })],
])('a client %s is closed within a second, though nothing happens', async (_, change) => {
  const client = await open()
  keys[0] = change(keys[0]!)
  expect(await client.next()).toMatchObject({ event: 'end' })
  expect(await client.next()).toBeUndefined()
  // Nothing else than the next look ended it.
  expect(limits.watcherCheckMs).toBeLessThan(1000)
  expect(rooms.watchers).toBe(0)
})

test('one user has so many at most, and a client that leaves makes room', async () => {
  const clients = await Promise.all(Array.from({ length: limits.watchersOfUser }, () => open()))
  expect((await watch()).status).toBe(429)
  expect((await watch({}, keys[1])).status).toBe(200)
  const hungUp = new Promise<void>((resolve) => {
    const enter = rooms.watchers
    const look = () => (rooms.watchers < enter ? resolve() : setImmediate(look))
    look()
  })
  clients[0]!.hangUp()
  await hungUp
  expect((await watch()).status).toBe(200)
})

test('all end when the server stops', async () => {
  const client = await open()
  rooms.stop()
  expect(await client.next()).toBeUndefined()
})
