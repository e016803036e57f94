/** Requests that are wrong in one way each: a clear error in AWS's form, and no change. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Credentials, startServer, type TestServer } from '../support/openbatch-server.ts'
import { type RawAnswer, sendRaw, sendSigned } from '../support/raw-request.ts'
import { type RequestToSign, signRequest } from '../support/signed-request.ts'

const minuteMs = 60_000
let server: TestServer
let key: Credentials
let before: string

beforeAll(async () => {
  server = await startServer({ driver: 'scripted', env: { OPENBATCH_DRIVERS_SCRIPTED_ENABLED: 'true' } })
  key = server.administrator
  const registered = await call('/v1/registerjobdefinition', {
    ...{ jobDefinitionName: 'good', type: 'container' },
    containerProperties: { image: 'busybox', command: ['true'], vcpus: 1, memory: 64 },
  })
  expect(registered.status).toBe(200)
  before = await everything()
})
afterAll(() => server?.stop())

const good = { jobName: 'good', jobQueue: 'default', jobDefinition: 'good' }
const submitPath = '/v1/submitjob'
const submitting = (body: unknown): RequestToSign => ({ path: submitPath, body: JSON.stringify(body) })
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

const malformed: readonly [what: string, request: RequestToSign, status: number, code: string, message: RegExp][] = [
  ['JSON cut short', { path: submitPath, body: '{"jobName": "x"' }, 400, 'ClientException', /not valid JSON/],
  ['no JSON at all', { path: submitPath, body: 'jobName=x' }, 400, 'ClientException', /not valid JSON/],
  ['a list', { path: submitPath, body: '[]' }, 400, 'ClientException', /not a JSON object/],
  ['a null', { path: submitPath, body: 'null' }, 400, 'ClientException', /not a JSON object/],
  ['a thousand levels', { path: submitPath, body: nested(1000) }, 400, 'ClientException', /too deeply/],
  ['no body', { path: submitPath }, 400, 'ClientException', /at 'jobName' failed.*must not be null/],
  ['no jobQueue', submitting({ ...good, jobQueue: undefined }), 400, 'ClientException', /'jobQueue'.*not be null/],
  [
    'a null member',
    submitting({ ...good, jobDefinition: null }),
    400,
    'ClientException',
    /'jobDefinition'.*not be null/,
  ],
  ['a number for text', submitting({ ...good, jobName: 5 }), 400, 'ClientException', /'jobName'.*of type string/],
  [
    'text for a structure',
    submitting({ ...good, containerOverrides: 'none' }),
    ...([400, 'ClientException', /'containerOverrides'.*of type structure/] as const),
  ],
  [
    'text for a number',
    submitting({ ...good, retryStrategy: { attempts: '3' } }),
    ...([400, 'ClientException', /'retryStrategy.attempts'.*of type integer/] as const),
  ],
  [
    'a fraction for a whole number',
    submitting({ ...good, arrayProperties: { size: 2.5 } }),
    ...([400, 'ClientException', /'arrayProperties.size'.*of type integer/] as const),
  ],
  [
    'a structure for a list',
    submitting({ ...good, containerOverrides: { environment: { A: '1' } } }),
    ...([400, 'ClientException', /'containerOverrides.environment'.*of type list/] as const),
  ],
  ['an unknown queue', submitting({ ...good, jobQueue: 'none' }), 400, 'ClientException', /^JobQueue none not found/],
  [
    'an unknown definition',
    submitting({ ...good, jobDefinition: 'none' }),
    400,
    'ClientException',
    /none does not exist/,
  ],
  ['a bad job name', submitting({ ...good, jobName: 'a b' }), 400, 'ClientException', /Job name should match/],
  [
    'five megabytes',
    submitting({ ...good, parameters: { large: 'x'.repeat(5 * 1024 * 1024) } }),
    ...([413, 'RequestEntityTooLargeException', /larger than openbatch takes/] as const),
  ],
  [
    'forty kilobytes of job',
    submitting({ ...good, parameters: { large: 'x'.repeat(40 * 1024) } }),
    ...([400, 'ClientException', /Job size must be less than 30 KiB, got 4\d KiB/] as const),
  ],
  [
    'an unknown operation',
    { path: '/v1/nosuchoperation', body: '{}' },
    404,
    'UnknownOperationException',
    /nosuchoperation/,
  ],
  ['another method', { path: submitPath, method: 'PUT', body: '{}' }, 404, 'UnknownOperationException', /PUT/],
  ['a service that is not offered', { path: '/', service: 'eks' }, 404, 'UnknownOperationException', /eks/],
]

test.each(malformed)('%s', async (_, request, status, code, message) => {
  expectError(await sendSigned(server.endpoint, key, request), status, code, message)
  expect(await everything()).toBe(before)
})

const stranger = { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' }
const unproven: readonly [what: string, send: () => Promise<RawAnswer>, code: string, status: number, text: RegExp][] =
  [
    [
      'not signed',
      () => sendRaw(server.endpoint, { path: submitPath, body: JSON.stringify(good) }),
      ...(['MissingAuthenticationTokenException', 403, /^Missing Authentication Token$/] as const),
    ],
    [
      'signed with another secret',
      () => sendSigned(server.endpoint, { ...key, secretAccessKey: 'another' }, submitting(good)),
      ...(['InvalidSignatureException', 403, /signature we calculated does not match/] as const),
    ],
    [
      'signed with an unknown key',
      () => sendSigned(server.endpoint, stranger, submitting(good)),
      ...(['UnrecognizedClientException', 403, /security token included in the request is invalid/] as const),
    ],
    [
      'signed half an hour ago',
      () => sendSigned(server.endpoint, key, { ...submitting(good), at: new Date(Date.now() - 30 * minuteMs) }),
      ...(['InvalidSignatureException', 403, /^Signature expired: /] as const),
    ],
    [
      'signed half an hour ahead',
      () => sendSigned(server.endpoint, key, { ...submitting(good), at: new Date(Date.now() + 30 * minuteMs) }),
      ...(['InvalidSignatureException', 403, /^Signature not yet current: /] as const),
    ],
    [
      'altered after it was signed',
      async () => {
        const { host } = new URL(server.endpoint)
        const { url, headers } = await signRequest(key, { ...submitting(good), headers: { host } })
        return sendRaw(server.endpoint, { path: url, headers, body: JSON.stringify({ ...good, jobName: 'evil' }) })
      },
      ...(['InvalidSignatureException', 403, /does not match/] as const),
    ],
    [
      'with half a signature',
      async () => {
        const { host } = new URL(server.endpoint)
        const { url, headers } = await signRequest(key, { ...submitting(good), headers: { host } })
        const authorization = headers.authorization!.replace(/, Signature=.*/, '')
        return sendRaw(server.endpoint, {
          path: url,
          headers: { ...headers, authorization },
          body: JSON.stringify(good),
        })
      },
      ...(['IncompleteSignatureException', 400, /Signature/] as const),
    ],
  ]

test.each(unproven)('%s', async (_, send, code, status, message) => {
  expectError(await send(), status, code, message)
  expect(await everything()).toBe(before)
})

test('correct requests are still accepted', async () => {
  expect((await call(submitPath, good)).status).toBe(200)
})

test.each([
  ['malformed JSON', 'GetLogEvents', '{', 'SerializationException|InvalidParameterException|ClientException'],
  ['a missing member', 'GetLogEvents', '{}', 'InvalidParameterException'],
  [
    'a wrong type',
    'FilterLogEvents',
    '{"logGroupName": "/aws/batch/job", "limit": "many"}',
    'InvalidParameterException',
  ],
  ['an unknown group', 'DescribeLogStreams', '{"logGroupName": "/nothing"}', 'ResourceNotFoundException'],
  ['an unknown operation', 'NoSuchOperation', '{}', 'UnknownOperationException'],
])('of the logs service: %s', async (_, operation, body, code) => {
  const headers = { 'x-amz-target': `Logs_20140328.${operation}`, 'content-type': 'application/x-amz-json-1.1' }
  const answer = await sendSigned(server.endpoint, key, { path: '/', service: 'logs', headers, body })
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1')
  const { __type, message } = JSON.parse(answer.body) as { __type: string; message: string }
  expect(__type).toMatch(new RegExp(`^(${code})$`))
  expect(message).toMatch(/\w/)
})

function call(path: string, body: object): Promise<RawAnswer> {
  return sendSigned(server.endpoint, key, { path, body: JSON.stringify(body) })
}

function expectError(answer: RawAnswer, status: number, code: string, message: RegExp): void {
  const { 'x-amzn-errortype': told, 'x-amzn-requestid': requestId, 'content-type': type } = answer.headers
  expect({ status: answer.status, code: told, type }).toEqual({ status, code, type: 'application/json' })
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
  const body = JSON.parse(answer.body) as { message: string }
  expect(Object.keys(body)).toEqual(['message'])
  expect(body.message.replace(/^Error executing request, Exception : /, '')).toMatch(message)
}

/** Everything that a write could change. */
async function everything(): Promise<string> {
  const parts = await Promise.all([
    call('/v1/describejobdefinitions', {}),
    call('/v1/describejobqueues', {}),
    call('/v1/describecomputeenvironments', {}),
    call('/v1/listjobs', { jobQueue: 'default', filters: [{ name: 'AFTER_CREATED_AT', values: ['0'] }] }),
  ])
  for (const part of parts) expect(part.status).toBe(200)
  return parts.map((part) => part.body).join('\n')
}
