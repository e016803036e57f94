/**
 * Growth is a line in a list: a new operation of a service is routed, guarded, in the catalogue of
 * actions and in the documents.
 */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { operationTables } from '../../scripts/compatibility/operations.ts'
import { writeActions } from '../../scripts/documents/actions.ts'
import { signRequest } from '../../test/support/signed-request.ts'
import { policiesOf } from '../access/policies.testing.ts'
import type { Principal } from '../access/principal.ts'
import type { Key } from '../access/signature.ts'
import { actionsOf } from './actions.ts'
import type { Backend } from './context.ts'
import { defineOperation, type Operation } from './operation.ts'
import { createApi } from './server.ts'
import type { Service } from './service.ts'
import { defineOwnOperation } from './services/own/own-operation.ts'
import { servicesOf } from './services.ts'

const backend = { account: '123456789012', region: 'us-west-2' } as Backend
const key = (name: string, role: 'admin' | 'user'): Key<Principal> => ({
  ...{ accessKeyId: `KEY${name}`, secretAccessKey: 'secret', disabled: false },
  owner: { name, userId: `AIDA${name}`, policies: policiesOf(role) },
})
const [root, ada] = [key('root', 'admin'), key('ada', 'user')]

/** The real services, with the operations of one of them changed. */
function servicesWith(service: string, change: (operations: readonly Operation[]) => readonly Operation[]): Service[] {
  return servicesOf().map((each) => (each.name === service ? { ...each, operations: change(each.operations) } : each))
}

function edgeOf(services: readonly Service[]) {
  const { app } = createApi({
    ...{ services, backend, now: Date.now, logger: pino({ level: 'silent' }), validateResponses: true },
    findKey: (id) => [root, ada].find(({ accessKeyId }) => accessKeyId === id),
  })
  return async (who: Key<Principal>, method: string, path: string, body?: string) => {
    const answer = await app.inject(await signRequest(who, { method, path, ...(body && { body }) }))
    return { status: answer.statusCode, body: answer.json() }
  }
}

test('an operation of openbatch’s own API', async () => {
  const countJobs = defineOwnOperation<{ jobQueue: string; status?: string }, object>('CountJobs', {
    method: 'GET',
    path: '/api/queues/:jobQueue/count',
    summary: 'How many jobs there are',
    answers: 'JobCountsAnswer',
    resource: ({ jobQueue }) => `arn:aws:batch:us-west-2:123456789012:job-queue/${jobQueue}`,
    handle: ({ jobQueue, status }) => ({ jobQueue, status, jobs: 3 }),
  })
  const services = servicesWith('openbatch', (operations) => [...operations, countJobs])
  const ask = edgeOf(services)
  const path = '/api/queues/default/count'
  expect(await ask(root, 'GET', path)).toEqual({ status: 200, body: { jobQueue: 'default', jobs: 3 } })
  expect(await ask(ada, 'GET', path)).toEqual({
    status: 403,
    body: {
      message:
        'User: arn:aws:iam::123456789012:user/ada is not authorized to perform: openbatch:CountJobs on resource: arn:aws:batch:us-west-2:123456789012:job-queue/default because no identity-based policy allows the openbatch:CountJobs action',
    },
  })
  expect(actionsOf(services)).toContainEqual({ name: 'openbatch:CountJobs', operations: ['CountJobs'] })
  expect(writeActions(services)).toContain('| `openbatch:CountJobs` | `CountJobs` | no | no | yes |')
})

test('an operation of AWS', async () => {
  const createQueue = defineOperation('batch', 'CreateJobQueue', {
    resource: ({ jobQueueName }) => `arn:aws:batch:us-west-2:123456789012:job-queue/${jobQueueName}`,
    handle: ({ jobQueueName }) => ({ jobQueueName, jobQueueArn: 'arn' }),
  })
  const without = servicesWith('batch', (operations) => operations.filter(({ name }) => name !== 'CreateJobQueue'))
  const having = servicesWith('batch', (operations) => [
    ...operations.filter(({ name }) => name !== 'CreateJobQueue'),
    createQueue,
  ])
  const create = (services: readonly Service[], who: Key<Principal>) =>
    edgeOf(services)(who, 'POST', '/v1/createjobqueue', JSON.stringify({ jobQueueName: 'q', priority: 1 }))
  expect(await create(without, root)).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('is not built') },
  })
  expect(await create(having, root)).toEqual({ status: 200, body: { jobQueueName: 'q', jobQueueArn: 'arn' } })
  expect(await create(having, ada)).toMatchObject({
    status: 403,
    body: { message: expect.stringContaining('not authorized to perform: batch:CreateJobQueue on resource: arn:') },
  })
  const row = (services: readonly Service[]) =>
    /\| CreateJobQueue \| (\w+)/.exec(operationTables(services).join('\n'))?.[1]
  expect([row(without), row(having)]).toEqual(['refused', 'built'])
  expect(writeActions(without)).not.toContain('batch:CreateJobQueue` |')
  expect(writeActions(having)).toContain('| `batch:CreateJobQueue` | `CreateJobQueue` | no | no | yes |')
})

test('an operation that is listed twice stops the server’s construction', () => {
  expect(() => edgeOf(servicesWith('sts', (operations) => [...operations, ...operations]))).toThrow(
    'the operation AssumeRole is listed twice',
  )
})
