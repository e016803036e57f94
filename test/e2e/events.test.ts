/**
 * Events of some hundred jobs, to a file and to a webhook that sometimes fails, from a server that
 * is killed while they run. In the end each receiver has got the whole life of every job, in order,
 * up to what DescribeJobs says.
 */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  BatchClient,
  CancelJobCommand,
  DescribeJobsCommand,
  type JobDetail,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { transitions } from '../../src/core/transitions.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'

interface ToldEvent {
  readonly id: string
  readonly 'detail-type': string
  readonly resources: readonly string[]
  readonly detail: JobDetail
}

const secret = 'between us'
const hookPath = '/hook'

/** Receives events. It refuses some before and some after it has noted them. */
class Receiver {
  readonly events: ToldEvent[] = []
  badSignatures = 0
  refused = 0
  down = false
  #requests = 0
  readonly #server: Server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      const n = this.#requests++
      if (this.down || n % 11 === 3) {
        this.refused++
        response.writeHead(503).end()
        return
      }
      const signature = `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`
      if (request.headers['x-openbatch-signature'] !== signature || request.url !== hookPath) this.badSignatures++
      this.events.push(JSON.parse(text) as ToldEvent)
      if (n % 17 === 5) response.destroy()
      else response.writeHead(204).end()
    })
  })

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${hookPath}`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

let receiver: Receiver
let server: TestServer | undefined
let batch: BatchClient | undefined
beforeEach(() => {
  receiver = new Receiver()
})
afterEach(async () => {
  batch?.destroy()
  await server?.stop()
  receiver.close()
})

test('report the life of every job in order, although the server is killed and the receiver fails', async () => {
  const url = await receiver.listen()
  server = await startServer({
    driver: 'scripted',
    env: {
      OPENBATCH_EVENTS_FILE: 'events.jsonl',
      OPENBATCH_EVENTS_WEBHOOKS: JSON.stringify([{ url, secret, concurrency: 8 }]),
      OPENBATCH_DRIVERS_SCRIPTED_VCPUS: '24',
      OPENBATCH_DRIVERS_SCRIPTED_MEMORY_MIB: '65536',
    },
  })
  const file = join(server.dataDir, 'events.jsonl')
  batch = new BatchClient({
    endpoint: server.endpoint,
    region: 'us-west-2',
    credentials: server.administrator,
    maxAttempts: 1,
  })
  const submitting = submitter(batch)
  const define = submitting.define
  const [works, fails, waits] = await Promise.all([
    define('works', ['run 30ms']),
    define('fails', ['run 10ms', 'exit 3']),
    define('waits', ['wait']),
  ])
  const { submit } = submitting
  const blocked = await submit(works, { vcpus: 1000 })
  await Promise.all([
    ...Array.from({ length: 120 }, () => submit(works)),
    ...Array.from({ length: 60 }, (_, n) => submit(fails, { attempts: 1 + (n % 3) })),
    ...Array.from({ length: 4 }, () => submit(works, { size: 20 })),
  ])
  const ended = await submit(waits)
  const halted = await submit(waits, { size: 200 })
  const after = await submit(works, { dependsOn: ended })

  await eventually('some events', () => receiver.events.length > 200, { everyMs: 10 })
  // Killed when events have been retried for so long that the positions are on disk.
  receiver.down = true
  await refusals(40)
  await server.kill9()
  await server.restart()
  await refusals(20)
  await batch.send(new TerminateJobCommand({ jobId: ended, reason: 'enough' }))
  await eventually('children that run', async () => (await describe([`${halted}:3`]))[0]?.status === 'RUNNING')
  await batch.send(new CancelJobCommand({ jobId: `${halted}:150`, reason: 'this one first' }))
  await batch.send(new TerminateJobCommand({ jobId: halted, reason: 'enough of them' }))
  receiver.down = false
  const before = receiver.events.length
  await eventually('more events', () => receiver.events.length > before + 100, { everyMs: 10 })
  await server.kill9()
  await server.restart()
  await batch.send(new CancelJobCommand({ jobId: blocked, reason: 'it never fits' }))

  const ids = submitting.ids()
  const jobs = await eventually('the end of all jobs', async () => {
    const found = await describe(ids)
    return found.every(({ status }) => status === 'SUCCEEDED' || status === 'FAILED') && found
  })
  expect(jobs).toHaveLength(ids.length)
  const inFile = () =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ToldEvent)
  const sinks = [
    ['file', inFile],
    ['webhook', () => receiver.events],
  ] as const
  for (const [name, events] of sinks) {
    await eventually(`all ends at the ${name}`, () => {
      const over = new Set(events().flatMap(({ detail }) => (isEnd(detail) ? detail.jobId! : [])))
      return ids.every((id) => over.has(id))
    })
    expectWholeLives(events(), jobs, blocked)
  }
  expect(idsOf(inFile())).toEqual(idsOf(receiver.events))
  expect([receiver.badSignatures, receiver.refused > 20]).toEqual([0, true])
  expect(jobs.find(({ jobId }) => jobId === after)!.status).toBe('FAILED')

  function refusals(more: number): Promise<unknown> {
    const upTo = receiver.refused + more
    return eventually(`${more} refusals`, () => receiver.refused >= upTo)
  }

  async function describe(wanted: readonly string[]): Promise<JobDetail[]> {
    const found: JobDetail[] = []
    for (let from = 0; from < wanted.length; from += 100) {
      const page = await batch!.send(new DescribeJobsCommand({ jobs: wanted.slice(from, from + 100) }))
      found.push(...(page.jobs ?? []))
    }
    return found
  }
})

interface Submission {
  readonly vcpus?: number
  readonly attempts?: number
  readonly size?: number
  readonly dependsOn?: string
}

function submitter(client: BatchClient) {
  const ids: string[] = []
  return {
    /** The jobs submitted so far, and their children. */
    ids: () => [...ids],
    async define(jobDefinitionName: string, command: string[]): Promise<string> {
      const resourceRequirements = [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '64' },
      ] as const
      const { jobDefinitionArn } = await client.send(
        new RegisterJobDefinitionCommand({
          jobDefinitionName,
          type: 'container',
          containerProperties: { image: 'busybox', command, resourceRequirements: [...resourceRequirements] },
        }),
      )
      return jobDefinitionArn!
    },
    async submit(jobDefinition: string, { vcpus, attempts, size, dependsOn }: Submission = {}): Promise<string> {
      const { jobId } = await client.send(
        new SubmitJobCommand({
          jobName: 'told',
          jobQueue: 'default',
          jobDefinition,
          ...(vcpus ? { containerOverrides: { resourceRequirements: [{ type: 'VCPU', value: String(vcpus) }] } } : {}),
          ...(attempts ? { retryStrategy: { attempts } } : {}),
          ...(size ? { arrayProperties: { size } } : {}),
          ...(dependsOn ? { dependsOn: [{ jobId: dependsOn }] } : {}),
        }),
      )
      ids.push(jobId!, ...Array.from({ length: size ?? 0 }, (_, index) => `${jobId}:${index}`))
      return jobId!
    },
  }
}

function isEnd({ status }: JobDetail): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED'
}

function idsOf(events: readonly ToldEvent[]): string[] {
  return [...new Set(events.map(({ id }) => id))].sort()
}

/** Whether a transition leads from one status to the other. */
function follows(before: string, status: string): boolean {
  return Object.values(transitions).some(
    ({ from, to }) => from.includes(before as never) && to.includes(status as never),
  )
}

function expectWholeLives(events: readonly ToldEvent[], jobs: readonly JobDetail[], blocked: string): void {
  // At least once: a repeat has the same id and the same content.
  const seen = new Map<string, ToldEvent>()
  const lives = new Map<string, JobDetail[]>()
  for (const event of events) {
    const earlier = seen.get(event.id)
    if (earlier) {
      expect(event).toEqual(earlier)
      continue
    }
    seen.set(event.id, event)
    if (event['detail-type'] !== 'Batch Job State Change') continue
    const life = lives.get(event.detail.jobId!) ?? []
    const before = life.at(-1)
    if (before) {
      expect(event.detail.status, `${event.detail.jobId}: ${before.status}`).not.toBe(before.status)
      expect(follows(before.status!, event.detail.status!), `${before.status} → ${event.detail.status}`).toBe(true)
    }
    lives.set(event.detail.jobId!, [...life, event.detail])
  }
  expect([...lives.keys()].sort()).toEqual(jobs.map(({ jobId }) => jobId!).sort())
  for (const job of jobs) {
    const life = lives.get(job.jobId!)!
    const { tags, ...told } = life.at(-1)!
    expect({ ...told, tags: {} }, job.jobId).toEqual({ ...job, tags: {} })
    expect(tags).toEqual({ ...job.tags, resourceArn: job.jobArn })
    const started = life.filter(({ status }) => status === 'STARTING').length
    expect(started, `attempts of ${job.jobId}`).toBe(job.attempts!.length)
  }
  const blocks = [...seen.values()].filter((event) => event['detail-type'] === 'Batch Job Queue Blocked')
  expect(blocks.length).toBeGreaterThanOrEqual(1)
  // Once, and once more after each restart.
  expect(blocks.length).toBeLessThanOrEqual(3)
  for (const { detail, resources } of blocks) {
    expect(detail).toMatchObject({
      jobId: blocked,
      status: 'RUNNABLE',
      statusReason: expect.stringMatching(/^MISCONFIGURATION:/),
    })
    expect(resources).toEqual([detail.jobArn, detail.jobQueue])
  }
}
