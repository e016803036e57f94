/**
 * Fair share (docs/aws §9.3): who has used how much of a queue, and whose turn it is. The usage of
 * a share is the vCPUs that it held on average, with recent time counting more: an exponential
 * decay with the policy's shareDecaySeconds as its time constant (AWS publishes no curve; 0 stands
 * for 600 s, as in AWS). Only (usage, time) need be kept. The contribution of running attempts
 * follows from it for any later moment.
 */
import type { FairsharePolicy } from '../../model/generated/batch.ts'
import type { TimeMs } from '../../model/time.ts'

export interface ShareUse {
  /** The decayed vCPU average at `atMs`. */
  average: number
  atMs: TimeMs
  /** The vCPUs that its live attempts hold. */
  vcpus: number
  /** Its jobs from SUBMITTED to RUNNING. Children count one by one once they started. */
  liveJobs: number
}

const defaultDecaySeconds = 600

export function decaySeconds(policy: FairsharePolicy): number {
  return policy.shareDecaySeconds || defaultDecaySeconds
}

/** The average at `now`, if the vCPUs held have not changed since `atMs`. */
export function averageAt({ average, atMs, vcpus }: ShareUse, now: TimeMs, seconds: number): number {
  const kept = Math.exp(-Math.max(0, now - atMs) / (seconds * 1000))
  return average * kept + vcpus * (1 - kept)
}

/**
 * A lower weight gets more, because usage is multiplied by the weight. An identifier has the weight
 * of its own entry, or of its prefix, or 1.
 */
export function weightOf(policy: FairsharePolicy, shareIdentifier: string): number {
  let weights = weightsByPolicy.get(policy)
  if (!weights) {
    weights = weightsIn(policy)
    weightsByPolicy.set(policy, weights)
  }
  const own = weights.exact.get(shareIdentifier)
  return own ?? weights.prefixes.find(({ prefix }) => shareIdentifier.startsWith(prefix))?.weight ?? 1
}

interface Weights {
  readonly exact: ReadonlyMap<string, number>
  /** No two prefixes cover the same identifier. */
  readonly prefixes: readonly { readonly prefix: string; readonly weight: number }[]
}

/** Needed at every pass. A changed policy is a new object. */
const weightsByPolicy = new WeakMap<FairsharePolicy, Weights>()

function weightsIn({ shareDistribution = [] }: FairsharePolicy): Weights {
  const exact = new Map<string, number>()
  const prefixes: { prefix: string; weight: number }[] = []
  for (const { shareIdentifier = '', weightFactor: weight = 1 } of shareDistribution)
    if (shareIdentifier.endsWith('*')) prefixes.push({ prefix: shareIdentifier.slice(0, -1), weight })
    else exact.set(shareIdentifier, weight)
  return { exact, prefixes }
}

/**
 * The lower the score, the sooner its turn. What it holds now counts in addition to its past use.
 * With past use alone, an idle share would take everything that becomes free at once, and give it
 * back just as slowly.
 */
export function scoreOf(
  use: ShareUse | undefined,
  weight: number,
  now: TimeMs,
  seconds: number,
  given: number,
): number {
  if (!use) return given * weight
  return (averageAt(use, now, seconds) + use.vcpus + given) * weight
}

/** A share is active while it has live jobs, and for the decay window after that. */
export function isActive(use: ShareUse, now: TimeMs, seconds: number): boolean {
  return use.liveJobs > 0 || now - use.atMs < seconds * 1000
}

/**
 * The part of a queue's vCPUs that is kept free for inactive shares:
 * (computeReservation/100)^active.
 */
export function reservedFraction(policy: FairsharePolicy, activeShares: number): number {
  const reservation = policy.computeReservation ?? 0
  return reservation === 0 ? 0 : (reservation / 100) ** Math.max(1, activeShares)
}
