/**
 * DescribeJobs of 100 and a page of ListJobs with 1,000 and with 100,000 finished jobs in the
 * store.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type BatchClient, DescribeJobsCommand, ListJobsCommand } from '@aws-sdk/client-batch'
import type { Job } from '../../src/model/job.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { noChanges } from '../../src/store/store.ts'
import { batchClient } from './jobs.ts'
import { median } from './rounds.ts'
import { serveOpenbatch } from './serving.ts'

const calls = Number(process.env.OPENBATCH_BENCH_READS ?? 60)

export interface ReadRow {
  readonly operation: string
  /** ms, median. */
  readonly few: number
  readonly many: number
  readonly ratio: number
}

export async function measureReads(few = 1_000, many = 100_000): Promise<ReadRow[]> {
  const small = await prepared(few)
  const large = await prepared(many)
  try {
    const operations: [string, (side: Prepared) => Promise<unknown>][] = [
      ['DescribeJobs of 100', ({ batch, ids }) => batch.send(new DescribeJobsCommand({ jobs: sample(ids) }))],
      [
        'ListJobs, a page of 1000 by status',
        ({ batch }) =>
          batch.send(new ListJobsCommand({ jobQueue: 'default', jobStatus: 'SUCCEEDED', maxResults: 1000 })),
      ],
      [
        'ListJobs, a page of 100 by name',
        ({ batch }) =>
          batch.send(
            new ListJobsCommand({ jobQueue: 'default', filters: [{ name: 'JOB_NAME', values: ['bench-7*'] }] }),
          ),
      ],
    ]
    const rows: ReadRow[] = []
    for (const [operation, run] of operations) {
      const [fewMs, manyMs]: [number[], number[]] = [[], []]
      for (let call = 0; call < calls; call++) {
        fewMs.push(await timed(() => run(small)))
        manyMs.push(await timed(() => run(large)))
      }
      rows.push({ operation, few: median(fewMs), many: median(manyMs), ratio: median(manyMs) / median(fewMs) })
    }
    return rows
  } finally {
    await small.stop()
    await large.stop()
  }
}

interface Prepared {
  readonly batch: BatchClient
  readonly ids: readonly string[]
  stop(): Promise<void>
}

/**
 * Lets the server make its directory, stops it, and starts it on a store with that many ended jobs.
 */
async function prepared(count: number): Promise<Prepared> {
  const first = await serveOpenbatch('scripted')
  await first.pause()
  const store = openSqliteStore(join(first.directory, 'openbatch.db'))
  const ids: string[] = []
  for (let from = 0; from < count; from += 1000) {
    const newJobs = Array.from({ length: Math.min(1000, count - from) }, (_, index) => finishedJob(from + index + 1))
    ids.push(...newJobs.map((job) => job.jobId))
    store.append({ ...noChanges(), newJobs })
  }
  store.close()
  const serving = await first.resume()
  const batch = batchClient(serving)
  return {
    batch,
    ids,
    async stop() {
      batch.destroy()
      await serving.stop()
    },
  }
}

function finishedJob(seq: number): Job {
  const at = 1_760_000_000_000 + seq
  return {
    jobId: randomUUID(),
    seq,
    spec: {
      jobName: `bench-${seq % 10}-${seq}`,
      jobQueue: 'default',
      jobDefinition: `arn:aws:batch:us-west-2:123456789012:job-definition/bench:${1 + (seq % 3)}`,
      createdAtMs: at,
      owner: 'admin',
      workload: {
        kind: 'container',
        properties: {
          image: 'busybox:local',
          command: ['sh', '-c', 'echo hello'],
          volumes: [],
          environment: [{ name: 'FAVORITE_COLOR', value: 'blue' }],
          mountPoints: [],
          ulimits: [],
          networkInterfaces: [],
          resourceRequirements: [
            { type: 'VCPU', value: '1' },
            { type: 'MEMORY', value: '64' },
          ],
          secrets: [],
        },
      },
      resources: { vcpus: 1, memoryMib: 64, gpus: 0 },
      parameters: {},
      platformCapabilities: [],
    },
    tags: {},
    state: {
      status: 'SUCCEEDED',
      statusReason: 'Essential container in task exited',
      startedAtMs: at,
      stoppedAtMs: at + 5,
    },
    attempts: [
      {
        number: 1,
        taskId: randomUUID().replaceAll('-', ''),
        computeEnvironment: 'default',
        instanceId: 'i-0123456789abcdef0',
        logStreamName: 'bench/default/0',
        exitCode: 0,
        statusReason: 'Essential container in task exited',
        startedAtMs: at,
        stoppedAtMs: at + 5,
      },
    ],
  }
}

function sample(ids: readonly string[]): string[] {
  const step = Math.floor(ids.length / 100)
  const offset = Math.floor(Math.random() * step)
  return Array.from({ length: 100 }, (_, index) => ids[index * step + offset]!)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now()
  await work()
  return performance.now() - before
}

if (process.argv[1] === import.meta.filename) console.table(await measureReads())
