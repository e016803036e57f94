/** STS of another installation is asked for a role, with a signature that it can check. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { limits } from '../../model/limits.ts'
import { assumeRole, type RoleWanted } from './assume-role.ts'

let server: Server | undefined
afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  server = undefined
})

/** What STS was sent, and what the caller makes of its answer. */
async function ask(status: number, body: string, signal = AbortSignal.timeout(30_000)) {
  const sent: { request: IncomingMessage; text: string }[] = []
  server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request) text += piece
    sent.push({ request, text })
    response.writeHead(status, { 'content-type': 'text/xml', connection: 'close' }).end(body)
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { answer: await assumeRole({ ...wanted, endpoint }, 1_700_000_000_000, signal), sent }
}

const wanted: RoleWanted = {
  ...{ endpoint: '', region: 'eu-west-1', accessKeyId: 'AKIA', secretAccessKey: 'hush-hush' },
  ...{ roleArn: 'arn:aws:iam::1:role/a+b', sessionName: 'j-1', seconds: 3600 },
}

const xml = (...elements: string[]) => `<AssumeRoleResponse>${elements.join('\n')}</AssumeRoleResponse>`
const whole = [
  '<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s/+=</SecretAccessKey>',
  '<SessionToken>t&amp;</SessionToken><Expiration>2027-01-15T08:00:00Z</Expiration>',
]

test('a role is asked for as STS wants it', async () => {
  const { answer, sent } = await ask(200, xml(...whole))
  expect(answer).toEqual({
    ...{ accessKeyId: 'ASIA', secretAccessKey: 's/+=', sessionToken: 't&', expiresAtMs: 1_800_000_000_000 },
  })
  const [{ request, text }] = sent as [(typeof sent)[0]]
  expect(Object.fromEntries(new URLSearchParams(text))).toEqual({
    ...{ Action: 'AssumeRole', Version: '2011-06-15', RoleArn: 'arn:aws:iam::1:role/a+b' },
    ...{ RoleSessionName: 'j-1', DurationSeconds: '3600' },
  })
  expect(request.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIA\/20231114\/eu-west-1\/sts\/aws4_request/,
  )
  expect(JSON.stringify([request.headers, text])).not.toContain('hush')
})

test.each([
  [
    403,
    '<Error><Code>AccessDenied</Code><Message>no\n&lt;you&gt;</Message></Error>',
    'its STS answers AccessDenied: no <you>',
    true,
  ],
  [400, '<Code>Throttling</Code>', 'its STS answers Throttling', false],
  [502, '<html>', 'its STS answers 502', false],
  [404, 'nothing', 'its STS answers 404', true],
  [200, xml(whole[0]!), 'its STS answers without credentials', false],
  [200, 'x'.repeat(limits.outsideStsAnswerBytes + 1), /cannot be asked: the answer has more than 65536 bytes/, false],
  [302, '', 'its STS answers 302', true],
])('an answer %s %s is no session', async (status, body, why, isRefusal) => {
  const { answer } = await ask(status, body)
  expect(answer).toEqual({ why: typeof why === 'string' ? why : expect.stringMatching(why), isRefusal })
})

test('a store that is away is not waited for', async () => {
  const away = { ...wanted, endpoint: 'http://127.0.0.1:1' }
  expect(await assumeRole(away, 0, AbortSignal.timeout(30_000))).toEqual({
    ...{ why: expect.stringContaining('its STS cannot be asked: connect ECONNREFUSED'), isRefusal: false },
  })
  expect(await assumeRole(away, 0, AbortSignal.abort())).toEqual({ why: 'its STS does not answer', isRefusal: false })
})
