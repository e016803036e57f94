/**
 * A job as DescribeJobs and ListJobs show it (docs/aws §2.3, §2.4). Members that are not set are
 * omitted, never null.
 */

import { arn } from '../../model/arn.ts'
import type {
  AttemptDetail,
  ContainerDetail,
  JobDetail,
  JobSummary,
  PlatformCapability,
} from '../../model/generated/batch.ts'
import { type EndedAttempt, type Job, liveAttempt } from '../../model/job.ts'
import { logDestination } from '../../model/log-destination.ts'
import type { Explainer } from '../explain/explain.ts'
import { waitText } from '../explain/wait-reason.ts'
import { childrenOf } from '../state/children.ts'
import type { State } from '../state/state.ts'
import { summary } from './array-end.ts'
import { namedJob } from './named-job.ts'
import { ecsAttempt, ecsDetail, eksAttempt, eksDetail } from './read-parts.ts'
import { placeDetail } from './read-place.ts'
import { stopText } from './stop-text.ts'

/** What is needed to render an answer about several jobs. */
export interface View {
  readonly state: State
  readonly explainer: Pick<Explainer, 'explain'>
}

/** AWS's model requires `startedAt`, and AWS omits it for jobs that never ran. */
export function jobDetail(job: Job, view: View): JobDetail {
  const { spec } = job
  const { account } = view.state
  const pod = spec.workload.kind === 'pod' ? spec.workload : undefined
  const times = timesOf(job)
  const statusReason = statusReasonOf(job, view)
  const detail: Omit<JobDetail, 'startedAt'> & { startedAt?: number } = {
    jobArn: arn(account, 'job', job.jobId),
    jobName: spec.jobName,
    jobId: job.jobId,
    jobQueue: arn(account, 'job-queue', spec.jobQueue),
    status: job.state.status,
    attempts: pod ? [] : job.attempts.map((attempt) => attemptDetail(job, attempt, view)),
    ...(statusReason === undefined ? {} : { statusReason }),
    createdAt: spec.createdAtMs,
    ...(spec.retryStrategy ? { retryStrategy: spec.retryStrategy } : {}),
    ...times,
    dependsOn: [...(spec.dependsOn ?? [])],
    jobDefinition: spec.jobDefinition,
    parameters: { ...spec.parameters },
    ...kindDetail(job, view),
    ...arrayDetail(job),
    ...(job.node ? { nodeDetails: { nodeIndex: job.node.index, isMainNode: job.node.isMain } } : {}),
    ...(spec.consumableResourceProperties ? { consumableResourceProperties: spec.consumableResourceProperties } : {}),
    ...(spec.timeoutSeconds === undefined ? {} : { timeout: { attemptDurationSeconds: spec.timeoutSeconds } }),
    tags: { ...job.tags },
    ...(spec.propagateTags === undefined ? {} : { propagateTags: spec.propagateTags }),
    ...(spec.shareIdentifier === undefined ? {} : { shareIdentifier: spec.shareIdentifier }),
    ...(spec.schedulingPriority === undefined ? {} : { schedulingPriority: spec.schedulingPriority }),
    platformCapabilities: [...spec.platformCapabilities] as PlatformCapability[],
    eksAttempts: pod ? job.attempts.map((attempt) => eksAttempt(job, pod, attempt)) : [],
    ...(job.isCancelled ? { isCancelled: true } : {}),
    ...(job.isTerminated ? { isTerminated: true } : {}),
  }
  return detail as JobDetail
}

export function jobSummary(job: Job, view: View): JobSummary {
  const last = job.attempts.at(-1)
  const statusReason = statusReasonOf(job, view)
  const ended = job.state.status === 'SUCCEEDED' || job.state.status === 'FAILED'
  const outcome =
    ended && last
      ? {
          ...(last.exitCode === undefined ? {} : { exitCode: last.exitCode }),
          ...(last.reason === undefined ? {} : { reason: last.reason }),
        }
      : {}
  return {
    jobArn: arn(view.state.account, 'job', job.jobId),
    jobId: job.jobId,
    jobName: job.spec.jobName,
    createdAt: job.spec.createdAtMs,
    status: job.state.status,
    ...(statusReason === undefined ? {} : { statusReason }),
    ...timesOf(job),
    ...(Object.keys(outcome).length > 0 ? { container: outcome } : {}),
    ...(job.arrayIndex !== undefined
      ? { arrayProperties: { index: job.arrayIndex } }
      : job.spec.arraySize !== undefined
        ? { arrayProperties: { size: job.spec.arraySize, ...(arrayDetail(job).arrayProperties ?? {}) } }
        : {}),
    ...nodeSummary(job),
    ...(job.spec.shareIdentifier === undefined ? {} : { shareIdentifier: job.spec.shareIdentifier }),
    jobDefinition: job.spec.jobDefinition,
    ...(job.isCancelled ? { isCancelled: true } : {}),
    ...(job.isTerminated ? { isTerminated: true } : {}),
  }
}

function statusReasonOf(job: Job, view: View): string | undefined {
  const { state } = job
  if (state.status === 'SUCCEEDED' || state.status === 'FAILED') return state.statusReason
  const stopped = stopText(job)
  // Preparations differ: an engine may have to pull an image, and a plain process has none.
  if (state.status === 'STARTING') {
    const { driver, hostName } = state.attempt
    return stopped ?? `Starting: the ${driver} driver is making it ready on ${hostName}.`
  }
  const reason = view.explainer.explain(job)
  const waits = reason && waitText(reason, (jobId) => namedJob(view.state, jobId))
  return waits && stopped ? `${waits} ${stopped}` : (waits ?? stopped)
}

/** After a retry, the newest attempt's start replaces the older one's (docs/aws §2.2). */
function timesOf(job: Job): { startedAt?: number; stoppedAt?: number } {
  const { state } = job
  const startedAt = 'startedAtMs' in state ? state.startedAtMs : job.attempts.at(-1)?.startedAtMs
  return {
    ...(startedAt === undefined ? {} : { startedAt }),
    ...('stoppedAtMs' in state ? { stoppedAt: state.stoppedAtMs } : {}),
  }
}

/** The members that only a run adds: from the live attempt, or from the last ended one. */
function runDetail(job: Job, container: ContainerDetail, view: View): Partial<ContainerDetail> {
  const live = liveAttempt(job)
  if (live) {
    const log =
      job.state.status === 'RUNNING' ? logDestination(container, job.spec.jobDefinition, live.taskId) : undefined
    return { ...placeDetail(live, view.state), ...(log ? { logStreamName: log.stream } : {}) }
  }
  const last = job.attempts.at(-1)
  return last ? outcomeDetail(last, view) : {}
}

/**
 * The workload, in the member for the job's kind. AWS leaves `container` empty for tasks of several
 * containers.
 */
function kindDetail(job: Job, view: View): Partial<JobDetail> {
  const { workload } = job.spec
  const latest = liveAttempt(job) ?? job.attempts.at(-1)
  switch (workload.kind) {
    case 'container':
      return { container: { ...workload.properties, ...runDetail(job, workload.properties, view) } }
    case 'ecsTask':
      return { container: {}, ecsProperties: ecsDetail(job, workload, latest, view.state) }
    case 'pod':
      return { eksProperties: eksDetail(job, workload, latest) }
    case 'multiNode':
      return { nodeProperties: workload.properties }
  }
}

function nodeSummary({ node, spec }: Job): Pick<JobSummary, 'nodeProperties'> {
  if (node) return { nodeProperties: { isMainNode: node.isMain, numNodes: node.numNodes, nodeIndex: node.index } }
  const { workload } = spec
  return workload.kind === 'multiNode' ? { nodeProperties: { numNodes: workload.properties.numNodes } } : {}
}

function attemptDetail(job: Job, attempt: EndedAttempt, view: View): AttemptDetail {
  if (job.spec.workload.kind === 'ecsTask') return ecsAttempt(job, attempt, view.state)
  return {
    container: { ...outcomeDetail(attempt, view), networkInterfaces: [] },
    ...(attempt.startedAtMs === undefined ? {} : { startedAt: attempt.startedAtMs }),
    stoppedAt: attempt.stoppedAtMs,
    statusReason: attempt.statusReason,
  }
}

function outcomeDetail(attempt: EndedAttempt, view: View) {
  return {
    ...placeDetail(attempt, view.state),
    ...(attempt.exitCode === undefined ? {} : { exitCode: attempt.exitCode }),
    ...(attempt.reason === undefined ? {} : { reason: attempt.reason }),
    ...(attempt.logStreamName === undefined ? {} : { logStreamName: attempt.logStreamName }),
  }
}

function arrayDetail(job: Job): Pick<JobDetail, 'arrayProperties'> {
  if (job.arrayIndex !== undefined) return { arrayProperties: { statusSummary: {}, index: job.arrayIndex } }
  const size = job.spec.arraySize
  if (size === undefined) return {}
  const { state } = job
  const children = childrenOf(job)
  if (children)
    return {
      arrayProperties: {
        size,
        statusSummary: summary(children.counts),
        statusSummaryLastUpdatedAt: children.updatedAtMs,
      },
    }
  if ((state.status === 'SUCCEEDED' || state.status === 'FAILED') && state.statusSummary)
    return {
      arrayProperties: {
        size,
        statusSummary: { ...state.statusSummary },
        statusSummaryLastUpdatedAt: state.stoppedAtMs,
      },
    }
  return { arrayProperties: { size, statusSummary: {} } }
}
