/** A job as a row of an answer. */
import { jobSummary, type View } from '../../../../core/job/read.ts'
import { childrenOf } from '../../../../core/state/children.ts'
import { parseArn } from '../../../../model/arn.ts'
import { isTerminal, type Job, jobStatuses, liveAttempt } from '../../../../model/job.ts'
import type { JobRowAnswer, StatusCountsAnswer } from '../../../../wire/jobs.ts'

export function jobRow(job: Job, view: View): JobRowAnswer {
  const { spec, state } = job
  const { statusReason, startedAt, stoppedAt } = jobSummary(job, view)
  const exitCode = isTerminal(state.status) ? job.attempts.at(-1)?.exitCode : undefined
  return {
    ...{ jobId: job.jobId, jobName: spec.jobName, jobQueue: spec.jobQueue, user: spec.owner, status: state.status },
    ...(statusReason !== undefined && { statusReason }),
    ...{ jobDefinition: parseArn(spec.jobDefinition)?.name ?? spec.jobDefinition, createdAtMs: spec.createdAtMs },
    ...(startedAt !== undefined && { startedAtMs: startedAt }),
    ...(stoppedAt !== undefined && { stoppedAtMs: stoppedAt }),
    ...(exitCode !== undefined && { exitCode }),
    attempts: job.attempts.length + (liveAttempt(job) ? 1 : 0),
    ...(job.arrayIndex !== undefined
      ? { arrayIndex: job.arrayIndex }
      : spec.arraySize !== undefined && { arraySize: spec.arraySize, children: childCounts(job) }),
    ...(spec.shareIdentifier !== undefined && { shareIdentifier: spec.shareIdentifier }),
    tags: job.tags,
  }
}

export function childCounts(job: Job): StatusCountsAnswer {
  const children = childrenOf(job)
  if (children) return statusCounts(children.counts)
  const summary = 'statusSummary' in job.state ? job.state.statusSummary : undefined
  return statusCounts(jobStatuses.map((status) => summary?.[status] ?? 0))
}

/** From counts by index into `jobStatuses`. */
export function statusCounts(counts: readonly number[]): StatusCountsAnswer {
  return Object.fromEntries(
    jobStatuses.flatMap((status, code) => (counts[code]! > 0 ? [[status, counts[code]!] as const] : [])),
  )
}
