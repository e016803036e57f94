/**
 * Everything that the server says about the jobs once they have ended: lists, descriptions and
 * logs.
 */
import {
  type AttemptDetail,
  type BatchClient,
  DescribeConsumableResourceCommand,
  DescribeJobsCommand,
  type EksAttemptDetail,
  type JobDetail,
  type JobStatus,
  ListJobsCommand,
} from '@aws-sdk/client-batch'
import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Acknowledged, AttemptView, ConsumableView, JobView, Observed, PartView } from './checker.ts'
import { type Expected, type ResourceName, resources } from './workload.ts'

const statuses: readonly JobStatus[] = [
  ...(['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING'] as const),
  ...(['RUNNING', 'SUCCEEDED', 'FAILED'] as const),
]
const describedAtOnce = 100
const logsAtOnce = 8
const logGroup = '/aws/batch/job'

export async function listAll(batch: BatchClient): Promise<Observed['listed']> {
  const listed: { jobId: string; jobName: string }[] = []
  for (const jobStatus of statuses) {
    let nextToken: string | undefined
    do {
      const page = await batch.send(new ListJobsCommand({ jobQueue: 'default', jobStatus, nextToken }))
      for (const { jobId, jobName } of page.jobSummaryList ?? []) listed.push({ jobId: jobId!, jobName: jobName! })
      nextToken = page.nextToken
    } while (nextToken)
  }
  return listed
}

export async function describeAll(
  batch: BatchClient,
  acknowledged: readonly Acknowledged[],
): Promise<Map<string, JobView>> {
  const ids = acknowledged.flatMap(({ jobId, expected }) => [
    jobId,
    ...Array.from({ length: expected.children ?? 0 }, (_, index) => `${jobId}:${index}`),
    ...nodesOf(expected).map((node) => `${jobId}#${node}`),
  ])
  const details = new Map<string, JobDetail>()
  for (let from = 0; from < ids.length; from += describedAtOnce) {
    const page = await batch.send(new DescribeJobsCommand({ jobs: ids.slice(from, from + describedAtOnce) }))
    for (const job of page.jobs ?? []) details.set(job.jobId!, job)
  }
  const jobs = new Map<string, JobView>()
  for (const [jobId, job] of details) if (!jobId.includes('#')) jobs.set(jobId, viewOf(job, details))
  return jobs
}

/** The nodes of a multi-node job. */
function nodesOf({ mainPart, parts }: Expected): number[] {
  return mainPart === undefined ? [] : Object.keys(parts).map((part) => Number(/^n([0-9]+)c/.exec(part)![1]))
}

function viewOf(job: JobDetail, details: ReadonlyMap<string, JobDetail>): JobView {
  const attempts = job.eksProperties
    ? (job.eksAttempts ?? []).map((attempt) => attemptView(attempt, podParts(job, attempt)))
    : (job.attempts ?? []).map((attempt, index) =>
        attemptView(attempt, job.nodeProperties ? nodeParts(job, index, details) : partsOf(attempt)),
      )
  return {
    ...{ jobId: job.jobId!, status: job.status!, statusReason: job.statusReason, stoppedAt: job.stoppedAt, attempts },
    statusSummary: job.arrayProperties?.statusSummary,
  }
}

function attemptView(attempt: AttemptDetail & EksAttemptDetail, parts: AttemptView['parts']): AttemptView {
  const { container, statusReason, startedAt, stoppedAt } = attempt
  return { exitCode: container?.exitCode, statusReason, startedAt, stoppedAt, parts }
}

function partsOf({ container, taskProperties = [] }: AttemptDetail): Map<string, PartView> {
  const [task] = taskProperties
  if (task) return new Map((task.containers ?? []).map((one, index) => [`n0c${index}`, partView(one)]))
  return new Map([['', partView(container ?? {})]])
}

function partView({ exitCode, logStreamName }: PartView): PartView {
  return { exitCode, logStreamName }
}

/**
 * AWS reports no streams for pods. Here they are named like those of other jobs, by the id in the
 * pod's name.
 */
function podParts(job: JobDetail, { initContainers = [], containers = [], podName = '' }: EksAttemptDetail) {
  const definition = /job-definition\/([^:]+):/.exec(job.jobDefinition!)![1]
  const id = podName.replace('aws-batch.', '')
  return new Map(
    [...initContainers, ...containers].map(({ name, exitCode }, index) => [
      `n0c${index}`,
      { exitCode, logStreamName: `${definition}/${name}/${id}` },
    ]),
  )
}

function nodeParts(job: JobDetail, index: number, details: ReadonlyMap<string, JobDetail>): Map<string, PartView> {
  const parts = new Map<string, PartView>()
  for (let node = 0; node < (job.nodeProperties?.numNodes ?? 0); node++) {
    const attempt = details.get(`${job.jobId}#${node}`)?.attempts?.[index]
    if (attempt) parts.set(`n${node}c0`, partView(attempt.container ?? {}))
  }
  return parts
}

export async function describeConsumables(batch: BatchClient): Promise<ConsumableView[]> {
  return Promise.all(
    Object.keys(resources).map(async (name) => {
      const found = await batch.send(new DescribeConsumableResourceCommand({ consumableResource: name }))
      const { totalQuantity = -1, inUseQuantity = -1 } = found
      return { name: name as ResourceName, totalQuantity, inUseQuantity }
    }),
  )
}

export async function readLogs(logs: CloudWatchLogsClient, jobs: Iterable<JobView>): Promise<Map<string, string[]>> {
  const read = new Map<string, string[]>()
  const streams = [...jobs].flatMap((job) =>
    job.attempts.flatMap(({ parts }) => [...parts.values()].flatMap(({ logStreamName }) => logStreamName ?? [])),
  )
  const readOn = async () => {
    for (let stream = streams.pop(); stream !== undefined; stream = streams.pop())
      read.set(stream, await readStream(logs, stream))
  }
  await Promise.all(Array.from({ length: logsAtOnce }, readOn))
  return read
}

/** The stream's lines. An event may have several. A stream without lines does not exist. */
export async function readStream(logs: CloudWatchLogsClient, logStreamName: string): Promise<string[]> {
  const lines: string[] = []
  let nextToken: string | undefined
  try {
    for (;;) {
      const query = { logGroupName: logGroup, logStreamName, startFromHead: true, nextToken }
      const page = await logs.send(new GetLogEventsCommand(query))
      lines.push(...(page.events ?? []).flatMap((event) => event.message!.split('\n')))
      if (page.nextForwardToken === nextToken) return lines
      nextToken = page.nextForwardToken
    }
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return lines
    throw error
  }
}
