/**
 * Arrays: what a child costs the server from submission to its end, and how much memory and restart
 * time a million waiting children take.
 */
import { readFileSync } from 'node:fs'
import { type BatchClient, DescribeJobsCommand, SubmitJobCommand } from '@aws-sdk/client-batch'
import { batchClient, register, runArray } from './jobs.ts'
import { serveOpenbatch } from './serving.ts'

export interface ArrayFigures {
  readonly size: number
  /** ms of the server's CPU for each child, from before the submission to the end of the last. */
  readonly cpuMsPerChild: number
  readonly childrenPerSecond: number
  /** How many MiB more the process held afterwards. Includes fluctuations of the heap's size. */
  readonly grownMib: number
}

export interface WaitingFigures {
  readonly children: number
  /** All MiB that the process holds. */
  readonly heldMib: number
  /** Seconds from the start of the process to its first answer. */
  readonly restartSeconds: number
}

const scripted = { OPENBATCH_DRIVERS_SCRIPTED_VCPUS: '128', OPENBATCH_DRIVERS_SCRIPTED_MEMORY_MIB: '1000000' }

/** An array of trivial jobs on the scripted driver, from submission to all SUCCEEDED. */
export async function measureArray(size = 10_000): Promise<ArrayFigures> {
  const serving = await serveOpenbatch('scripted', scripted)
  const batch = batchClient(serving)
  try {
    await register(batch, 'none', ['exit 0'])
    // First runs one array of the same size: caches are then filled and the heap has its size, as
    // in a server that has run for a while.
    await runArray(batch, size)
    const before = { cpuMs: cpuMs(serving.pid), mib: residentMib(serving.pid) }
    const childrenPerSecond = await runArray(batch, size)
    return {
      size,
      cpuMsPerChild: (cpuMs(serving.pid) - before.cpuMs) / size,
      childrenPerSecond,
      grownMib: residentMib(serving.pid) - before.mib,
    }
  } finally {
    batch.destroy()
    await serving.stop()
  }
}

/** Arrays behind a job that never ends: their children wait, and none starts. */
export async function measureWaiting(children = 1_000_000, arraySize = 10_000): Promise<WaitingFigures> {
  let serving = await serveOpenbatch('scripted', { ...scripted, OPENBATCH_DRIVERS_SCRIPTED_VCPUS: '1' })
  let batch = batchClient(serving)
  try {
    await register(batch, 'none', ['wait'])
    const ids: string[] = []
    for (let index = 0; index < children / arraySize; index++) ids.push(await submitArray(batch, arraySize))
    const heldMib = residentMib(serving.pid)
    batch.destroy()
    await serving.pause()
    const startedAt = performance.now()
    serving = await serving.resume()
    batch = batchClient(serving)
    const { jobs } = await batch.send(new DescribeJobsCommand({ jobs: [ids.at(-1)!] }))
    const restartSeconds = (performance.now() - startedAt) / 1000
    if (jobs?.[0]?.arrayProperties?.statusSummary?.RUNNABLE !== arraySize)
      throw new Error('the last array does not wait')
    return { children, heldMib: Math.max(heldMib, residentMib(serving.pid)), restartSeconds }
  } finally {
    batch.destroy()
    await serving.stop()
  }
}

async function submitArray(batch: BatchClient, size: number): Promise<string> {
  const request = { jobName: 'bench', jobQueue: 'default', jobDefinition: 'bench', arrayProperties: { size } }
  return (await batch.send(new SubmitJobCommand(request))).jobId!
}

/** User and system time of the process so far; proc(5), ticks of 10 ms. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function residentMib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
}

if (process.argv[1] === import.meta.filename) {
  console.table([await measureArray()])
  console.table([await measureWaiting()])
}
