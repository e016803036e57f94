/**
 * Searches over a million jobs: how long the server takes for a filter, a text, an order and a
 * group, and DescribeJobs meanwhile.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DescribeJobsCommand } from '@aws-sdk/client-batch'
import type { Job } from '../../src/model/job.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { noChanges } from '../../src/store/store.ts'
import { signRequest } from '../support/signed-request.ts'
import { batchClient } from './jobs.ts'
import { rssMib } from './listings.ts'
import { percentile99 } from './log-searches.ts'
import { median } from './rounds.ts'
import { administrator, cpuMs, type Serving, serveOpenbatch } from './serving.ts'

export interface JobSearchFigures {
  readonly jobs: number
  /** From `ready` to the first answer. */
  readonly preparedSeconds: number
  /** MiB that the server holds once it can search. */
  readonly rssMib: number
  /** ms from request to answer, by kind: the median of several, and the server's CPU time for one. */
  readonly kinds: readonly { readonly kind: string; readonly ms: number; readonly cpuMs: number }[]
  /** ms, the 99th of 100 DescribeJobs. */
  readonly describeAloneMs: number
  readonly describeMeanwhileMs: number
}

type Query = Readonly<Record<string, string>>

const kinds: readonly (readonly [kind: string, path: string, query: Query])[] = [
  ['mine, the newest first', '/api/jobs', { user: 'user3', limit: '50' }],
  [
    'a filter of four parts',
    '/api/jobs',
    { status: 'FAILED', queue: 'q1', exitCode: '137', since: '1760500000000', limit: '50' },
  ],
  ['a name with *', '/api/jobs', { name: 'bench-7-*9', limit: '50' }],
  ['a text', '/api/jobs', { text: '99912', limit: '50' }],
  ['ordered by duration', '/api/jobs', { sort: '-duration', limit: '50' }],
  ['ordered by name', '/api/jobs', { sort: 'name', limit: '50' }],
  ['grouped by exit code', '/api/jobs/counts', { groupBy: 'exit-code' }],
  ['grouped by user', '/api/jobs/counts', { groupBy: 'user' }],
  ['grouped by a tag', '/api/jobs/counts', { groupBy: 'tag:run' }],
]
const rounds = 9

export async function measureJobSearches(jobs = 1_000_000): Promise<JobSearchFigures> {
  const first = await serveOpenbatch('scripted')
  await first.pause()
  fill(join(first.directory, 'openbatch.db'), jobs)
  const serving = await first.resume()
  const batch = batchClient(serving)
  try {
    const begin = performance.now()
    await untilPrepared(serving)
    const preparedSeconds = (performance.now() - begin) / 1000
    const measured: JobSearchFigures['kinds'][number][] = []
    for (const [kind, path, query] of kinds) measured.push({ kind, ...(await timed(serving, path, query)) })
    const describe = async () => {
      const before = performance.now()
      await batch.send(new DescribeJobsCommand({ jobs: ['none'] }))
      return performance.now() - before
    }
    const alone: number[] = []
    for (let call = 0; call < 300; call++) alone.push(await describe())
    let isOver = false
    const searching = (async () => {
      for (let round = 0; round < 3; round++) for (const [, path, query] of kinds) await ask(serving, path, query)
      isOver = true
    })()
    const meanwhile: number[] = []
    while (!isOver) meanwhile.push(await describe())
    await searching
    return {
      ...{ jobs, preparedSeconds, rssMib: rssMib(serving.pid), kinds: measured },
      ...{ describeAloneMs: percentile99(alone), describeMeanwhileMs: percentile99(meanwhile) },
    }
  } finally {
    batch.destroy()
    await serving.stop()
  }
}

async function timed(serving: Serving, path: string, query: Query): Promise<{ ms: number; cpuMs: number }> {
  const all: number[] = []
  const cpuBefore = cpuMs(serving.pid)
  for (let round = 0; round < rounds; round++) {
    const before = performance.now()
    const status = await ask(serving, path, query)
    if (status !== 200) throw new Error(`${path} answered ${status}`)
    all.push(performance.now() - before)
  }
  return { ms: median(all), cpuMs: (cpuMs(serving.pid) - cpuBefore) / rounds }
}

async function untilPrepared(serving: Serving): Promise<void> {
  while ((await ask(serving, '/api/jobs/counts', {})) === 503);
}

async function ask(serving: Serving, path: string, query: Query): Promise<number> {
  const { method, url, headers } = await signRequest(administrator(serving), {
    ...{ method: 'GET', path, query },
    headers: { host: new URL(serving.endpoint).host },
  })
  const answer = await fetch(`${serving.endpoint}${url}`, { method, headers })
  await answer.text()
  return answer.status
}

function fill(file: string, count: number): void {
  const store = openSqliteStore(file)
  const atOnce = 10_000
  for (let from = 0; from < count; from += atOnce) {
    const newJobs = Array.from({ length: Math.min(atOnce, count - from) }, (_, index) => endedJob(from + index + 1))
    store.append({ ...noChanges(), newJobs })
  }
  store.close()
}

function endedJob(seq: number): Job {
  const at = 1_760_000_000_000 + seq * 1000
  const isFailed = seq % 17 === 0
  const ended = { startedAtMs: at, stoppedAtMs: at + 5 + (seq % 10_000) }
  const statusReason = 'Essential container in task exited'
  return {
    jobId: randomUUID(),
    seq,
    spec: {
      ...{ jobName: `bench-${seq % 10}-${seq}`, jobQueue: `q${seq % 5}`, owner: `user${seq % 23}`, createdAtMs: at },
      jobDefinition: `arn:aws:batch:us-west-2:123456789012:job-definition/bench:${1 + (seq % 3)}`,
      workload: {
        kind: 'container',
        properties: {
          ...{ image: 'busybox:local', command: ['sh', '-c', 'echo hello'], volumes: [], mountPoints: [], ulimits: [] },
          resourceRequirements: [
            { type: 'VCPU', value: '1' },
            { type: 'MEMORY', value: '64' },
          ],
        },
      },
      resources: { vcpus: 1, memoryMib: 64, gpus: 0 },
      ...{ parameters: {}, platformCapabilities: [] },
    },
    tags: seq % 3 === 0 ? { run: `r${seq % 1000}`, sample: `s${seq}` } : {},
    state: { status: isFailed ? 'FAILED' : 'SUCCEEDED', statusReason, ...ended },
    attempts: [
      {
        ...{ number: 1, taskId: randomUUID().replaceAll('-', ''), computeEnvironment: 'default', statusReason },
        ...{ instanceId: 'i-0123456789abcdef0', logStreamName: 'bench/default/0', ...ended },
        exitCode: isFailed ? [1, 2, 137][seq % 3]! : 0,
      },
    ],
  }
}

if (import.meta.main) console.log(await measureJobSearches(Number(process.argv[2] ?? 1_000_000)))
