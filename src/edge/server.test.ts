/** The edge as clients meet it: routing, signatures, shapes, errors, headers. */

import fc from 'fast-check'
import { pino } from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import { type RequestToSign, signRequest } from '../../test/support/signed-request.ts'
import { policiesOf } from '../access/policies.testing.ts'
import type { Principal } from '../access/principal.ts'
import type { Key } from '../access/signature.ts'
import { limits } from '../model/limits.ts'
import { refuse, refuseWrapped } from '../model/refusal.ts'
import { actionsOf } from './actions.ts'
import type { Backend, RequestContext } from './context.ts'
import { batchOperations, logsOperations } from './generated/operations.ts'
import { defineOperation } from './operation.ts'
import { createApi } from './server.ts'
import { isPublic } from './service.ts'
import { batch as batchService } from './services/batch/service.ts'
import { logs } from './services/logs/service.ts'
import { own } from './services/own/service.ts'
import { servicesOf } from './services.ts'

const now = Date.UTC(2026, 10, 22, 15, 0, 0)
// The operations below use no more of them.
const backend = {
  ...{ account: '123456789012', region: 'us-west-2' },
  loop: { state: { jobs: new Map() } },
  store: { getJobs: () => new Map() },
} as unknown as Backend
const queueArn = 'arn:aws:batch:us-west-2:123456789012:job-queue/default'

function keyFor(name: string, role: 'admin' | 'user'): Key<Principal> {
  const owner = { name, userId: `AIDA${name.toUpperCase()}`, policies: policiesOf(role) }
  return {
    accessKeyId: `KEY${name}`,
    secretAccessKey: `secret of ${name}`.replaceAll(' ', '-'),
    owner,
    disabled: false,
  }
}
const admin = keyFor('root', 'admin')
const ada = keyFor('ada', 'user')
const findKey = (id: string) => [admin, ada].find((key) => key.accessKeyId === id)

/** What the last handler received. */
let seen: { input: unknown; context: RequestContext } | undefined
beforeEach(() => {
  seen = undefined
})
const keep = (input: unknown, context: RequestContext) => {
  seen = { input, context }
}

const submitJob = defineOperation('batch', 'SubmitJob', {
  resource: (input) => [`${queueArn}`, `arn:aws:batch:us-west-2:123456789012:job-definition/${input.jobDefinition}`],
  handle(input, context) {
    keep(input, context)
    if (input.jobName === 'refused') return refuseWrapped('Job name should match valid pattern')
    if (input.jobName === 'bare') return refuse('JobQueue x not found.')
    if (input.jobName === 'thrown') throw new Error('the disk is on fire at /var/lib')
    if (input.jobName === 'shapeless') return { jobName: 'x' } as never
    return { jobName: input.jobName, jobId: 'id' }
  },
})
const untagResource = defineOperation('batch', 'UntagResource', {
  resource: (input) => input.resourceArn,
  handle(input, context) {
    keep(input, context)
    return {}
  },
})
const createQueue = defineOperation('batch', 'CreateJobQueue', {
  resource: () => queueArn,
  handle: () => ({ jobQueueName: 'q', jobQueueArn: queueArn }),
})
const registerDefinition = defineOperation('batch', 'RegisterJobDefinition', {
  resource: () => '*',
  handle: () => ({ jobDefinitionName: 'd', jobDefinitionArn: 'a', revision: 1 }),
})
const { app } = createApi({
  backend,
  findKey,
  services: [
    { ...batchService, operations: [submitJob, untagResource, createQueue, registerDefinition] },
    { ...logs, operations: [] },
    own({
      metrics: { contentType: 'text/plain; version=0.0.4', read: async () => 'jobs 1\n', gauge: () => {} },
      metricsToken: { accepts: (authorization) => authorization === 'Bearer the-token' },
    }),
  ],
  now: () => now,
  logger: pino({ level: 'silent' }),
  validateResponses: true,
})

async function send(request: RequestToSign, key = ada) {
  return app.inject(await signRequest(key, { at: new Date(now), ...request }))
}
function batch(operation: string, body: unknown, key = ada) {
  return send({ path: `/v1/${operation.toLowerCase()}`, body: JSON.stringify(body) }, key)
}
const job = { jobName: 'hello', jobQueue: 'default', jobDefinition: 'hello:1' }

describe('Batch', () => {
  test('a signed call is carried out, with the headers of the real front', async () => {
    const headers = { 'amz-sdk-invocation-id': 'c59a', 'amz-sdk-request': 'attempt=2; max=3' }
    const answer = await send({ path: '/v1/submitjob', body: JSON.stringify(job), headers })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ jobName: 'hello', jobId: 'id' })
    const requestId = answer.headers['x-amzn-requestid'] as string
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'access-control-allow-origin': '*',
      'x-amz-apigw-id': expect.stringMatching(/^[0-9a-f]{15}=$/),
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      date: expect.anything(),
    })
    const { context } = seen!
    expect(context).toMatchObject({
      requestId,
      invocationId: 'c59a',
      sdkAttempt: 2,
      principal: { name: 'ada' },
      backend,
    })
    expect(context.bodyHash).toMatch(/^[0-9a-f]{64}$/)
    expect(context.now()).toBe(now)
  })

  test('nulls and unknown members are dropped before the operation sees them', async () => {
    const body = `{"jobName":"hello","jobQueue":"default","jobDefinition":"d","tags":null,"newMember":1,
      "containerOverrides":{"command":null,"vcpus":1,"invented":{}},"parameters":{"a":"b"}}`
    const answer = await send({ path: '/v1/submitjob', body })
    expect(answer.statusCode).toBe(200)
    expect(seen!.input).toEqual({
      ...job,
      jobDefinition: 'd',
      containerOverrides: { vcpus: 1 },
      parameters: { a: 'b' },
    })
  })

  test.each([
    [
      { jobName: 'x', jobQueue: 'q' },
      "Value null at 'jobDefinition' failed to satisfy constraint: Member must not be null",
    ],
    [{ ...job, schedulingPriorityOverride: '1' }, "Value '1' at 'schedulingPriorityOverride'"],
    [{ ...job, schedulingPriorityOverride: 1.5 }, 'Member must be of type integer'],
    [{ ...job, jobName: 7 }, "Value '7' at 'jobName' failed to satisfy constraint: Member must be of type string"],
    [
      { ...job, dependsOn: [{ jobId: 'a' }, { type: 'N' }] },
      "Value 'N' at 'dependsOn[1].type' failed to satisfy constraint: Member must satisfy enum value set: [N_TO_N, SEQUENTIAL]",
    ],
    [
      { ...job, tags: { '': 'x' } },
      "at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: Member must have length greater",
    ],
    [
      { ...job, tags: { a: 'x'.repeat(257) } },
      "at 'tags.a' failed to satisfy constraint: Member must have length less than or equal to 256",
    ],
  ])('an input of the wrong shape is refused with the member’s name: %j', async (body, text) => {
    const answer = await batch('SubmitJob', body)
    expect(answer.statusCode).toBe(400)
    expect(answer.headers['x-amzn-errortype']).toBe('ClientException')
    expect(answer.json().message).toContain(text)
    expect(seen).toBeUndefined()
  })

  test('a value that the service checks itself is refused in its words', async () => {
    const body = { jobDefinitionName: 'd', type: 'container', platformCapabilities: ['LAMBDA'] }
    const text = 'Capability LAMBDA is not valid. Valid capabilities: [FARGATE, EC2, MANAGED_INSTANCES]'
    expect((await batch('RegisterJobDefinition', body)).json().message).toMatch(
      `Error executing request, Exception : ${text}, RequestId: `,
    )
  })

  test('a name that could be taken for a prototype is refused, not dropped', async () => {
    for (const part of ['"tags":{"__proto__":"x"}', '"dependsOn":[{"__proto__":{"jobId":"x"}}]', '"__proto__":null']) {
      const answer = await send({ path: '/v1/submitjob', body: `{"jobName":"hello",${part}}` })
      expect([answer.statusCode, answer.json().message]).toEqual([
        ...[400, 'The request body has a member or key called __proto__, which openbatch does not take.'],
      ])
    }
    expect(seen).toBeUndefined()
  })

  test('a body is refused that is not a JSON object, too deep, or too long', async () => {
    for (const body of ['{', '[]', '1', 'null', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`]) {
      const answer = await send({ path: '/v1/submitjob', body })
      expect(answer.statusCode).toBe(400)
      expect(answer.json().message).toMatch(/^The request body is (not|nested)/)
    }
    const long = await batch('SubmitJob', { ...job, x: 'x'.repeat(limits.requestBodyBytes) })
    expect(long.statusCode).toBe(413)
    expect(long.headers['x-amzn-errortype']).toBe('RequestEntityTooLargeException')
    expect(long.json()).toEqual({ message: 'The request body is larger than openbatch takes.' })
  })

  test('refusals come in AWS’s form, with the request id where AWS has one', async () => {
    const wrapped = await batch('SubmitJob', { ...job, jobName: 'refused' })
    const id = wrapped.headers['x-amzn-requestid']
    const text = `Error executing request, Exception : Job name should match valid pattern, RequestId: ${id}`
    expect([wrapped.statusCode, wrapped.json()]).toEqual([400, { message: text }])
    expect((await batch('SubmitJob', { ...job, jobName: 'bare' })).json()).toEqual({ message: 'JobQueue x not found.' })
  })

  test('a fault of ours is a 500 that reveals only where to look', async () => {
    for (const jobName of ['thrown', 'shapeless']) {
      const answer = await batch('SubmitJob', { ...job, jobName })
      expect(answer.statusCode).toBe(500)
      expect(answer.headers['x-amzn-errortype']).toBe('ServerException')
      expect(answer.json().message).toBe(
        `Internal failure. The server's log has the cause under request id ${answer.headers['x-amzn-requestid']}.`,
      )
    }
  })

  test('an operation that is not built says so', async () => {
    const answer = await batch('ListQuotaShares', {})
    expect(answer.statusCode).toBe(400)
    expect(answer.json().message).toBe('ListQuotaShares is not built in this version of openbatch.')
  })

  test('an ARN in a path is understood encoded and raw, and tag keys may repeat', async () => {
    const arn = 'arn:aws:batch:us-west-2:123456789012:job/abc:1'
    for (const path of [`/v1/tags/${encodeURIComponent(arn)}`, `/v1/tags/${arn}`]) {
      seen = undefined
      const answer = await send({ method: 'DELETE', path, query: { tagKeys: ['a', 'b c'] } })
      expect([answer.statusCode, answer.json()]).toEqual([200, {}])
      expect(seen!.input).toEqual({ resourceArn: arn, tagKeys: ['a', 'b c'] })
    }
    const none = await send({ method: 'DELETE', path: `/v1/tags/${encodeURIComponent(arn)}` })
    expect(none.json().message).toContain("Value null at 'tagKeys'")
  })

  test('no generated body causes a fault of ours', async () => {
    const members = [
      'jobName',
      'jobQueue',
      'jobDefinition',
      'tags',
      'containerOverrides',
      'dependsOn',
      'command',
      '__proto__',
    ]
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue(),
        fc.dictionary(fc.constantFrom(...members), tie('value')),
        fc.array(tie('value')),
      ),
    }))
    const body = fc.oneof(
      fc.string(),
      value.map((any) => JSON.stringify(any)),
      fc.dictionary(fc.constantFrom(...members), value).map((any) => JSON.stringify({ ...job, ...any })),
    )
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const answer = await send({ path: '/v1/submitjob', body: text })
        expect(answer.statusCode).toBeLessThan(500)
      }),
      { numRuns: 60 },
    )
  })
})

describe('access', () => {
  test('is denied without a signature', async () => {
    const answer = await app.inject({ method: 'POST', url: '/v1/submitjob', payload: '{}' })
    expect([answer.statusCode, answer.headers['x-amzn-errortype'], answer.json()]).toEqual([
      403,
      'MissingAuthenticationTokenException',
      { message: 'Missing Authentication Token' },
    ])
  })

  test('is denied with a wrong secret, an unknown key, or an old signature', async () => {
    const body = JSON.stringify(job)
    const wrong = await send({ path: '/v1/submitjob', body }, { ...ada, secretAccessKey: 'x' })
    expect([wrong.statusCode, wrong.headers['x-amzn-errortype']]).toEqual([403, 'InvalidSignatureException'])
    const unknown = await send({ path: '/v1/submitjob', body }, { ...ada, accessKeyId: 'NOBODY' })
    expect([unknown.statusCode, unknown.headers['x-amzn-errortype']]).toEqual([403, 'UnrecognizedClientException'])
    const late = await send({ path: '/v1/submitjob', body, at: new Date(now - 600_000) })
    expect([late.statusCode, late.json().message]).toEqual([403, expect.stringContaining('Signature expired: ')])
  })

  test('to make queues is for administrators, not users', async () => {
    const body = { jobQueueName: 'q', priority: 1 }
    const denied = await batch('CreateJobQueue', body)
    expect([denied.statusCode, denied.headers['x-amzn-errortype']]).toEqual([403, 'AccessDeniedException'])
    expect(denied.json().message).toBe(
      `User: arn:aws:iam::123456789012:user/ada is not authorized to perform: batch:CreateJobQueue on resource: ${queueArn} because no identity-based policy allows the batch:CreateJobQueue action`,
    )
    expect((await batch('CreateJobQueue', body, admin)).statusCode).toBe(200)
    expect((await batch('CreateQuotaShare', {})).statusCode).toBe(403)
  })

  test('every operation of AWS’s is built or says that it is not, and stands in the catalogue of actions', () => {
    const names = actionsOf(servicesOf()).flatMap(({ operations }) => operations)
    const missing = [...Object.keys(batchOperations), ...Object.keys(logsOperations)].filter(
      (it) => !names.includes(it),
    )
    expect(missing).toEqual(['StartLiveTail'])
  })

  test('no route is registered but through the pipeline, and only the named ones are open', () => {
    const walked = createApi({
      ...{ backend, findKey, now: () => now, logger: pino({ level: 'silent' }) },
      services: servicesOf({ installation: { command: 'openbatch', dataDir: '/data' }, tasks: {} as never }),
    })
    expect(() => walked.app.get('/open', () => 'x')).toThrow('GET /open does not say how it is guarded')
    expect(walked.app.hasRoute({ method: 'POST', url: '/-/batch/v1/submitjob' })).toBe(true)
    expect(walked.routes.length).toBeGreaterThan(50)
    const open = walked.routes.filter(isPublic)
    expect(open.map((route) => `${route.method} ${route.url}`)).toEqual([
      // A browser asks without a signature what a page may do.
      'OPTIONS /-/s3/*',
      'GET /healthz',
      'GET /console',
      'GET /console/',
      // Each asks for a path that nobody can guess.
      'GET /v2/credentials/:id',
      'GET /v4/:id',
      'GET /v4/:id/task',
      'GET /v4/:id/stats',
      'GET /v4/:id/task/stats',
    ])
  })
})

test('identities that cannot be read are a fault of ours, not an unknown key', async () => {
  const { app: broken } = createApi({
    ...{
      backend,
      services: [{ ...batchService, operations: [submitJob] }],
      now: () => now,
      logger: pino({ level: 'silent' }),
    },
    findKey: () => {
      throw new Error('the identities are damaged')
    },
  })
  const answer = await broken.inject(await signRequest(ada, { path: '/v1/submitjob', body: '{}', at: new Date(now) }))
  expect([answer.statusCode, answer.headers['x-amzn-errortype']]).toEqual([500, 'ServerException'])
  expect(answer.body).not.toContain('damaged')
})

describe('openbatch’s own pages', () => {
  test('/healthz is open, and /metrics is for administrators', async () => {
    expect((await app.inject('/healthz')).body).toBe('ok\n')
    expect((await app.inject('/metrics')).statusCode).toBe(403)
    const path = '/metrics'
    expect((await send({ method: 'GET', path, service: 'openbatch' })).statusCode).toBe(403)
    const metrics = await send({ method: 'GET', path }, admin)
    expect([metrics.statusCode, metrics.body]).toEqual([200, 'jobs 1\n'])
  })

  test('/metrics accepts its token instead of a signature, and no other page does', async () => {
    const get = (url: string, authorization: string) => app.inject({ url, headers: { authorization } })
    const metrics = await get('/metrics', 'Bearer the-token')
    expect([metrics.statusCode, metrics.body]).toEqual([200, 'jobs 1\n'])
    const wrong = await get('/metrics', 'Bearer another')
    expect([wrong.statusCode, wrong.headers['x-amzn-errortype']]).toEqual([403, 'UnrecognizedClientException'])
    for (const url of ['/api/instances', '/api/jobs/x/why', '/v1/describejobs'])
      expect([url, (await get(url, 'Bearer the-token')).statusCode]).toEqual([url, expect.toBeOneOf([400, 403, 404])])
  })

  test('a parameter with the name of a member for tags is only a parameter', async () => {
    for (const name of ['Tags', 'TagKeys', 'tags', 'tagKeys']) {
      const answer = await send({ method: 'GET', path: '/api/audit', query: { [name]: 'x' } })
      expect([name, answer.statusCode]).toEqual([name, 403])
    }
  })

  test('every other path answers that it does not exist, in AWS’s form', async () => {
    for (const url of ['/', '/v1/nothing', '/-/batch/v1/nothing', '/%zz', '/..%2f', `/${'x'.repeat(5000)}`]) {
      const answer = await app.inject({ method: 'POST', url, payload: 'x' })
      expect(answer.statusCode, url).toBeLessThan(500)
      expect(answer.json().message, url).toEqual(expect.any(String))
      expect(answer.headers['x-amzn-requestid'], url).toEqual(expect.any(String))
    }
  })
})
