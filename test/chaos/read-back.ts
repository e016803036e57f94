/** Everything the server says of the jobs, once they have ended: lists, descriptions and logs. */
import {
  type BatchClient,
  DescribeJobsCommand,
  type JobDetail,
  type JobStatus,
  ListJobsCommand,
} from '@aws-sdk/client-batch'
import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Acknowledged, JobView, Observed } from './checker.ts'

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
  ])
  const jobs = new Map<string, JobView>()
  for (let from = 0; from < ids.length; from += describedAtOnce) {
    const page = await batch.send(new DescribeJobsCommand({ jobs: ids.slice(from, from + describedAtOnce) }))
    for (const job of page.jobs ?? []) jobs.set(job.jobId!, viewOf(job))
  }
  return jobs
}

function viewOf(job: JobDetail): JobView {
  return {
    jobId: job.jobId!,
    status: job.status!,
    statusReason: job.statusReason,
    attempts: (job.attempts ?? []).map(({ container, statusReason, startedAt, stoppedAt }) => ({
      ...{ exitCode: container?.exitCode, logStreamName: container?.logStreamName },
      ...{ statusReason, startedAt, stoppedAt },
    })),
    statusSummary: job.arrayProperties?.statusSummary,
  }
}

export async function readLogs(logs: CloudWatchLogsClient, jobs: Iterable<JobView>): Promise<Map<string, string[]>> {
  const read = new Map<string, string[]>()
  const streams = [...jobs].flatMap((job) => job.attempts.flatMap(({ logStreamName }) => logStreamName ?? []))
  const readOn = async () => {
    for (let stream = streams.pop(); stream !== undefined; stream = streams.pop())
      read.set(stream, await readStream(logs, stream))
  }
  await Promise.all(Array.from({ length: logsAtOnce }, readOn))
  return read
}

/** A stream without a line does not exist. */
export async function readStream(logs: CloudWatchLogsClient, logStreamName: string): Promise<string[]> {
  const messages: string[] = []
  let nextToken: string | undefined
  try {
    for (;;) {
      const query = { logGroupName: logGroup, logStreamName, startFromHead: true, nextToken }
      const page = await logs.send(new GetLogEventsCommand(query))
      messages.push(...(page.events ?? []).map((event) => event.message!))
      if (page.nextForwardToken === nextToken) return messages
      nextToken = page.nextForwardToken
    }
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return messages
    throw error
  }
}
