/**
 * SubmitJob: resolves the job against its definition and queue as they are now. The job is RUNNABLE
 * at once unless it depends on others.
 */
import { arn } from '../../model/arn.ts'
import type { SubmitJobRequest, SubmitJobResponse } from '../../model/generated/batch.ts'
import { type JobSpec, summaryOf } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { limits } from '../../model/limits.ts'
import { isRefusal, type Refusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import { statusReasons } from '../../model/status-reasons.ts'
import type { TimeMs } from '../../model/time.ts'
import { findConsumableResource } from '../consumable-resource/read.ts'
import { accept, type Command } from '../decision.ts'
import type { Event } from '../events.ts'
import { refuseInQueue } from '../job-definition/host-access.ts'
import { jobDefinitionNotFound, parseJobDefinitionReference } from '../job-definition/reference.ts'
import { jobQueueDisabled, jobQueueNotFound, nameInReference } from '../reference.ts'
import { bytesOfJob } from '../state/held-bytes.ts'
import { policyOf } from '../state/policy-of.ts'
import type { State } from '../state/state.ts'
import { type DependencyOutlook, dependencyOutlook, type EndedJobs, noEndedJobs } from '../submission/depends-on.ts'
import type { QueueTraits } from '../submission/request.ts'
import { resolveSubmission } from '../submission/resolve.ts'
import { membersOf } from '../workload/host-access/host-access.ts'

/**
 * Derived from the call itself, so that a repeat finds the same job. Nothing else about the call
 * need be remembered.
 */
export interface CallIdentity {
  readonly jobId: string
  /** When the job with this id was submitted, if it exists and has left memory. */
  readonly finishedCreatedAtMs: (jobId: string) => TimeMs | undefined
}

export function submitJob(
  request: SubmitJobRequest,
  owner: string,
  identity?: CallIdentity,
  ended: EndedJobs = noEndedJobs,
  mayReachHost = true,
): Command<SubmitJobResponse> {
  return (state, { now, newId }) => {
    const knownSinceMs = identity && submittedAtMs(state, identity)
    if (knownSinceMs !== undefined && now - knownSinceMs < limits.repeatedCallMs)
      return accept(answerFor(state, identity!.jobId, request.jobName), [])

    const jobQueue = findQueue(state, request.jobQueue)
    if (isRefusal(jobQueue)) return jobQueue
    const definition = findDefinition(state, request.jobDefinition)
    if (isRefusal(definition)) return definition
    const resolved = resolveSubmission(definition.shape, request, {
      queue: traitsOf(state, jobQueue),
      rules: state.rules,
      consumableArn: (nameOrArn) => findConsumableResource(state, nameOrArn)?.arn,
    })
    if (isRefusal(resolved)) return resolved
    const beyond = mayReachHost ? undefined : refuseInQueue(state, membersOf(resolved.spec.workload), jobQueue, owner)
    if (beyond) return beyond
    const outlook = dependencyOutlook(state, request.dependsOn ?? [], request.arrayProperties?.size, ended)
    if (isRefusal(outlook)) return outlook
    const crowd = checkActiveShares(state, jobQueue.name, resolved.spec.shareIdentifier)
    if (crowd) return crowd
    if (state.jobs.size >= limits.liveJobs)
      return refuse(`There are ${limits.liveJobs} unfinished jobs, the most there can be.`)

    const jobId = identity && knownSinceMs === undefined ? identity.jobId : newId()
    const spec: JobSpec = {
      ...{ ...resolved.spec, jobQueue: jobQueue.name, createdAtMs: now, owner },
      ...(mayReachHost ? {} : { confined: true }),
    }
    const bytes = bytesOfJob({ spec, tags: resolved.tags })
    const full = state.liveJobBytes.complain('unfinished jobs', owner, bytes, state.rules.liveJobBytes)
    if (full) return full
    return accept(answerFor(state, jobId, spec.jobName), [
      { type: 'jobSubmitted', jobId, seq: state.nextSeq, spec, tags: resolved.tags },
      ...firstStep(jobId, spec, outlook, now),
    ])
  }
}

/** https://docs.aws.amazon.com/batch/latest/userguide/job_scheduling.html: 500 active share identifiers a queue. */
function checkActiveShares(state: State, jobQueue: string, shareIdentifier: string | undefined): Refusal | undefined {
  const uses = state.shares.get(jobQueue)
  if (shareIdentifier === undefined || !uses || uses.size < limits.activeShares || uses.get(shareIdentifier)?.liveJobs)
    return undefined
  const active = [...uses.values()].filter(({ liveJobs }) => liveJobs > 0).length
  return active < limits.activeShares
    ? undefined
    : refuseWrapped(`Job queue ${jobQueue} has ${active} active share identifiers, the most it may have.`)
}

function firstStep(jobId: string, { arraySize }: JobSpec, outlook: DependencyOutlook, now: TimeMs): Event[] {
  if (outlook.failed) {
    const statusReason = statusReasons.dependencyFailed
    const ofChildren =
      arraySize === undefined
        ? {}
        : { statusSummary: summaryOf({ FAILED: arraySize }), halted: { statusReason, atMs: now } }
    const finished = { status: 'FAILED', statusReason, stoppedAtMs: now, ...ofChildren } as const
    return [{ type: 'jobFinished', jobId, finished }]
  }
  const step: Event = { type: outlook.waits ? 'jobMadePending' : 'jobMadeRunnable', jobId, atMs: now }
  const indexes = outlook.failedChildren
  return indexes.length === 0 ? [step] : [step, { type: 'childDependenciesFailed', jobId, indexes }]
}

function submittedAtMs(state: State, { jobId, finishedCreatedAtMs }: CallIdentity): TimeMs | undefined {
  return state.jobs.get(jobId)?.spec.createdAtMs ?? finishedCreatedAtMs(jobId)
}

function answerFor(state: State, jobId: string, jobName: string): SubmitJobResponse {
  return { jobArn: arn(state.account, 'job', jobId), jobName, jobId }
}

function findQueue(state: State, reference: string): JobQueue | Refusal {
  const name = nameInReference(reference, 'job-queue', state.account)
  const jobQueue = name === undefined ? undefined : state.jobQueues.get(name)
  if (!jobQueue || jobQueue.status === 'DELETING') return jobQueueNotFound(reference)
  if (jobQueue.shape.jobQueueType === 'SAGEMAKER_TRAINING')
    return refuse(`Job queue ${jobQueue.name} is of type SAGEMAKER_TRAINING. Submit jobs to it with SubmitServiceJob.`)
  return jobQueue.state === 'ENABLED' ? jobQueue : jobQueueDisabled(jobQueue.name)
}

function findDefinition(state: State, text: string) {
  const reference = parseJobDefinitionReference(text, state.account)
  if (isRefusal(reference)) return reference
  const { name, revision } = reference
  const { jobDefinitions } = state
  const definition = revision === undefined ? jobDefinitions.newestActive(name) : jobDefinitions.find(name, revision)
  return definition?.status === 'ACTIVE' ? definition : jobDefinitionNotFound(reference)
}

/** A queue's environments are all of one kind, so the first one shows it. */
function traitsOf(state: State, jobQueue: JobQueue): QueueTraits {
  const first = state.computeEnvironments.get(jobQueue.computeEnvironments[0] ?? '')
  const fairShare = policyOf(state, jobQueue)?.shape.fairsharePolicy !== undefined
  const platform = first?.fargate ? 'FARGATE' : first?.shape.eksConfiguration ? 'EKS' : 'EC2'
  return { platform, fairShare }
}
