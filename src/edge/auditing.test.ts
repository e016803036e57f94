/** Requests to a real edge: which of them are in the audit, and what of them. */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { signRequest } from '../../test/support/signed-request.ts'
import type { AuditRecord } from '../access/audit/audit-record.ts'
import { policiesOf } from '../access/policies.testing.ts'
import type { Principal } from '../access/principal.ts'
import type { Key } from '../access/signature.ts'
import { refuse } from '../model/refusal.ts'
import type { Backend } from './context.ts'
import { createApi } from './server.ts'
import { servicesOf } from './services.ts'

const now = Date.UTC(2026, 10, 27)
const ada: Key<Principal> = {
  ...{ accessKeyId: 'KEYada', secretAccessKey: 'secret-of-ada', disabled: false },
  owner: { name: 'ada', userId: 'AIDAADA', policies: policiesOf('user') },
}

const submitted = { jobName: 'j', jobId: 'job-1', jobArn: 'arn:of:job-1' }

function edge(answer: object = submitted) {
  const records: AuditRecord[] = []
  const backend = {
    ...{ account: '123456789012', region: 'us-west-2' },
    loop: { execute: async () => answer, state: { jobs: new Map() } },
    store: { getJobs: () => new Map() },
  } as unknown as Backend
  const { app } = createApi({
    ...{ backend, now: () => now, logger: pino({ level: 'silent' }), services: servicesOf() },
    findKey: (id) => (id === ada.accessKeyId ? ada : undefined),
    audit: { append: (record) => records.push(record) },
  })
  const send = async (path: string, body: object, key: Key<Principal> = ada) =>
    app.inject(await signRequest(key, { method: 'POST', path, body: JSON.stringify(body), at: new Date(now) }))
  return { records, send }
}

const submission = {
  ...{ jobName: 'j', jobQueue: 'default', jobDefinition: 'align:1' },
  containerOverrides: { environment: [{ name: 'TOKEN', value: 'hush-hush' }] },
}

test('a call that changes something: who, from where, what, on what, and what came of it', async () => {
  const { records, send } = edge()
  await send('/v1/submitjob', submission)
  expect(records).toEqual([
    {
      at: '2026-11-27T00:00:00.000Z',
      ...{ user: 'ada', accessKeyId: 'KEYada', sourceIp: '127.0.0.1', userAgent: expect.any(String) },
      ...{ action: 'batch:SubmitJob', operation: 'SubmitJob' },
      resources: [
        'arn:aws:batch:us-west-2:123456789012:job-definition/align:1',
        'arn:aws:batch:us-west-2:123456789012:job-queue/default',
      ],
      ...{ made: 'arn:of:job-1', httpStatus: 200, requestId: expect.any(String) },
    },
  ])
  expect(JSON.stringify(records)).not.toContain('hush-hush')
})

test('a refusal, with AWS’s code and text; a wrong signature, with the key it named', async () => {
  const { records, send } = edge()
  await send('/v1/createjobqueue', { jobQueueName: 'mine', priority: 1 })
  await send('/v1/submitjob', submission, { ...ada, secretAccessKey: 'wrong' })
  await send('/v1/describejobs', { jobs: ['x'] }, { ...ada, accessKeyId: 'NOBODY' })
  expect(records).toMatchObject([
    {
      ...{ user: 'ada', action: 'batch:CreateJobQueue', httpStatus: 403, code: 'AccessDeniedException' },
      message: expect.stringContaining('is not authorized to perform: batch:CreateJobQueue'),
    },
    { accessKeyId: 'KEYada', httpStatus: 403, code: 'InvalidSignatureException' },
    { accessKeyId: 'NOBODY', httpStatus: 403, code: 'UnrecognizedClientException' },
  ])
  expect(records.map(({ user }) => user)).toEqual(['ada', undefined, undefined])
})

test('a call that fails is there with its error, and reads that are allowed are not', async () => {
  const { records, send } = edge(refuse('JobQueue default not found.'))
  await send('/v1/submitjob', submission)
  expect(records.splice(0)).toMatchObject([
    { action: 'batch:SubmitJob', httpStatus: 400, code: 'ClientException', message: 'JobQueue default not found.' },
  ])
  await send('/v1/describejobs', { jobs: ['x'] })
  expect(records).toEqual([])
})

test('of many resources the first are named and the others counted', async () => {
  const { records, send } = edge()
  await send('/v1/canceljobs', { jobs: Array.from({ length: 25 }, (_, at) => `job-${at}`), reason: 'r' })
  expect(records[0]!.resources).toHaveLength(10)
  expect(records[0]).toMatchObject({ action: 'batch:CancelJob', operation: 'CancelJobs', moreResources: 15 })
})

test('a flood of refusals leaves most of them out, and counts them', async () => {
  const { records, send } = edge()
  for (let at = 0; at < 130; at++) await send('/v1/createjobqueue', { jobQueueName: 'mine', priority: 1 })
  expect(records).toHaveLength(100)
})
