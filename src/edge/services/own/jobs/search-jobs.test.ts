/** `GET /api/jobs` and `/api/jobs/counts` through the whole edge, over the memory store: what callers may see, pages, refusals. */
import { createHash, randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { signRequest } from '../../../../../test/support/signed-request.ts'
import { policiesOf } from '../../../../access/policies.testing.ts'
import type { Principal } from '../../../../access/principal.ts'
import type { Key } from '../../../../access/signature.ts'
import { Explainer } from '../../../../core/explain/explain.ts'
import { makeWorld, submit, type World } from '../../../../core/world.testing.ts'
import type { Job } from '../../../../model/job.ts'
import { limits } from '../../../../model/limits.ts'
import { childOf, jobOf, stateOf } from '../../../../store/jobs.testing.ts'
import { createMemoryStore, type MemoryStore } from '../../../../store/memory/memory-store.testing.ts'
import { SearchTooLong } from '../../../../store/search/job-search.ts'
import { noChanges } from '../../../../store/store.ts'
import type { JobCountsAnswer, JobsAnswer } from '../../../../wire/jobs.ts'
import type { Backend } from '../../../context.ts'
import { createApi } from '../../../server.ts'
import { own } from '../service.ts'

const key = (name: string, role: 'admin' | 'user'): Key<Principal> => ({
  ...{ accessKeyId: `KEY${name}`, secretAccessKey: 'secret', disabled: false },
  owner: { name, userId: `AIDA${name}`, policies: policiesOf(role) },
})
const [root, ada] = [key('root', 'admin'), key('ada', 'user')]
const sealingKey = { id: '00c0ffee', secret: randomBytes(32) }
const sealingKeys = { current: () => sealingKey, find: (id: string) => (id === sealingKey.id ? sealingKey : undefined) }
let userNames = ['root', 'ada', 'bob']
const identities = {
  sealingKeys,
  current: () => ({
    list: () => userNames.map((name) => ({ name })),
    named: (_: string, name: string) => ({ name }),
    groupsOf: () => [],
  }),
}

let world: World
let store: MemoryStore
let now: () => number
beforeEach(() => {
  now = Date.now
  userNames = ['root', 'ada', 'bob']
  world = makeWorld()
  store = createMemoryStore()
})

const ended = (seq: number, owner: string, exitCode: number, more: Partial<Job> = {}): Job =>
  jobOf(1000 + seq, exitCode === 0 ? 'SUCCEEDED' : 'FAILED', {
    in: { owner, jobName: `${owner}-${seq}` },
    attempts: [
      {
        ...{ number: 1, taskId: 't', computeEnvironment: 'ce', instanceId: 'i', statusReason: 'r', stoppedAtMs: 1 },
        exitCode,
      },
    ],
    ...more,
  })

function keep(...newJobs: Job[]): void {
  store.append({ ...noChanges(), newJobs })
}

async function ask<Answer = JobsAnswer>(
  who: Key<Principal>,
  path: string,
  query: Record<string, string | string[]> = {},
  othersJobs: 'visible' | 'hidden' = 'visible',
) {
  const backend = {
    ...{ account: '123456789012', region: 'us-west-2', store, identities, othersJobs },
    loop: { state: world.state, explainer: new Explainer(world.state, world.now) },
  } as unknown as Backend
  const { app } = createApi({
    ...{ backend, services: [own()], now: () => now(), logger: pino({ level: 'silent' }) },
    findKey: (id) => [root, ada].find(({ accessKeyId }) => accessKeyId === id),
  })
  const answer = await app.inject(await signRequest(who, { method: 'GET', path, query, at: new Date(now()) }))
  return { status: answer.statusCode, body: answer.json() as Answer & { message?: string } }
}
const idsOf = ({ body }: { body: JobsAnswer }) => body.jobs.map(({ jobId }) => jobId)

test('a live job is shown as memory has it, with the reason why it waits, and an ended one as it ended', async () => {
  const waiting = submit(world, { jobName: 'waits' })
  keep(...world.state.jobs.values(), ended(1, 'ada', 3, { tags: { team: 'a' } }))
  const { status, body } = await ask(ada, '/api/jobs', { mine: 'true', sort: 'name' })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    total: 2,
    jobs: [
      { jobName: 'ada-1', status: 'FAILED', exitCode: 3, user: 'ada', jobDefinition: 'sort:1', tags: { team: 'a' } },
      { jobId: waiting, status: 'RUNNABLE', statusReason: expect.any(String), attempts: 0 },
    ],
  })
})

test('pages have no gap and no repeat, and a token serves its own search only', async () => {
  keep(...Array.from({ length: 7 }, (_, n) => ended(n, n % 2 ? 'ada' : 'bob', n % 3)))
  for (const [who, othersJobs, total] of [
    [root, 'visible', 7],
    [ada, 'hidden', 3],
  ] as const) {
    const pages: string[] = []
    for (let nextToken: string | undefined; ; ) {
      const query = { sort: '-exit-code', limit: '2', ...(nextToken !== undefined && { nextToken }) }
      const page = await ask(who, '/api/jobs', query, othersJobs)
      expect(page.body.total).toBe(total)
      pages.push(...idsOf(page))
      nextToken = page.body.nextToken
      if (nextToken === undefined) break
      expect((await ask(who, '/api/jobs', { limit: '2', nextToken }, othersJobs)).status).toBe(400)
    }
    expect(pages).toEqual(idsOf(await ask(who, '/api/jobs', { sort: '-exit-code' }, othersJobs)))
    expect(pages).toHaveLength(total)
  }
  expect((await ask(root, '/api/jobs', { nextToken: 'nonsense' })).body.message).toContain('nextToken is invalid')
})

test('a token tells nothing, and is refused once it was altered, or for another caller or another sight', async () => {
  keep(...Array.from({ length: 6 }, (_, n) => ended(n, n % 2 ? 'ada' : 'bob', n % 3)))
  const query = { sort: 'name', limit: '2' }
  const { nextToken } = (await ask(ada, '/api/jobs', query, 'hidden')).body
  const bytes = Buffer.from(nextToken!, 'base64url')
  // The number of a submission would tell how many jobs there are.
  expect(bytes.toString('latin1')).not.toMatch(/10\d\d|ada|job-/)
  const askWith = (who: Key<Principal>, token: string, othersJobs: 'visible' | 'hidden' = 'hidden') =>
    ask(who, '/api/jobs', { ...query, nextToken: token }, othersJobs)
  expect((await askWith(ada, nextToken!)).status).toBe(200)
  for (let at = 0; at < bytes.length; at++) {
    const altered = Buffer.from(bytes)
    altered[at]! ^= 1
    expect((await askWith(ada, altered.toString('base64url'))).status).toBe(400)
  }
  // What an earlier version wrote, with the number of somebody else's job.
  const of = JSON.stringify(['SearchJobs', 'ada', {}, 'name'])
  const digest = createHash('sha256').update(of).digest('base64url').slice(0, 12)
  const old = Buffer.from(JSON.stringify([JSON.stringify(['ada-1', 1002]), digest])).toString('base64url')
  expect((await askWith(ada, old)).status).toBe(400)
  expect((await askWith(root, nextToken!)).status).toBe(400)
  expect((await askWith(ada, nextToken!, 'visible')).status).toBe(400)
  userNames = ['root', 'ada', 'bob', 'eve']
  expect((await askWith(ada, nextToken!)).status).toBe(200)
})

test('the duration of running jobs is that of the first page on all pages', async () => {
  const running = (seq: number, startedAtMs: number) =>
    jobOf(seq, 'RUNNING', { in: { owner: 'ada' }, state: { ...stateOf('RUNNING'), startedAtMs } as Job['state'] })
  const begin = Date.now()
  const over = (seq: number, startedAtMs: number, stoppedAtMs: number) =>
    jobOf(seq, 'SUCCEEDED', {
      in: { owner: 'ada' },
      state: { ...stateOf('SUCCEEDED'), startedAtMs, stoppedAtMs } as Job['state'],
    })
  // By duration: 1, 2, 3, 4, in turn of a job that runs and one that has ended.
  keep(
    running(1, begin - 1000),
    over(2, begin - 9000, begin - 7000),
    running(3, begin - 3000),
    over(4, begin - 9000, begin - 5000),
  )
  for (const sort of ['duration', '-duration']) {
    now = () => begin
    const ids: string[] = []
    for (let nextToken: string | undefined, page = 0; page < 9; page++) {
      now = () => begin + page * 1500
      const { body } = await ask(ada, '/api/jobs', { sort, limit: '1', ...(nextToken !== undefined && { nextToken }) })
      ids.push(...body.jobs.map(({ jobId }) => jobId))
      nextToken = body.nextToken
      if (nextToken === undefined) break
    }
    const inOrder = ['job-1', 'job-2', 'job-3', 'job-4']
    expect(ids).toEqual(sort === 'duration' ? inOrder : inOrder.toReversed())
  }
})

test('a page is bounded in bytes too, and the next one continues behind it', async () => {
  const tags = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key-${n}`, 'ü'.repeat(256)]))
  const many = Array.from({ length: 200 }, (_, n) => ended(n, 'ada', 0, { tags }))
  keep(...many)
  const ids: string[] = []
  let pages = 0
  for (let nextToken: string | undefined; pages < 99; pages++) {
    const { body } = await ask(ada, '/api/jobs', { limit: '1000', ...(nextToken !== undefined && { nextToken }) })
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(limits.searchPageBytes + 64 * 1024)
    expect(body.total).toBe(200)
    ids.push(...idsOf({ body }))
    nextToken = body.nextToken
    if (nextToken === undefined) break
  }
  expect(pages).toBeGreaterThan(1)
  expect(ids).toEqual(many.map(({ jobId }) => jobId).toReversed())
})

test('hidden jobs are not listed, not counted, and not what a filter hides', async () => {
  keep(ended(1, 'ada', 1), ended(2, 'bob', 2), ended(3, 'bob', 2))
  expect(idsOf(await ask(ada, '/api/jobs', {}, 'hidden'))).toEqual(['job-1001'])
  expect(idsOf(await ask(ada, '/api/jobs', { user: 'bob' }, 'hidden'))).toEqual([])
  expect((await ask(ada, '/api/jobs', { user: 'bob', exitCode: '2' }, 'hidden')).body).toEqual({ jobs: [], total: 0 })
  expect((await ask(ada, '/api/jobs', { exitCode: '2' }, 'hidden')).body.hiddenBy).toEqual([
    { filter: 'exitCode', jobs: 1 },
  ])
  const counts = (who: Key<Principal>) =>
    ask<JobCountsAnswer>(who, '/api/jobs/counts', { groupBy: 'user' }, 'hidden').then(({ body }) => body)
  expect(await counts(ada)).toEqual({
    ...{ total: 1, byStatus: { FAILED: 1 } },
    groups: [{ key: 'ada', total: 1, byStatus: { FAILED: 1 } }],
  })
  expect(await counts(root)).toMatchObject({ total: 3, groups: [{ key: 'bob', total: 2 }, { key: 'ada' }] })
})

test('an empty list says which filter hides jobs', async () => {
  keep(ended(1, 'bob', 1), ended(2, 'bob', 1))
  expect((await ask(ada, '/api/jobs', { mine: 'true', status: 'FAILED' })).body).toEqual({
    ...{ jobs: [], total: 0 },
    hiddenBy: [{ filter: 'mine', jobs: 2 }],
  })
})

test('the children of an array are found by index, with those that never began', async () => {
  const array = submit(world, { jobName: 'many', arrayProperties: { size: 4 } })
  keep(...world.state.jobs.values())
  expect(idsOf(await ask(ada, '/api/jobs', { children: array }))).toEqual([0, 1, 2, 3].map((at) => `${array}:${at}`))
  const page = await ask(ada, '/api/jobs', { children: array, limit: '3' })
  expect(idsOf(await ask(ada, '/api/jobs', { children: array, limit: '3', nextToken: page.body.nextToken! }))).toEqual([
    `${array}:3`,
  ])
  const gone = jobOf(900, 'FAILED', { in: { arraySize: 2, owner: 'bob' } })
  keep(gone, childOf(gone, 1, 901, 'FAILED'))
  expect(idsOf(await ask(ada, '/api/jobs', { children: gone.jobId }))).toEqual([`${gone.jobId}:1`])
  expect((await ask(ada, '/api/jobs', { children: gone.jobId }, 'hidden')).status).toBe(404)
  expect((await ask(ada, '/api/jobs', { children: 'none' })).status).toBe(404)
})

test.each([
  [{ stauts: 'FAILED' }, 'There is no parameter stauts.'],
  [{ status: 'LOST' }, 'status must be one of SUBMITTED'],
  [{ mine: 'true', user: 'bob' }, 'Only one of mine and user may be given.'],
  [{ exitCode: 'one' }, 'exitCode must be a whole number'],
  [{ since: 'yesterday' }, 'since must be a time'],
  [{ sort: 'colour' }, 'sort must be one of created'],
  [{ limit: '0' }, `limit must be between 1 and ${limits.searchPage}`],
  [{ text: 'x'.repeat(limits.searchValueLength + 1) }, 'may have at most'],
  [{ tag: Array(limits.searchValues + 1).fill('a') }, 'at most 100 values'],
])('%j is refused', async (query, message) => {
  const { status, body } = await ask(ada, '/api/jobs', query as Record<string, string>)
  expect(status).toBe(400)
  expect(body.message).toContain(message)
})

test('a search that is given up asks to come again', async () => {
  store.searches.find = () => Promise.reject(new SearchTooLong(true))
  expect(await ask(ada, '/api/jobs')).toMatchObject({
    status: 503,
    body: { message: expect.stringContaining('Ask again') },
  })
})

test('hostile texts are texts', async () => {
  keep(ended(1, 'ada', 0, { tags: { '%': '_' } }))
  for (const text of ['%', '_', '\u202e', '\u0000', "'; DROP TABLE job; --", '*', '\ufffd'.repeat(300)])
    expect(idsOf(await ask(ada, '/api/jobs', { text }))).toEqual(['%', '_'].includes(text) ? ['job-1001'] : [])
  for (const name of ['%', '_da-1', '*%*', '.*']) expect(idsOf(await ask(ada, '/api/jobs', { name }))).toEqual([])
})
