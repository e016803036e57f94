/** Builds the state that a server starts with, from the content of its store. */
import type { AccountResource } from '../model/account-resource.ts'
import type { Account } from '../model/arn.ts'
import type { ComputeEnvironment } from '../model/compute-environment.ts'
import { isTerminal, type Job, liveAttempt } from '../model/job.ts'
import type { JobQueue } from '../model/job-queue.ts'
import { spotOf } from '../model/spot-environment.ts'
import type { TimeMs } from '../model/time.ts'
import { book, noteLeaving } from './state/bookings.ts'
import { beginWaiting, releaseChildren } from './state/dependencies.ts'
import type { DefinitionSource } from './state/job-definitions.ts'
import { enqueue, waitsForPlace } from './state/lines.ts'
import { countBytes, countLive } from './state/live-jobs.ts'
import type { ShareUse } from './state/shares.ts'
import { emptyState, type Rules, resourcesOfKind, type State } from './state/state.ts'

/** How much a share used of its queue; see state/shares.ts. */
export interface StoredShareUse {
  readonly jobQueue: string
  readonly shareIdentifier: string
  readonly average: number
  readonly atMs: TimeMs
}

export interface Stored {
  readonly jobs: readonly Job[]
  /** The bytes of JSON that each user's definitions use. */
  readonly definitionBytes: ReadonlyMap<string, number>
  readonly jobQueues: readonly JobQueue[]
  readonly computeEnvironments: readonly ComputeEnvironment[]
  readonly resources: readonly AccountResource[]
  readonly shareUses: readonly StoredShareUse[]
  readonly nextSeq: number
}

export function restore(
  account: Account,
  defaultDriver: string,
  stored: Stored,
  rules?: Rules,
  definitions?: DefinitionSource,
): State {
  const state = emptyState(account, defaultDriver, rules, definitions)
  state.nextSeq = stored.nextSeq
  for (const [owner, bytes] of stored.definitionBytes) state.jobDefinitions.held.add(owner, bytes)
  // Environments from before spot existed do not say whether they are spot.
  for (const environment of stored.computeEnvironments)
    state.computeEnvironments.set(environment.name, { ...environment, ...spotOf(environment.shape.computeResources) })
  for (const queue of stored.jobQueues) state.jobQueues.set(queue.name, queue)
  for (const resource of stored.resources) resourcesOfKind(state, resource.kind).set(resource.arn, resource)
  for (const { jobQueue, shareIdentifier, average, atMs } of stored.shareUses) {
    const uses = state.shares.get(jobQueue) ?? new Map<string, ShareUse>()
    state.shares.set(jobQueue, uses.set(shareIdentifier, { average, atMs, vcpus: 0, liveJobs: 0 }))
  }
  for (const job of stored.jobs) restoreJob(state, job)
  for (const job of state.jobs.values())
    if (job.spec.dependsOn && job.arrayIndex === undefined) beginWaiting(state, job)
  for (const job of state.jobs.values()) restoreWaiting(state, job)
  for (const job of state.jobs.values()) if (waitsForPlace(job)) enqueue(state, job)
  state.schedulingDue = true
  return state
}

/**
 * A share's past use is stored. What it holds and how many jobs it has follows from the live jobs.
 */
function countInShare(state: State, job: Job): void {
  const { shareIdentifier, jobQueue } = job.spec
  if (shareIdentifier === undefined) return
  const uses = state.shares.get(jobQueue) ?? new Map<string, ShareUse>()
  state.shares.set(jobQueue, uses)
  const use = uses.get(shareIdentifier) ?? { average: 0, atMs: job.spec.createdAtMs, vcpus: 0, liveJobs: 0 }
  uses.set(shareIdentifier, use)
  use.liveJobs++
  if (liveAttempt(job)) use.vcpus += job.spec.resources.vcpus
}

/** Which children may start is not stored: it follows from the live jobs. */
function restoreWaiting(state: State, job: Job): void {
  if (job.state.status !== 'PENDING') return
  const { children } = job.state
  if (children) releaseChildren(state, job, children.statuses.keys(), children.updatedAtMs)
  if (!children && !state.awaited.has(job.jobId)) state.dueAfterEnds.set(job.jobId, 'met')
}

function restoreJob(state: State, stored: Job): void {
  // An array's children share one spec object, as when they were spawned.
  const parent =
    stored.arrayIndex === undefined ? undefined : state.jobs.get(stored.jobId.slice(0, stored.jobId.lastIndexOf(':')))
  const job: Job = parent ? { ...stored, spec: parent.spec } : stored
  if (isTerminal(job.state.status)) throw new Error(`${job.jobId} is ${job.state.status}, and not a live job`)
  state.jobs.set(job.jobId, job)
  countLive(state, job.spec.jobQueue, 1)
  countBytes(state, job, 1)
  countInShare(state, job)
  const attempt = liveAttempt(job)
  if (!attempt) return
  book(state, job, attempt, 1)
  const { state: current } = job
  if ((current.status === 'STARTING' || current.status === 'RUNNING') && current.stopping)
    noteLeaving(state, job, attempt, current.stopping)
}
