/**
 * A crowded server: one host of 10,000 vCPUs, 10,000 jobs running on it, and arrays whose children
 * wait. It measures how long others wait for an answer while all jobs start and while the waiting
 * ones are listed, how long a restart takes, and how long it takes to end an array that is being
 * placed.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads'
import {
  type BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DescribeComputeEnvironmentsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  ListJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch'
import { batchClient, register } from './jobs.ts'
import { median } from './rounds.ts'
import { type ServerPlace, serveOpenbatch } from './serving.ts'

export interface CrowdFigures {
  /** ms, the 99th percentile of DescribeJobs for one job. */
  readonly describeWhileStartingMs: number
  readonly describeWhileListingMs: number
  /** ms, median of the pages of 1,000. */
  readonly pageMs: number
  /** Seconds from the start of the process to its `ready`, and from there to the first answer. */
  readonly readySeconds: number
  readonly firstAnswerSeconds: number
  /** ms from TerminateJob of an array to its answer, while its children are being placed. */
  readonly terminateMs: number
}

interface Listing {
  readonly serving: ServerPlace
  readonly arrayJobId: string
}

const arraySize = 10_000
const jobQueue = 'wide'

export async function measureCrowd(waiting = 1_000_000): Promise<CrowdFigures> {
  let serving = await serveOpenbatch('scripted', {
    OPENBATCH_DRIVERS_SCRIPTED_VCPUS: String(arraySize),
    OPENBATCH_DRIVERS_SCRIPTED_MEMORY_MIB: String(arraySize * 1024),
  })
  let batch = batchClient(serving)
  try {
    await makeWideQueue(batch)
    await register(batch, 'none', ['wait'])
    const first = await submitArray(batch)
    const describeWhileStartingMs = await describeUntil(batch, first, async () => isRunning(batch, first))
    const arrays: string[] = []
    for (let at = 0; at < waiting / arraySize; at++) arrays.push(await submitArray(batch))
    const listed = listInWorker({
      serving: { endpoint: serving.endpoint, directory: serving.directory },
      arrayJobId: arrays[0]!,
    })
    let over = false
    void listed.finally(() => (over = true)).catch(() => undefined)
    const describeWhileListingMs = await describeUntil(batch, first, async () => over)
    const pageMs = median(await listed)

    batch.destroy()
    await serving.pause()
    const startedAt = performance.now()
    serving = await serving.resume()
    const readyAt = performance.now()
    batch = batchClient(serving)
    if (!(await isRunning(batch, first))) throw new Error('not all that ran run on')
    const answeredAt = performance.now()

    await terminate(batch, first)
    while ((await countsOf(batch, arrays[0]!)).RUNNABLE === arraySize) await pause()
    return {
      ...{ describeWhileStartingMs, describeWhileListingMs, pageMs },
      readySeconds: (readyAt - startedAt) / 1000,
      firstAnswerSeconds: (answeredAt - readyAt) / 1000,
      terminateMs: await timed(() => terminate(batch, arrays[0]!)),
    }
  } finally {
    batch.destroy()
    await serving.stop()
  }
}

async function makeWideQueue(batch: BatchClient): Promise<void> {
  await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'wide',
      type: 'MANAGED',
      computeResources: {
        type: 'EC2',
        minvCpus: 0,
        maxvCpus: 2 * arraySize,
        instanceTypes: ['optimal'],
        subnets: ['subnet-0'],
        securityGroupIds: ['sg-0'],
        instanceRole: 'ecsInstanceRole',
      },
    }),
  )
  const environments = new DescribeComputeEnvironmentsCommand({ computeEnvironments: ['wide'] })
  while ((await batch.send(environments)).computeEnvironments?.[0]?.status !== 'VALID') await pause()
  const computeEnvironmentOrder = [{ order: 1, computeEnvironment: 'wide' }]
  await batch.send(new CreateJobQueueCommand({ jobQueueName: jobQueue, priority: 1, computeEnvironmentOrder }))
  const queues = new DescribeJobQueuesCommand({ jobQueues: [jobQueue] })
  while ((await batch.send(queues)).jobQueues?.[0]?.status !== 'VALID') await pause()
}

async function submitArray(batch: BatchClient): Promise<string> {
  const arrayProperties = { size: arraySize }
  const request = { jobName: 'bench', jobQueue, jobDefinition: 'bench', arrayProperties }
  return (await batch.send(new SubmitJobCommand(request))).jobId!
}

function terminate(batch: BatchClient, jobId: string): Promise<unknown> {
  return batch.send(new TerminateJobCommand({ jobId, reason: 'bench' }))
}

async function countsOf(batch: BatchClient, arrayId: string): Promise<Readonly<Record<string, number>>> {
  const { jobs } = await batch.send(new DescribeJobsCommand({ jobs: [arrayId] }))
  return jobs?.[0]?.arrayProperties?.statusSummary ?? {}
}

async function isRunning(batch: BatchClient, arrayId: string): Promise<boolean> {
  return (await countsOf(batch, arrayId)).RUNNING === arraySize
}

/** Describes a child again and again. Returns the 99th percentile of the answers, ms. */
async function describeUntil(batch: BatchClient, arrayId: string, isOver: () => Promise<boolean>): Promise<number> {
  const took: number[] = []
  do {
    const command = new DescribeJobsCommand({ jobs: [`${arrayId}:${took.length % arraySize}`] })
    took.push(await timed(() => batch.send(command)))
  } while (!(await isOver()))
  return took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)]!
}

/**
 * Runs on a thread of its own, so that reading the answers delays nothing here. Returns ms by page.
 */
function listInWorker(listing: Listing): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(import.meta.filename, { workerData: listing })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

async function listWaiting({ serving, arrayJobId }: Listing): Promise<number[]> {
  const batch = batchClient(serving)
  const pages: number[] = []
  let nextToken: string | undefined
  for (let round = 0; round < 3; round++)
    do {
      const command = new ListJobsCommand({ arrayJobId, jobStatus: 'RUNNABLE', maxResults: 1000, nextToken })
      const before = performance.now()
      const answer = await batch.send(command)
      pages.push(performance.now() - before)
      nextToken = answer.nextToken
    } while (nextToken !== undefined)
  batch.destroy()
  return pages
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now()
  await work()
  return performance.now() - before
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}

if (workerData) {
  parentPort!.postMessage(await listWaiting(workerData as Listing))
} else if (process.argv[1] === import.meta.filename) console.table(await measureCrowd())
