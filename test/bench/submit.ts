/**
 * SubmitJob per second at 1, 16 and 64 connections, each call durable, compared with one bare row
 * per request on the same HTTP server.
 */
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { BatchClient, RegisterJobDefinitionCommand } from '@aws-sdk/client-batch'
import { SignatureV4 } from '@smithy/signature-v4'
import { compare } from './rounds.ts'
import { administrator, bareCredentials, type Credentials, type Serving, serveBare, serveOpenbatch } from './serving.ts'
import { Sha256 } from './sha256.ts'

const autocannon = createRequire(import.meta.url)('autocannon') as typeof import('autocannon')
const seconds = Number(process.env.OPENBATCH_BENCH_SECONDS ?? 5)
const rounds = Number(process.env.OPENBATCH_BENCH_ROUNDS ?? 3)
const widths = [1, 16, 64]

const body = JSON.stringify({
  jobName: 'bench',
  jobQueue: 'default',
  jobDefinition: 'bench',
  containerOverrides: { command: ['run 1h'], environment: [{ name: 'FAVORITE_COLOR', value: 'blue' }] },
})

export interface SubmitRow {
  readonly connections: number
  /** Behind openbatch's own HTTP edge, or behind Fastify alone. */
  readonly bare: 'edge' | 'plain'
  readonly submits: number
  readonly bareRows: number
  readonly ratio: number
}

export async function measureSubmits(): Promise<SubmitRow[]> {
  const bares = { edge: await serveBare('edge'), plain: await serveBare('plain') }
  // One vCPU, held by the first job: the others wait, as most of a large submission does.
  const openbatch = await serveOpenbatch('scripted', { OPENBATCH_DRIVERS_SCRIPTED_VCPUS: '1' })
  try {
    await define(openbatch)
    const rows: SubmitRow[] = []
    for (const bare of ['edge', 'plain'] as const) {
      for (const connections of widths) {
        const { ours, theirs, ratio } = await compare(
          rounds,
          async () =>
            perSecond(fire(openbatch.endpoint, connections, await sign(openbatch.endpoint, administrator(openbatch)))),
          async () =>
            perSecond(fire(bares[bare].endpoint, connections, await sign(bares[bare].endpoint, bareCredentials))),
        )
        rows.push({ connections, bare, submits: ours, bareRows: theirs, ratio })
      }
    }
    return rows
  } finally {
    await openbatch.stop()
    await bares.edge.stop()
    await bares.plain.stop()
  }
}

export async function define(serving: Serving): Promise<void> {
  const batch = new BatchClient({
    endpoint: serving.endpoint,
    region: 'us-west-2',
    credentials: administrator(serving),
  })
  await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'bench',
      type: 'container',
      containerProperties: {
        image: 'bench',
        command: ['exit 0'],
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '64' },
        ],
      },
    }),
  )
  batch.destroy()
}

/**
 * The request is signed once. The invocation id, which SDKs leave unsigned, is new for every
 * request, because each is a call of its own.
 */
export async function sign(endpoint: string, credentials: Credentials): Promise<Record<string, string>> {
  const { host, hostname, port } = new URL(endpoint)
  const signer = new SignatureV4({ service: 'batch', region: 'us-west-2', credentials, sha256: Sha256 })
  const signed = await signer.sign({
    method: 'POST',
    protocol: 'http:',
    hostname,
    port: Number(port),
    path: '/v1/submitjob',
    query: {},
    headers: { host, 'content-type': 'application/json' },
    body,
  })
  return signed.headers
}

interface Fired {
  readonly accepted: number
  readonly seconds: number
}

async function perSecond(fired: Promise<Fired>): Promise<number> {
  const { accepted, seconds: lasted } = await fired
  return accepted / lasted
}

/** Each connection takes the signed headers in turn. */
export async function fire(
  endpoint: string,
  connections: number,
  signed: Record<string, string> | readonly Record<string, string>[],
  duration = seconds,
): Promise<Fired> {
  const result = await autocannon({
    url: `${endpoint}/v1/submitjob`,
    connections,
    duration,
    requests: [signed].flat().map((headers) => ({
      method: 'POST' as const,
      body,
      headers,
      setupRequest: (request) => ({
        ...request,
        headers: { ...request.headers, 'amz-sdk-invocation-id': randomUUID() },
      }),
    })),
  })
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} failed`)
  return { accepted: result['2xx'], seconds: result.duration }
}

if (process.argv[1] === import.meta.filename) console.table(await measureSubmits())
