/** What SubmitJob is measured against: the same HTTP server, one bare durable row a request, one commit for all of a turn. */
import type { AddressInfo } from 'node:net'
import Database from 'better-sqlite3'
import fastify from 'fastify'

const database = new Database(process.argv[2]!)
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

const app = fastify()
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post('*', async (request) => {
  const body = (request.body as Buffer).toString('utf8')
  const { jobName } = JSON.parse(body) as { jobName: string }
  if (typeof jobName !== 'string') throw new Error('no jobName')
  const id = await new Promise<number>((resolve) => {
    if (waiting.length === 0) setImmediate(commit)
    waiting.push({ body, done: resolve })
  })
  return { jobName, jobId: String(id) }
})
await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`ready http://127.0.0.1:${(app.server.address() as AddressInfo).port}\n`)
