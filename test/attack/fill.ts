/**
 * A hostile user fills the server with whatever an ordinary key may make: definitions, jobs,
 * arrays, tags, queries, as fast as possible. The server must keep answering in its small heap, and
 * start again on the stored data.
 */
import { readFileSync } from 'node:fs'
import { type Credentials, startServer, type TestServer } from '../support/openbatch-server.ts'
import { signRequest } from '../support/signed-request.ts'

export interface AttackOptions {
  readonly seconds: number
  /** The server's heap, MiB. */
  readonly heapMib: number
  /** Definitions of 23 KiB that are registered first. */
  readonly definitions: number
  readonly connections?: number
}

export interface AttackReport {
  /** Calls by operation and status; `none` for a broken connection. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** The texts of the refusals, each once. */
  readonly refusals: readonly string[]
  readonly mostResidentMib: number
  /**
   * How long another user waited for DescribeJobQueues: at most during the attack, and after it.
   */
  readonly slowestMeanwhileMs: number
  readonly afterMs: number
  /** From the start of a new process on the stored data until it is ready. */
  readonly restartMs: number
  readonly afterRestartMs: number
}

const filler = (bytes: number) => [{ name: 'FILLER', value: 'x'.repeat(bytes) }]
const resourceRequirements = [
  { type: 'VCPU', value: '1' },
  { type: 'MEMORY', value: '64' },
]

export async function attack(options: AttackOptions): Promise<AttackReport> {
  const server = await startServer({
    driver: 'scripted',
    env: {
      NODE_OPTIONS: `--max-old-space-size=${options.heapMib}`,
      OPENBATCH_LOG_LEVEL: 'error',
      // What is attacked is the memory, however many requests that takes.
      OPENBATCH_REQUESTS_BURST_PER_USER: '1000000000',
    },
  })
  try {
    return await fill(server, options)
  } finally {
    await server.stop()
  }
}

async function fill(server: TestServer, options: AttackOptions): Promise<AttackReport> {
  const [attacker, other] = [server.addUser('mallory'), server.addUser('ada')]
  const client = new Client(server, attacker)
  const watch = new Watch(server, other)
  await inParallel(options.connections ?? 16, options.definitions, (n) => client.register(`first-${n % 100}`))
  const until = performance.now() + options.seconds * 1000
  const deeds = [
    (n: number) => client.register(`d-${n}`),
    (n: number) => client.register('same', n),
    (n: number) => client.submit(n, { containerOverrides: { environment: filler(24 * 1024) } }),
    (n: number) => client.submit(n, { arrayProperties: { size: 10_000 } }),
    (n: number) => client.submit(n, { tags: tags(n), shareIdentifier: undefined }),
    (n: number) => client.tag(n),
    () => client.ask('DescribeJobDefinitions', {}),
    () => client.ask('ListJobs', { jobQueue: 'default', jobStatus: 'RUNNABLE' }),
    () => client.ask('ListJobs', { jobQueue: 'default', filters: [{ name: 'JOB_NAME', values: ['j*'] }] }),
  ]
  await client.register('base')
  watch.start()
  await inParallel(options.connections ?? 16, Number.MAX_SAFE_INTEGER, (n) => {
    if (performance.now() >= until) return undefined
    return deeds[n % deeds.length]!(n)
  })
  const slowestMeanwhileMs = await watch.stop()
  const afterMs = await watch.ask()
  await server.kill9()
  const before = performance.now()
  await server.restart()
  const restartMs = performance.now() - before
  return {
    answers: client.answers,
    refusals: [...client.refusals],
    mostResidentMib: watch.mostResidentMib,
    ...{ slowestMeanwhileMs, afterMs, restartMs, afterRestartMs: await watch.ask() },
  }
}

const tags = (n: number) => Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`key${at}`, `${n}`.padEnd(250)]))

/** Continues until `work` has nothing more to do, or was called `times` times. */
async function inParallel(width: number, times: number, work: (n: number) => Promise<void> | undefined): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < times) {
      const doing = work(next++)
      if (!doing) return
      await doing
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}

class Client {
  readonly answers: Record<string, Record<string, number>> = {}
  readonly refusals = new Set<string>()
  readonly #server: TestServer
  readonly #key: Credentials
  #lastJob: string | undefined

  constructor(server: TestServer, key: Credentials) {
    this.#server = server
    this.#key = key
  }

  register(jobDefinitionName: string, n = 0): Promise<void> {
    return this.ask('RegisterJobDefinition', {
      ...{ jobDefinitionName, type: 'container' },
      containerProperties: {
        ...{ image: 'busybox:local', command: ['sleep', String(n)], resourceRequirements },
        environment: jobDefinitionName === 'base' ? [] : filler(23 * 1024 - 400),
      },
    })
  }

  async submit(n: number, more: object): Promise<void> {
    await this.ask('SubmitJob', { jobName: `j-${n}`, jobQueue: 'default', jobDefinition: 'base', ...more })
  }

  async tag(n: number): Promise<void> {
    if (!this.#lastJob) return
    const path = `/v1/tags/${encodeURIComponent(this.#lastJob)}`
    await this.#send('TagResource', path, { tags: tags(n) })
  }

  async ask(operation: string, body: object): Promise<void> {
    const answer = await this.#send(operation, `/v1/${operation.toLowerCase()}`, body)
    if (operation === 'SubmitJob' && answer?.jobArn) this.#lastJob = answer.jobArn
  }

  async #send(operation: string, path: string, body: object): Promise<{ jobArn?: string } | undefined> {
    const counts = this.answers[operation] ?? {}
    this.answers[operation] = counts
    const count = (status: string) => {
      counts[status] = (counts[status] ?? 0) + 1
    }
    try {
      const { status, text } = await send(this.#server, this.#key, path, body)
      count(String(status))
      const answer = JSON.parse(text) as { jobArn?: string; message?: string }
      if (status >= 400 && this.refusals.size < 20) this.refusals.add(String(answer.message).slice(0, 200))
      return answer
    } catch {
      count('none')
      return undefined
    }
  }
}

/** Another user, who makes one small query after the other. */
class Watch {
  mostResidentMib = 0
  readonly #server: TestServer
  readonly #key: Credentials
  #watching: Promise<number> = Promise.resolve(0)
  #on = false

  constructor(server: TestServer, key: Credentials) {
    this.#server = server
    this.#key = key
  }

  start(): void {
    this.#on = true
    this.#watching = this.#watch()
  }

  stop(): Promise<number> {
    this.#on = false
    return this.#watching
  }

  /** Takes ms. Throws if the answer is not the queue. */
  async ask(): Promise<number> {
    const before = performance.now()
    const { status, text } = await send(this.#server, this.#key, '/v1/describejobqueues', { jobQueues: ['default'] })
    if (status !== 200 || !text.includes('"jobQueueName":"default"')) throw new Error(`answered ${status}: ${text}`)
    return performance.now() - before
  }

  async #watch(): Promise<number> {
    let slowest = 0
    while (this.#on) {
      slowest = Math.max(slowest, await this.ask())
      const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#server.pid}/status`, 'utf8')) ?? []
      this.mostResidentMib = Math.max(this.mostResidentMib, Number(kib) / 1024)
    }
    return slowest
  }
}

async function send({ endpoint }: TestServer, key: Credentials, path: string, body: object) {
  const { host } = new URL(endpoint)
  const { method, url, headers, payload } = await signRequest(key, {
    path,
    headers: { host },
    body: JSON.stringify(body),
  })
  const { host: _, ...sent } = headers
  const answer = await fetch(endpoint + url, { method, headers: sent, body: payload! })
  return { status: answer.status, text: await answer.text() }
}
