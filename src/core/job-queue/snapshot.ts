/**
 * The first RUNNABLE jobs of a job queue, and what the queue's jobs use now.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_GetJobQueueSnapshot.html
 */
import { arn } from '../../model/arn.ts'
import type { GetJobQueueSnapshotResponse, QueueSnapshotUtilizationDetail } from '../../model/generated/batch.ts'
import type { Job } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { limits } from '../../model/limits.ts'
import { noResources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { childrenOf } from '../state/children.ts'
import { policyOf } from '../state/policy-of.ts'
import { decaySeconds, isActive } from '../state/shares.ts'
import type { State } from '../state/state.ts'
import { firstRunnable } from './front.ts'

export function jobQueueSnapshot(state: State, jobQueue: JobQueue, now: TimeMs): GetJobQueueSnapshotResponse {
  const front = firstRunnable(state, jobQueue, now, limits.frontOfQueue)
  const { vcpus } = state.takenByQueue.get(jobQueue.name) ?? noResources
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
      ...fairshareUtilization(state, jobQueue, now),
      lastUpdatedAt: now,
    },
  }
}

function fairshareUtilization(
  state: State,
  jobQueue: JobQueue,
  now: TimeMs,
): Pick<QueueSnapshotUtilizationDetail, 'fairshareUtilization'> {
  const policy = policyOf(state, jobQueue)?.shape.fairsharePolicy
  if (!policy) return {}
  const uses = [...(state.shares.get(jobQueue.name) ?? [])]
  const active = uses.filter(([, use]) => isActive(use, now, decaySeconds(policy)))
  const top = active.sort(([, a], [, b]) => b.vcpus - a.vcpus).slice(0, limits.sharesShown)
  return {
    fairshareUtilization: {
      activeShareCount: active.length,
      topCapacityUtilization: top.map(([shareIdentifier, { vcpus }]) => ({
        shareIdentifier,
        capacityUsage: [{ capacityUnit: 'VCPU', quantity: vcpus }],
      })),
    },
  }
}

/**
 * A job does not record when it moves up, so it may have been at its place since it became
 * RUNNABLE.
 */
function runnableSinceMs(job: Job): TimeMs {
  return job.state.status === 'RUNNABLE' ? job.state.sinceMs : (childrenOf(job)?.updatedAtMs ?? job.spec.createdAtMs)
}
