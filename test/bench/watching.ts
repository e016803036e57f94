/**
 * Clients that watch `GET /api/events` while jobs end: the server's CPU time with them and without,
 * and how many events each client got.
 *
 *     node test/bench/watching.ts [clients] [jobs]
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { ListJobsCommand, SubmitJobCommand } from '@aws-sdk/client-batch'
import { limits } from '../../src/model/limits.ts'
import { signRequest } from '../support/signed-request.ts'
import { batchClient, register } from './jobs.ts'
import { administrator, type Credentials, cpuMs, root, type Serving, serveOpenbatch } from './serving.ts'

/** Jobs that are submitted at once, and how often: 100 a second. */
const jobsAtOnce = 20
const everyMs = 200

export interface WatchingFigures {
  readonly clients: number
  readonly jobs: number
  /** Jobs that ended, a second, with the clients. */
  readonly jobsPerSecond: number
  /** ms of the server's CPU for a job, from its submission to its end. */
  readonly cpuMsAlone: number
  readonly cpuMsWatched: number
  /** The share of a core that the clients cost at this rate, in percent. */
  readonly corePercent: number
  readonly eventsOfClient: number
}

export async function measureWatching(clients = 50, jobs = 2000): Promise<WatchingFigures> {
  const serving = await serveOpenbatch('scripted', {
    ...{ OPENBATCH_DRIVERS_SCRIPTED_VCPUS: '128', OPENBATCH_DRIVERS_SCRIPTED_MEMORY_MIB: '1000000' },
    OPENBATCH_REQUESTS_CONNECTIONS: '2000',
  })
  const batch = batchClient(serving)
  const open: IncomingMessage[] = []
  try {
    await register(batch, 'none', ['exit 0'])
    const run = async () => {
      const [begin, before] = [performance.now(), cpuMs(serving.pid)]
      for (let round = 1; round <= jobs / jobsAtOnce; round++) {
        await Promise.all(
          Array.from({ length: jobsAtOnce }, () =>
            batch.send(new SubmitJobCommand({ jobName: 'watched', jobQueue: 'default', jobDefinition: 'bench' })),
          ),
        )
        await delay(Math.max(0, begin + round * everyMs - performance.now()))
      }
      for (const jobStatus of ['SUBMITTED', 'RUNNABLE', 'STARTING', 'RUNNING'] as const)
        while ((await batch.send(new ListJobsCommand({ jobQueue: 'default', jobStatus }))).jobSummaryList?.length)
          await delay(everyMs)
      return { cpuMs: cpuMs(serving.pid) - before, seconds: (performance.now() - begin) / 1000 }
    }
    await run()
    const alone = await run()
    let events = 0
    let who: Credentials = administrator(serving)
    for (let client = 0; client < clients; client++) {
      if (client % limits.watchersOfUser === 0) who = addUser(serving, client)
      const response = await watch(serving, who)
      createInterface({ input: response }).on('line', (line) => {
        if (line === 'event: job') events++
      })
      open.push(response)
    }
    const watched = await run()
    return {
      ...{ clients, jobs, jobsPerSecond: jobs / watched.seconds },
      ...{ cpuMsAlone: alone.cpuMs / jobs, cpuMsWatched: watched.cpuMs / jobs },
      corePercent: (100 * (watched.cpuMs - alone.cpuMs)) / 1000 / watched.seconds,
      eventsOfClient: events / clients,
    }
  } finally {
    for (const response of open) response.destroy()
    batch.destroy()
    await serving.stop()
  }
}

async function watch({ endpoint }: Serving, who: Credentials): Promise<IncomingMessage> {
  const host = new URL(endpoint).host
  const signed = await signRequest(who, { method: 'GET', path: '/api/events', headers: { host } })
  const sent = httpRequest(new URL(signed.url as string, endpoint), {
    headers: signed.headers as Record<string, string>,
  })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`the server answered ${response.statusCode}`)
  return response
}

/** One user may watch only so many times. */
function addUser({ directory }: Serving, number: number): Credentials {
  const key = { accessKeyId: `AKIABENCH${String(number).padStart(11, '0')}`, secretAccessKey: 'w'.repeat(40) }
  const keyOptions = ['--access-key-id', key.accessKeyId, '--secret-access-key', key.secretAccessKey]
  execFileSync(join(root, 'bin/openbatch'), ['user', 'add', `w${number}`, ...keyOptions, '--data-dir', directory])
  return key
}

if (import.meta.main) console.log(await measureWatching(Number(process.argv[2] ?? 50), Number(process.argv[3] ?? 2000)))
