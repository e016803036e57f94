/**
 * What log searches cost other users: DescribeJobs while many FilterLogEvents run at once, and the
 * server's memory meanwhile.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DescribeJobsCommand } from '@aws-sdk/client-batch'
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { openFileLogStore } from '../../src/logs/file/file-log-store.ts'
import { isRefusal } from '../../src/model/refusal.ts'
import { batchClient } from './jobs.ts'
import { administrator, type Serving, serveOpenbatch } from './serving.ts'

const logGroupName = '/aws/batch/job'
const streamBytes = 1_048_576
const linesAtOnce = 1000

export interface SearchFigures {
  /** ms, the 99th of 100 calls. */
  readonly aloneMs: number
  readonly meanwhileMs: number
  /** DescribeJobs calls that were answered during the searches. */
  readonly calls: number
  /** MiB that the server's resident memory grew by at most. */
  readonly grownMib: number
  readonly seconds: number
}

/** Runs `searches` at once over `mib` of log, each to the end of its first answer. */
export async function measureSearches(searches = 200, mib = 95): Promise<SearchFigures> {
  // In a bounded heap garbage counts for little.
  const first = await serveOpenbatch('scripted', { NODE_OPTIONS: '--max-old-space-size=256' })
  await first.pause()
  await writeLogs(join(first.directory, 'logs'), mib)
  const serving = await first.resume()
  const batch = batchClient(serving)
  const logs = new CloudWatchLogsClient({
    endpoint: serving.endpoint,
    region: 'us-west-2',
    credentials: administrator(serving),
    // The usual bound of 50 connections would form a line of its own.
    requestHandler: { httpAgent: { maxSockets: searches } },
  })
  try {
    const describe = async () => {
      const before = performance.now()
      await batch.send(new DescribeJobsCommand({ jobs: ['none'] }))
      return performance.now() - before
    }
    const alone: number[] = []
    for (let call = 0; call < 300; call++) alone.push(await describe())
    const restMib = residentMib(serving)
    let mostMib = restMib
    let under = searches
    const begin = performance.now()
    const all = Promise.all(
      Array.from({ length: searches }, async (_, index) => {
        await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern: `needle${index}` }))
        under--
      }),
    )
    const meanwhile: number[] = []
    while (under > 0) {
      meanwhile.push(await describe())
      mostMib = Math.max(mostMib, residentMib(serving))
    }
    await all
    return {
      aloneMs: percentile99(alone),
      meanwhileMs: percentile99(meanwhile),
      calls: meanwhile.length,
      grownMib: mostMib - restMib,
      seconds: (performance.now() - begin) / 1000,
    }
  } finally {
    logs.destroy()
    batch.destroy()
    await serving.stop()
  }
}

async function writeLogs(directory: string, mib: number): Promise<void> {
  const store = await openFileLogStore({ directory })
  for (let index = 0; index < mib; index++) {
    const writer = await store.openWriter({ group: logGroupName, stream: `bench/${index}`, capBytes: 2 * streamBytes })
    if (isRefusal(writer)) throw new Error(writer.message)
    let at = index
    for (let written = 0; written < streamBytes; ) {
      const lines = Array.from({ length: linesAtOnce }, () => {
        const message = `${at} the quick brown fox jumps over the lazy dog, and over the next one, and again`
        written += message.length
        return { atMs: 1_760_000_000_000 + at, message, cursor: String(at++) }
      })
      await writer.append(lines)
    }
    await writer.finish()
  }
  await store.close()
}

function residentMib({ pid }: Serving): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kib) / 1024
}

export function percentile99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? Number.NaN
}

if (import.meta.main) console.log(await measureSearches(Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 95)))
