/** The limits of requests, as clients meet them in the form of each protocol. */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { signRequest } from '../../test/support/signed-request.ts'
import { policiesOf } from '../access/policies.testing.ts'
import type { Principal } from '../access/principal.ts'
import type { Key } from '../access/signature.ts'
import type { Backend } from './context.ts'
import { defineOperation } from './operation.ts'
import { RequestLimits } from './request-limits.ts'
import { createApi } from './server.ts'
import { batch } from './services/batch/service.ts'
import { logs } from './services/logs/service.ts'
import { s3 } from './services/s3/service.ts'
import { sts } from './services/sts/service.ts'

const start = Date.UTC(2026, 10, 27)
const keyOf = (name: string, session?: Principal['session']): Key<Principal> => ({
  ...{ accessKeyId: `KEY${name}`, secretAccessKey: `secret-of-${name}`, disabled: false },
  owner: { name, userId: `AIDA${name}`, policies: policiesOf('user'), ...(session && { session }) },
})

const describeJobs = defineOperation('batch', 'DescribeJobs', { resource: () => '*', handle: () => ({ jobs: [] }) })

/** An edge with room for two requests of each principal and two failures of each address. */
function edge(...keys: Key<Principal>[]) {
  let now = start
  const { app } = createApi({
    services: [{ ...batch, operations: [describeJobs] }, logs, sts, s3],
    backend: { account: '123456789012', region: 'us-west-2' } as unknown as Backend,
    findKey: (id) => keys.find((key) => key.accessKeyId === id),
    now: () => now,
    requestLimits: new RequestLimits({
      requestsOfPrincipal: { burst: 2, perSecond: 1 },
      failuresOfAddress: { burst: 2, perSecond: 0.1 },
    }),
    logger: pino({ level: 'silent' }),
  })
  const ask = async (key: Key<Principal>, request: object = {}, remoteAddress = '10.0.0.1') => {
    const asked = { path: '/v1/describejobs', body: '{"jobs":["x"]}', at: new Date(now), ...request }
    return app.inject({ ...(await signRequest(key, asked)), remoteAddress })
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { app, ask, pass }
}

test('a user who sends too many requests is told when to come again, and others are served', async () => {
  const [ada, bob] = [keyOf('ada'), keyOf('bob')]
  const { ask, pass } = edge(ada, bob)
  expect([(await ask(ada)).statusCode, (await ask(ada)).statusCode]).toEqual([200, 200])
  const refused = await ask(ada)
  expect([refused.statusCode, refused.json()]).toEqual([429, { message: 'Too Many Requests' }])
  expect(refused.headers).toMatchObject({ 'x-amzn-errortype': 'TooManyRequestsException', 'retry-after': '1' })
  expect((await ask(bob)).statusCode).toBe(200)
  pass(1000)
  expect([(await ask(ada)).statusCode, (await ask(ada)).statusCode]).toEqual([200, 429])
})

test('each protocol has its own form of the refusal', async () => {
  const ada = keyOf('ada')
  const { ask } = edge(ada)
  for (let request = 0; request < 2; request++) await ask(ada)
  const ofLogs = await ask(ada, {
    ...{ service: 'logs', path: '/', body: '{}' },
    headers: { 'x-amz-target': 'Logs_20140328.GetLogEvents', 'content-type': 'application/x-amz-json-1.1' },
  })
  expect([ofLogs.statusCode, ofLogs.json()]).toEqual([
    400,
    expect.objectContaining({ __type: 'ThrottlingException', message: 'Rate exceeded' }),
  ])
  const ofSts = await ask(ada, {
    ...{ service: 'sts', path: '/', body: 'Action=GetCallerIdentity&Version=2011-06-15' },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  expect([ofSts.statusCode, ofSts.body]).toEqual([400, expect.stringContaining('<Code>Throttling</Code>')])
  const ofS3 = await ask(ada, { service: 's3', method: 'GET', path: '/bucket/key', body: '' })
  expect([ofS3.statusCode, ofS3.body]).toEqual([503, expect.stringContaining('<Code>SlowDown</Code>')])
})

test('jobs of a user count together, and apart from the user; sessions of a role likewise', async () => {
  const ada = keyOf('ada')
  const [first, second] = [1, 2].map((number) => ({
    ...keyOf('ada', { attempt: { jobId: `job-${number}`, number: 1 } }),
    accessKeyId: `JOB${number}`,
  })) as [Key<Principal>, Key<Principal>]
  const role = { id: 'AROA1', name: 'r', sessionName: 's' }
  const played = { ...keyOf('ada', { assumedRole: role }), accessKeyId: 'ROLE' }
  const { ask } = edge(ada, first, second, played)
  const codes: number[] = []
  for (const key of [first, second, first, second, ada, ada, ada, played, played, played])
    codes.push((await ask(key)).statusCode)
  expect(codes).toEqual([200, 200, 429, 429, 200, 200, 429, 200, 200, 429])
})

test('an address whose signatures are wrong is slowed down, and right ones from there are served', async () => {
  const ada = keyOf('ada')
  const wrong = { ...ada, secretAccessKey: 'wrong' }
  const stranger = keyOf('eve')
  const { ask, pass } = edge(ada)
  expect([(await ask(wrong)).statusCode, (await ask(stranger)).statusCode]).toEqual([403, 403])
  for (const key of [wrong, stranger]) {
    const refused = await ask(key)
    expect([refused.statusCode, refused.headers.connection]).toEqual([429, 'close'])
  }
  expect((await ask(ada)).statusCode).toBe(200)
  expect((await ask(wrong, {}, '10.0.0.2')).statusCode).toBe(403)
  pass(10_000)
  expect((await ask(wrong)).statusCode).toBe(403)
})

test('of IPv6, addresses of one network count together', async () => {
  const stranger = keyOf('eve')
  const { ask } = edge()
  const codes: number[] = []
  for (const address of ['2001:db8:0:1:a::1', '2001:db8:0:1:b::1', '2001:db8:0:1:c::1', '2001:db8:0:2:c::1'])
    codes.push((await ask(stranger, {}, address)).statusCode)
  expect(codes).toEqual([403, 403, 429, 403])
})

test('forms without a signature count as failures of their address', async () => {
  const { app } = edge()
  const post = async () => {
    const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n'
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    return (await app.inject({ method: 'POST', url: '/lab', headers, payload: part })).statusCode
  }
  expect([await post(), await post(), await post()]).toEqual([403, 403, 503])
})
