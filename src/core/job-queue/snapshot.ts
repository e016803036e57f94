/**
 * The first RUNNABLE jobs of a job queue, and what the queue's jobs use now.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_GetJobQueueSnapshot.html
 */
import { arn } from '../../model/arn.ts'
import type { GetJobQueueSnapshotResponse, QueueSnapshotUtilizationDetail } from '../../model/generated/batch.ts'
import { type Job, liveAttempt } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { limits } from '../../model/limits.ts'
import { noResources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { childrenOf } from '../state/children.ts'
import { policyOf } from '../state/policy-of.ts'
import { decaySeconds, isActive } from '../state/shares.ts'
import type { State } from '../state/state.ts'
import { firstRunnable } from './front.ts'

/** `sees` absent: everybody's jobs. Otherwise the jobs of others and their use are left out. */
export function jobQueueSnapshot(
  state: State,
  jobQueue: JobQueue,
  now: TimeMs,
  sees?: (owner: string) => boolean,
): GetJobQueueSnapshotResponse {
  const front = sees
    ? firstRunnable(state, jobQueue, now, limits.frontLookedAt)
        .filter(({ job }) => sees(job.spec.owner))
        .slice(0, limits.frontOfQueue)
    : firstRunnable(state, jobQueue, now, limits.frontOfQueue)
  const seen = sees && usedBySeen(state, jobQueue, sees)
  const { vcpus } = seen ?? state.takenByQueue.get(jobQueue.name) ?? noResources
  return {
    frontOfQueue: {
      jobs: front.map(({ job, childIndex }) => ({
        jobArn: arn(state.account, 'job', childIndex === undefined ? job.jobId : `${job.jobId}:${childIndex}`),
        earliestTimeAtPosition: runnableSinceMs(job),
      })),
      lastUpdatedAt: now,
    },
    queueUtilization: {
      totalCapacityUsage: [{ capacityUnit: 'VCPU', quantity: vcpus }],
      ...fairshareUtilization(state, jobQueue, seen ? seen.byShare : sharesInUse(state, jobQueue, now)),
      lastUpdatedAt: now,
    },
  }
}

type VcpusByShare = ReadonlyMap<string, number>

function fairshareUtilization(
  state: State,
  jobQueue: JobQueue,
  active: VcpusByShare,
): Pick<QueueSnapshotUtilizationDetail, 'fairshareUtilization'> {
  if (!policyOf(state, jobQueue)?.shape.fairsharePolicy) return {}
  const top = [...active].sort(([, a], [, b]) => b - a).slice(0, limits.sharesShown)
  return {
    fairshareUtilization: {
      activeShareCount: active.size,
      topCapacityUtilization: top.map(([shareIdentifier, quantity]) => ({
        shareIdentifier,
        capacityUsage: [{ capacityUnit: 'VCPU', quantity }],
      })),
    },
  }
}

function sharesInUse(state: State, jobQueue: JobQueue, now: TimeMs): VcpusByShare {
  const policy = policyOf(state, jobQueue)?.shape.fairsharePolicy
  const uses = policy ? [...(state.shares.get(jobQueue.name) ?? [])] : []
  return new Map(
    uses.filter(([, use]) => isActive(use, now, decaySeconds(policy!))).map(([share, { vcpus }]) => [share, vcpus]),
  )
}

/** What live attempts of the seen jobs hold. A share without one is not active. */
function usedBySeen(state: State, jobQueue: JobQueue, sees: (owner: string) => boolean) {
  const byShare = new Map<string, number>()
  let vcpus = 0
  for (const job of state.jobs.values()) {
    const { spec } = job
    if (spec.jobQueue !== jobQueue.name || !liveAttempt(job) || !sees(spec.owner)) continue
    vcpus += spec.resources.vcpus
    const share = spec.shareIdentifier
    if (share !== undefined) byShare.set(share, (byShare.get(share) ?? 0) + spec.resources.vcpus)
  }
  return { vcpus, byShare }
}

/**
 * A job does not record when it moves up, so it may have been at its place since it became
 * RUNNABLE.
 */
function runnableSinceMs(job: Job): TimeMs {
  return job.state.status === 'RUNNABLE' ? job.state.sinceMs : (childrenOf(job)?.updatedAtMs ?? job.spec.createdAtMs)
}
