/** What containers ask for without a signature: each is answered for itself, and nobody else. */
import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { ContainerKeys } from '../../../../access/job-credentials/container-keys.ts'
import type { JobCredentials } from '../../../../access/job-credentials/job-credentials.ts'
import { attemptEnded } from '../../../../core/job/attempt.ts'
import { exited, makeWorld, place, submit } from '../../../../core/world.testing.ts'
import { attemptName } from '../../../../model/job.ts'
import type { Backend } from '../../../context.ts'
import { createApi } from '../../../server.ts'
import { own } from '../service.ts'

const key = { id: '00c0ffee', secret: randomBytes(32) }
const keys = new ContainerKeys({ current: () => key, find: (id) => (id === key.id ? key : undefined) })
const made = { accessKeyId: 'ASIA', secretAccessKey: 'hush', sessionToken: 'token', expiresAtMs: 1_800_000_000_123 }

class Site {
  readonly world = makeWorld()
  readonly jobId = submit(this.world)
  readonly name = attemptName(this.jobId, 1)
  issue: JobCredentials['issue'] = () => made
  trouble: string | undefined
  logged = ''
  readonly #app

  constructor() {
    place(this.world)
    const credentials = { issue: (...given: Parameters<JobCredentials['issue']>) => this.issue(...given) }
    const { state } = this.world
    const tasks = { keys, credentials: credentials as JobCredentials, state: () => state, now: () => 0 }
    this.#app = createApi({
      services: [own({ tasks: { ...tasks, memoryTrouble: () => this.trouble } })],
      backend: {} as Backend,
      findKey: () => undefined,
      now: () => 0,
      logger: pino({}, { write: (line) => (this.logged += line) }),
    }).app
  }

  async get(url: string, authorization?: string) {
    const headers = authorization === undefined ? {} : { authorization }
    const { statusCode, body, headers: answered } = await this.#app.inject({ url, headers })
    return { statusCode, body: JSON.parse(body), cache: answered['cache-control'] }
  }
}

test('a container gets its credentials by its path, or by its path and token, until its attempt is over', async () => {
  const site = new Site()
  const { name, world, jobId } = site
  const byPath = `/v2/credentials/${keys.idOf(name, 'credentials')}`
  const withToken = `/v2/credentials/${keys.idOf(name, 'credentialsWithToken')}`
  const body = { AccessKeyId: 'ASIA', SecretAccessKey: 'hush', Token: 'token', Expiration: '2027-01-15T08:00:00Z' }
  expect(await site.get(byPath)).toEqual({ statusCode: 200, body, cache: 'no-store' })
  expect(await site.get(withToken, keys.tokenOf(name))).toMatchObject({ statusCode: 200, body })
  for (const token of [undefined, 'x', keys.tokenOf(attemptName(jobId, 2))])
    expect(await site.get(withToken, token)).toMatchObject({ statusCode: 404, body: { Code: 'InvalidIdInRequest' } })
  expect(await site.get(`/v2/credentials/${keys.idOf(name, 'metadata')}`)).toMatchObject({ statusCode: 404 })
  expect(await site.get(`/v4/${keys.idOf(name, 'metadata')}/task`)).toMatchObject({
    statusCode: 200,
    body: { Family: 'd' },
  })
  expect(await site.get(`/v4/${keys.idOf(name, 'credentials')}`)).toMatchObject({ statusCode: 404 })

  world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(0) }))
  for (const url of [byPath, `/v4/${keys.idOf(name, 'metadata')}`])
    expect(await site.get(url)).toMatchObject({ statusCode: 404, body: { Code: 'InvalidIdInRequest' } })
})

test('why there are no credentials is said; what nobody can answer now is asked again', async () => {
  const site = new Site()
  const url = `/v2/credentials/${keys.idOf(site.name, 'credentials')}`
  site.issue = () => ({ why: 'The role is away.' })
  expect(await site.get(url)).toMatchObject({
    statusCode: 404,
    body: { Code: 'NoCredentials', Message: 'The role is away.' },
  })
  site.issue = () => ({ why: 'The store outside is away.', isPassing: true })
  expect(await site.get(url)).toMatchObject({
    statusCode: 503,
    body: { Code: 'NoCredentials', Message: 'The store outside is away.' },
  })
  site.trouble = 'the disk is full'
  expect(await site.get(url)).toMatchObject({ statusCode: 503 })
  site.trouble = undefined
  site.issue = () => {
    throw new Error('the identities cannot be read')
  }
  expect(await site.get(url)).toMatchObject({ statusCode: 503 })
  expect(site.logged).toContain('the identities cannot be read')
  expect(site.logged).not.toContain(keys.idOf(site.name, 'credentials'))
})
