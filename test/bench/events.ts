/**
 * What events cost: jobs per second from SubmitJob to all SUCCEEDED on the scripted driver, without
 * events, with a file, and with a webhook that answers at once. Also the largest array, cancelled:
 * how long that one call takes, and what its 10,000 events take on disk and to deliver.
 *
 *     npm run build && node test/bench/events.ts [JOBS]
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type BatchClient, CancelJobCommand, SubmitJobCommand } from '@aws-sdk/client-batch'
import { batchClient, register, runArray } from './jobs.ts'
import { cpuMs, type Serving, serveOpenbatch } from './serving.ts'

const jobs = Number(process.argv[2] ?? 3000)
const rounds = 3

/** For each file, how far it was read and how many lines that was. */
const counted = new Map<string, { size: number; lines: number }>()
let received = 0
const receiver = createServer((request, response) => {
  request.resume().on('end', () => {
    received++
    response.writeHead(204).end()
  })
})
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`

const settings: Record<string, Record<string, string>> = {
  'no events': {},
  file: { OPENBATCH_EVENTS_FILE: 'events.jsonl' },
  webhook: { OPENBATCH_EVENTS_WEBHOOKS: JSON.stringify([{ url, concurrency: 8 }]) },
}
const room = { OPENBATCH_DRIVERS_SCRIPTED_VCPUS: '128', OPENBATCH_DRIVERS_SCRIPTED_MEMORY_MIB: '1000000' }

try {
  for (let round = 1; round <= rounds; round++)
    for (const [name, env] of Object.entries(settings)) {
      const serving = await serveOpenbatch('scripted', { ...room, ...env })
      const batch = batchClient(serving)
      await register(batch, 'busybox', ['true'])
      const cpu = cpuMs(serving.pid)
      const before = performance.now()
      const perSecond = await runArray(batch, jobs)
      const delivered = await allDelivered(serving, name, jobs)
      const took = performance.now() - before
      print(
        name,
        round,
        `${perSecond.toFixed(0)} jobs/s, ${(cpuMs(serving.pid) - cpu).toFixed(0)} ms CPU`,
        delivered && `all delivered after ${took.toFixed(0)} ms`,
      )
      if (round === rounds) await cancelLargest(serving, batch, name)
      batch.destroy()
      await serving.stop()
    }
} finally {
  receiver.close()
}

/** Four events for each child, and two for the array. */
async function allDelivered(serving: Serving, name: string, children: number): Promise<boolean> {
  const wanted = children * 4 + 2
  if (name === 'webhook') await until(() => received >= wanted)
  else if (name === 'file') await until(() => lines(serving) >= wanted)
  else return false
  received = 0
  return true
}

async function cancelLargest(serving: Serving, batch: BatchClient, name: string): Promise<void> {
  const overrides = { resourceRequirements: [{ type: 'VCPU' as const, value: '1000' }] }
  const { jobId } = await batch.send(
    new SubmitJobCommand({
      ...{ jobName: 'bench', jobQueue: 'default', jobDefinition: 'bench', containerOverrides: overrides },
      arrayProperties: { size: 10_000 },
    }),
  )
  const linesBefore = name === 'file' ? lines(serving) : 0
  const before = performance.now()
  await batch.send(new CancelJobCommand({ jobId, reason: 'bench' }))
  const took = performance.now() - before
  if (name === 'file') await until(() => lines(serving) >= linesBefore + 10_001)
  if (name === 'webhook') await until(() => received >= 10_001)
  const wal = statSync(join(serving.directory, 'openbatch.db-wal')).size
  const delivered = name !== 'no events' && `its events delivered after ${(performance.now() - before).toFixed(0)} ms`
  print(
    name,
    rounds,
    `10,000 children cancelled in ${took.toFixed(0)} ms, log of the database ${(wal / 2 ** 20).toFixed(0)} MiB`,
    delivered,
  )
}

function lines({ directory }: Serving): number {
  const file = join(directory, 'events.jsonl')
  const known = counted.get(file) ?? { size: 0, lines: 0 }
  try {
    const { size } = statSync(file)
    if (size === known.size) return known.lines
    const text = readSlice(file, known.size, size)
    const now = { size, lines: known.lines + text.split('\n').length - 1 }
    counted.set(file, now)
    return now.lines
  } catch {
    return 0
  }
}

function readSlice(file: string, from: number, to: number): string {
  const buffer = Buffer.alloc(to - from)
  const fd = openSync(file, 'r')
  readSync(fd, buffer, 0, buffer.length, from)
  closeSync(fd)
  return buffer.toString('latin1')
}

async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 20))
}

function print(name: string, round: number, ...texts: (string | false)[]): void {
  console.log([name.padEnd(10), `round ${round}`, ...texts.filter(Boolean)].join('  '))
}
