/**
 * What SubmitJob is compared with: one bare durable row for each request, one commit for a whole
 * turn of the event loop. It runs behind openbatch's own HTTP edge (`edge`: signature,
 * authorisation, shape check, AWS's headers), or behind Fastify alone (`plain`).
 *
 *     node bare-server.ts edge|plain DATABASE
 */

import type { AddressInfo } from 'node:net'
import Database from 'better-sqlite3'
import fastify, { type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { policiesOf } from '../../src/access/policies.testing.ts'
import { defineOperation } from '../../src/edge/operation.ts'
import { createApi } from '../../src/edge/server.ts'
import { batch } from '../../src/edge/services/batch/service.ts'
import { bareCredentials } from './serving.ts'

const [kind, file] = process.argv.slice(2)
const database = new Database(file!)
database.pragma('journal_mode = WAL')
database.pragma('synchronous = FULL')
database.exec('CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, body TEXT NOT NULL)')
const insert = database.prepare('INSERT INTO row (body) VALUES (?)')

let waiting: { body: string; done: (id: number) => void }[] = []
function commit(): void {
  const batch = waiting
  waiting = []
  database.exec('BEGIN IMMEDIATE')
  const ids = batch.map(({ body }) => Number(insert.run(body).lastInsertRowid))
  database.exec('COMMIT')
  for (const [index, { done }] of batch.entries()) done(ids[index]!)
}

function store(body: string): Promise<number> {
  return new Promise((resolve) => {
    if (waiting.length === 0) setImmediate(commit)
    waiting.push({ body, done: resolve })
  })
}

const app = kind === 'edge' ? edge() : plain()
await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`ready http://127.0.0.1:${(app.server.address() as AddressInfo).port}\n`)

function plain(): FastifyInstance {
  const server = fastify()
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  server.post('*', async (request) => {
    const body = (request.body as Buffer).toString('utf8')
    const { jobName } = JSON.parse(body) as { jobName: string }
    return { jobName, jobId: String(await store(body)) }
  })
  return server
}

function edge(): FastifyInstance {
  const submitRow = defineOperation('batch', 'SubmitJob', {
    resource: () => 'arn:aws:batch:us-west-2:123456789012:job-queue/default',
    handle: async (input) => ({ jobName: input.jobName, jobId: String(await store(JSON.stringify(input))) }),
  })
  const owner = { name: 'bench', userId: 'AIDABENCH', policies: policiesOf('admin') }
  const key = { ...bareCredentials, owner, disabled: false }
  return createApi({
    // This operation touches only the row.
    backend: { account: '123456789012', region: 'us-west-2' } as Parameters<typeof createApi>[0]['backend'],
    services: [{ ...batch, operations: [submitRow] }],
    findKey: () => key,
    now: Date.now,
    logger: pino({ level: 'warn' }),
  }).app
}
