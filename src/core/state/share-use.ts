import { entry } from '../../ground/map-entry.ts'
import type { Job } from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import type { TimeMs } from '../../model/time.ts'
import { averageAt, decaySeconds, isActive, type ShareUse } from './shares.ts'
import type { State } from './state.ts'

/** What each share of a queue has used. */

/**
 * Called when a share's attempts hold more or less, or a job of it came or ended. Writes its use
 * down as of that moment.
 */
export function touchShare(state: State, job: Job, atMs: TimeMs, change: { vcpus?: number; liveJobs?: number }): void {
  const { shareIdentifier, jobQueue } = job.spec
  if (shareIdentifier === undefined) return
  const policyArn = state.jobQueues.get(jobQueue)?.shape.schedulingPolicyArn ?? ''
  const policy = state.schedulingPolicies.get(policyArn)?.shape.fairsharePolicy ?? {}
  const seconds = decaySeconds(policy)
  const uses = entry(state.shares, jobQueue, () => new Map<string, ShareUse>())
  if (uses.size >= sharesRemembered && !uses.has(shareIdentifier)) forgetIdleShares(uses, atMs, seconds)
  const use = entry(uses, shareIdentifier, () => ({ average: 0, atMs, vcpus: 0, liveJobs: 0 }))
  // The more shares are active, the less is kept for inactive ones.
  if (policy.computeReservation && change.liveJobs === 1 && use.liveJobs === 0) state.schedulingDue = true
  use.average = averageAt(use, atMs, seconds)
  use.atMs = Math.max(use.atMs, atMs)
  use.vcpus += change.vcpus ?? 0
  use.liveJobs += change.liveJobs ?? 0
}

/**
 * How many shares of one queue are remembered. Beyond this, shares are forgotten that have no jobs
 * and next to no use left.
 */
const sharesRemembered = 2 * limits.activeShares

function forgetIdleShares(uses: Map<string, ShareUse>, now: TimeMs, seconds: number): void {
  for (const [shareIdentifier, use] of uses)
    if (use.liveJobs === 0 && !isActive(use, now, seconds) && averageAt(use, now, seconds) < 0.01)
      uses.delete(shareIdentifier)
}
