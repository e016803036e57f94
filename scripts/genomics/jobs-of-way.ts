/** What the server tells of the jobs of one way: how many there are, and which attempts the step with too little memory had. */
import {
  type BatchClient,
  DescribeJobsCommand,
  type JobDetail,
  JobStatus,
  ListJobsCommand,
} from '@aws-sdk/client-batch'

const statuses = Object.values(JobStatus)

/** `20 SUCCEEDED, 1 RUNNING`, of jobs and children of arrays. Empty while there are none. */
export function countsOf(jobs: readonly JobDetail[]): string {
  const counts = new Map<string, number>()
  const add = (status: string, count: number) => counts.set(status, (counts.get(status) ?? 0) + count)
  for (const { status, arrayProperties } of jobs) {
    if (!arrayProperties?.size) add(status!, 1)
    else for (const [of, count] of Object.entries(arrayProperties.statusSummary ?? {})) add(of, count)
  }
  return statuses
    .filter((status) => counts.get(status))
    .map((status) => `${counts.get(status)} ${status}`)
    .join(', ')
}

/** Jobs, not the children of arrays, in the order of their submission. */
export async function jobsSince(batch: BatchClient, sinceMs: number): Promise<JobDetail[]> {
  const ids = new Set<string>()
  // From the last status to the first, so that a job that goes on meanwhile is not missed.
  for (const jobStatus of statuses.toReversed()) {
    let nextToken: string | undefined
    do {
      const page = await batch.send(new ListJobsCommand({ jobQueue: 'default', jobStatus, nextToken }))
      for (const { jobId } of page.jobSummaryList ?? []) ids.add(jobId!)
      nextToken = page.nextToken
    } while (nextToken)
  }
  const all = [...ids]
  const details: JobDetail[] = []
  for (let at = 0; at < all.length; at += 100) {
    const { jobs = [] } = await batch.send(new DescribeJobsCommand({ jobs: all.slice(at, at + 100) }))
    details.push(...jobs.filter(({ createdAt = 0 }) => createdAt >= sinceMs))
  }
  return details.sort((a, b) => a.createdAt! - b.createdAt!)
}

/** Why jobs failed, each reason once. */
export function reasonsOf(jobs: readonly JobDetail[]): string[] {
  const failed = jobs.filter(({ status }) => status === 'FAILED')
  return [
    ...new Set(failed.map(({ statusReason, container }) => `${statusReason}: ${container?.reason ?? 'no reason'}`)),
  ]
}

/** A job of the step that counts k-mers. */
export interface Try {
  readonly memoryMib: number
  readonly status: string
  readonly exitCode: number | undefined
  readonly reason: string
}

export function triesOf(jobs: readonly JobDetail[]): Try[] {
  return jobs
    .filter(({ jobName, startedAt }) => /kmers/.test(jobName!) && startedAt !== undefined)
    .map(({ status, statusReason, container }) => ({
      memoryMib: Number(container?.resourceRequirements?.find(({ type }) => type === 'MEMORY')?.value),
      status: status!,
      exitCode: container?.exitCode,
      reason: container?.reason ?? statusReason ?? '',
    }))
}

/** The last try succeeded with more memory than one before, which had run out of it. */
export function isRetriedWithMore(tries: readonly Try[]): boolean {
  const last = tries.at(-1)
  return (
    last?.status === 'SUCCEEDED' &&
    tries.some(({ memoryMib, reason }) => reason.startsWith('OutOfMemoryError') && memoryMib < last.memoryMib)
  )
}
