/**
 * What the server knows between two commands: every live job, every definition, queue and environment, and the hosts the
 * drivers offer. A finished job is not here; it is read from the store. Only `evolve` and `restore` change a state.
 */
import type {
  AccountResource,
  ConsumableResource,
  QuotaShare,
  SchedulingPolicy,
  ServiceEnvironment,
} from '../../model/account-resource.ts'
import type { Account } from '../../model/arn.ts'
import { countOf, nextChild } from '../../model/array-children.ts'
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import { type ArrayChildren, isTerminal, type Job, type LiveAttempt, type StopCause } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { limits } from '../../model/limits.ts'
import { minus, noResources, plus, type Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { type ByteLimits, bytesOf, bytesOfJob, HeldBytes } from './held-bytes.ts'
import { HostIndex } from './host-index.ts'
import { type DefinitionSource, DefinitionsInMemory, JobDefinitions } from './job-definitions.ts'
import type { Reservation } from './reservation.ts'
import { averageAt, decaySeconds, isActive, type ShareUse } from './shares.ts'
import { WaitingLine } from './waiting-line.ts'

export interface State {
  readonly account: Account
  readonly defaultDriver: string
  readonly rules: Rules
  readonly jobs: Map<string, Job>
  readonly jobDefinitions: JobDefinitions
  /** What the live jobs take. */
  readonly liveJobBytes: HeldBytes
  readonly jobQueues: Map<string, JobQueue>
  readonly computeEnvironments: Map<string, ComputeEnvironment>
  /** The four by ARN. */
  readonly schedulingPolicies: Map<string, SchedulingPolicy>
  readonly consumableResources: Map<string, ConsumableResource>
  readonly serviceEnvironments: Map<string, ServiceEnvironment>
  readonly quotaShares: Map<string, QuotaShare>
  readonly drivers: Map<string, DriverState>
  /** What waits in each queue, by queue name. */
  readonly waiting: Map<string, Waiting>
  /** What live attempts take of each compute environment, by name. */
  readonly taken: Map<string, Resources>
  /** What live attempts of each queue take, by queue name. */
  readonly takenByQueue: Map<string, Resources>
  /** How many live attempts each queue and each user has. */
  readonly runningByQueue: Map<string, number>
  readonly runningByOwner: Map<string, number>
  /** What each share has used of each queue that has shares; by queue, then by share identifier. */
  readonly shares: Map<string, Map<string, ShareUse>>
  /** Room that heads of queues keep for themselves; by queue. Only with backfill. */
  readonly reservations: Map<string, Reservation>
  /** Jobs that wait for a reason on which their queue acts after some time, by id. Passing: a restart begins anew. */
  readonly stuck: Map<string, Stuck>
  /** What live attempts hold of each consumable resource, by ARN. */
  readonly locked: Map<string, number>
  /** By a PENDING job's id: the jobs, arrays and single children it still waits for as a whole. */
  readonly awaited: Map<string, Set<string>>
  /** The other way round: by an awaited id, who waits for it. */
  readonly dependants: Map<string, Set<string>>
  /** By the id of a live array: the live arrays whose children wait for its children one by one (N_TO_N). */
  readonly pairedWith: Map<string, Set<string>>
  /** How the children ended of arrays that ended in this transaction: the store does not know it yet. */
  readonly endedArrays: Map<string, ArrayChildren>
  /** What follows from ends that came about and is not decided yet; `followEnds` decides it in the same transaction. */
  readonly dueAfterEnds: Map<string, 'met' | 'failed'>
  /** Live jobs of each queue, by queue name; array children count one by one once they started. */
  readonly liveJobs: Map<string, number>
  nextSeq: number
  /** Something changed that may let a waiting job be placed. */
  schedulingDue: boolean
}

/** Where an operator may go beyond AWS. */
export interface Rules {
  readonly arraySizeMax: number
  readonly dependenciesMax: number
  /** Whether a dependency may be of type AFTER_ANY: met by any end. */
  readonly afterAny: boolean
  /** Whether jobs may pass a head that must wait, where they do not delay it. */
  readonly backfill: boolean
  /** Attempts that one user may have at once; undefined: no limit. */
  readonly runningPerUser?: number | undefined
  /** Attempts that a job gets besides those its retry strategy allows, each because the host of the one before was lost. AWS: none. */
  readonly lostHostRetries?: number
  /** What may be held of job definitions, on disk, and of unfinished jobs, in memory. AWS: no figure. */
  readonly jobDefinitionBytes: ByteLimits
  readonly liveJobBytes: ByteLimits
}

export const rulesOfAws: Rules = {
  arraySizeMax: limits.arraySizeMax,
  dependenciesMax: limits.dependencies,
  afterAny: false,
  backfill: false,
  jobDefinitionBytes: limits.jobDefinitionsBytes,
  liveJobBytes: limits.liveJobsBytes,
}

/** As its queue's `jobStateTimeLimitActions` name the reason. */
export interface Stuck {
  readonly reason: string
  /** By how long this run of the server has been looking. */
  readonly sinceLookedMs: number
}

/** The RUNNABLE jobs of a queue. An array parent stands for all its children that never started. */
export interface Waiting {
  /** By share identifier (empty where the queue has no shares) and, where each user has a limit, by user: see `lineOf`. */
  readonly lines: Map<string, WaitingLine>
  /** Jobs that no host could ever hold: out of the others' way until the capacity itself changes. */
  readonly parked: Set<string>
}

export interface Host {
  readonly hostName: string
  readonly instanceId: string
  readonly capacity: Resources
  /** The machine it is, where other drivers may offer the same one. */
  readonly machine?: string
}

export interface DriverState {
  readonly name: string
  /** `unseen` until the first answer. */
  health:
    | { readonly kind: 'unseen' }
    | { readonly kind: 'healthy' }
    | { readonly kind: 'unreachable'; readonly why: string }
  /** As last seen; kept while the engine is away. */
  hosts: readonly Host[]
  /** Of drivers that offer the same machines it is the same: what runs through one takes of the others' room. See machines.ts. */
  index: HostIndex
  /**
   * Attempts on it may have ended of which nobody has heard yet: the server has just started, or was stopped for a while. What they hold may be free
   * already, and nobody is told to go for it.
   */
  endsUnread: boolean
}

/** Whether two drivers offer the same machines. */
export function shareHosts({ drivers }: State, a: string, b: string): boolean {
  return a === b || (drivers.has(a) && drivers.get(a)!.index === drivers.get(b)?.index)
}

/** Each once, with the drivers that share it. */
export function indexesOf({ drivers }: Pick<State, 'drivers'>): Map<HostIndex, DriverState[]> {
  const indexes = new Map<HostIndex, DriverState[]>()
  for (const driver of drivers.values()) {
    const sharing = indexes.get(driver.index)
    if (sharing) sharing.push(driver)
    else indexes.set(driver.index, [driver])
  }
  return indexes
}

export function emptyState(
  account: Account,
  defaultDriver: string,
  rules = rulesOfAws,
  definitions: DefinitionSource = new DefinitionsInMemory(),
): State {
  return {
    account,
    defaultDriver,
    rules,
    jobs: new Map(),
    jobDefinitions: new JobDefinitions(definitions),
    liveJobBytes: new HeldBytes(),
    jobQueues: new Map(),
    computeEnvironments: new Map(),
    schedulingPolicies: new Map(),
    consumableResources: new Map(),
    serviceEnvironments: new Map(),
    quotaShares: new Map(),
    drivers: new Map(),
    waiting: new Map(),
    taken: new Map(),
    takenByQueue: new Map(),
    runningByQueue: new Map(),
    runningByOwner: new Map(),
    shares: new Map(),
    reservations: new Map(),
    stuck: new Map(),
    locked: new Map(),
    awaited: new Map(),
    dependants: new Map(),
    pairedWith: new Map(),
    endedArrays: new Map(),
    dueAfterEnds: new Map(),
    liveJobs: new Map(),
    nextSeq: 1,
    schedulingDue: false,
  }
}

export function resourcesOfKind(state: State, kind: AccountResource['kind']): Map<string, AccountResource> {
  const maps = {
    'scheduling-policy': state.schedulingPolicies,
    'consumable-resource': state.consumableResources,
    'service-environment': state.serviceEnvironments,
    'quota-share': state.quotaShares,
  }
  return maps[kind] as Map<string, AccountResource>
}

export function waitingOf(state: State, jobQueue: string): Waiting {
  return entry(state.waiting, jobQueue, () => ({ lines: new Map(), parked: new Set() }))
}

export function driverOf(state: State, name: string): DriverState {
  return entry(state.drivers, name, () => ({
    ...{ name, health: { kind: 'unseen' }, hosts: [], index: new HostIndex(), endsUnread: false },
  }))
}

export function parentOf(state: State, job: Job): Job | undefined {
  return job.arrayIndex === undefined ? undefined : state.jobs.get(job.jobId.slice(0, job.jobId.lastIndexOf(':')))
}

/**
 * Puts a RUNNABLE job (or an array parent with children left to start) where the scheduler looks: in order of submission, children as their array; in a
 * share by schedulingPriority first.
 */
export function enqueue(state: State, job: Job): void {
  if (job.held) return
  const waiting = waitingOf(state, job.spec.jobQueue)
  if (waiting.parked.has(job.jobId)) return
  const line = entry(waiting.lines, lineOf(state, job), () => new WaitingLine())
  line.join(job.jobId, rankOf(state, job), job.seq, job.spec, childrenOf(job) !== undefined)
  state.schedulingDue = true
}

/** Its place in its share: by priority, then by submission, a child with its array. Jobs of one rank stand by `seq`. */
export function rankOf(state: State, job: Job): number {
  const { shareIdentifier, schedulingPriority = 0 } = job.spec
  const submitted = parentOf(state, job)?.seq ?? job.seq
  const byPriority =
    shareIdentifier === undefined ? 0 : (limits.schedulingPriority - schedulingPriority) * seqsOfOnePriority
  return byPriority + submitted
}

/** More than there will ever be jobs; times the priorities there are, a number that is exact. */
const seqsOfOnePriority = 100_000_000_000

/** Whoever stood behind it may go now, even if nothing became free. */
export function dequeue(state: State, job: Job): void {
  const waiting = waitingOf(state, job.spec.jobQueue)
  const name = lineOf(state, job)
  const line = waiting.lines.get(name)
  if (line?.leave(job.jobId)) {
    state.schedulingDue = true
    if (line.size === 0) waiting.lines.delete(name)
  } else waiting.parked.delete(job.jobId)
  if (state.reservations.get(job.spec.jobQueue)?.jobId === job.jobId) state.reservations.delete(job.spec.jobQueue)
}

/** Where each user has a limit, users at theirs are passed over as a whole and not job by job. Neither name has a space in it. */
export function lineOf({ rules }: State, { spec }: Job): string {
  const share = spec.shareIdentifier ?? ''
  return rules.runningPerUser === undefined ? share : `${share} ${spec.owner}`
}

export function shareOfLine(line: string): string {
  const end = line.indexOf(' ')
  return end === -1 ? line : line.slice(0, end)
}

/** Books what a live attempt takes of its environment and hosts; `sign` −1 gives it back. */
export function book(state: State, job: Job, attempt: LiveAttempt, sign: 1 | -1): void {
  const { spec } = job
  const add = (taken: Map<string, Resources>, key: string, wanted: Resources) => {
    const before = taken.get(key) ?? noResources
    taken.set(key, sign === 1 ? plus(before, wanted) : minus(before, wanted))
  }
  add(state.taken, attempt.computeEnvironment, spec.resources)
  add(state.takenByQueue, spec.jobQueue, spec.resources)
  count(state.runningByQueue, spec.jobQueue, sign)
  count(state.runningByOwner, spec.owner, sign)
  const byHost = takenByHost(spec, attempt)
  const { index } = driverOf(state, attempt.driver)
  for (const [hostName, amount] of byHost) index.book(hostName, job.jobId, attempt, amount, sign)
  if (spec.consumables)
    for (const { arn, quantity } of spec.consumables)
      if (state.consumableResources.get(arn)?.resourceType !== 'NON_REPLENISHABLE')
        state.locked.set(arn, (state.locked.get(arn) ?? 0) + sign * quantity)
  for (const reservation of state.reservations.values()) bookBeside(state, reservation, job, attempt, byHost, sign)
  if (sign === -1) state.schedulingDue = true
}

/** A live attempt was told to go. */
export function noteLeaving(state: State, job: Job, attempt: LiveAttempt, cause: StopCause): void {
  const { index } = driverOf(state, attempt.driver)
  const forJobId = cause.kind === 'reclaimed' ? cause.forJobId : undefined
  for (const hostName of takenByHost(job.spec, attempt).keys()) index.noteLeaving(hostName, attempt.name, forJobId)
}

/** By host name. */
function takenByHost(spec: Job['spec'], attempt: LiveAttempt): Map<string, Resources> {
  if (!attempt.nodes) return new Map([[attempt.hostName, spec.resources]])
  const byHost = new Map<string, Resources>()
  for (const [node, { hostName }] of attempt.nodes.entries())
    byHost.set(hostName, plus(byHost.get(hostName) ?? noResources, resourcesOfNode(spec, node)))
  return byHost
}

function bookBeside(
  state: State,
  reservation: Reservation,
  job: Job,
  attempt: LiveAttempt,
  byHost: ReadonlyMap<string, Resources>,
  sign: 1 | -1,
): void {
  if (sign === -1) {
    reservation.beside.delete(attempt.name)
    return
  }
  const isThere =
    shareHosts(state, attempt.driver, reservation.driver) &&
    [...byHost.keys()].some((hostName) => reservation.claims.has(hostName))
  const isSame = attempt.computeEnvironment === reservation.computeEnvironment
  if (isThere || isSame)
    reservation.beside.set(attempt.name, {
      taken: isThere ? byHost : new Map(),
      vcpus: isSame ? job.spec.resources.vcpus : 0,
    })
}

/** What a share's attempts hold changed, or a job of it came or ended: its use is written down as it is at that moment. */
export function touchShare(state: State, job: Job, atMs: TimeMs, change: { vcpus?: number; liveJobs?: number }): void {
  const { shareIdentifier, jobQueue } = job.spec
  if (shareIdentifier === undefined) return
  const policyArn = state.jobQueues.get(jobQueue)?.shape.schedulingPolicyArn ?? ''
  const policy = state.schedulingPolicies.get(policyArn)?.shape.fairsharePolicy ?? {}
  const seconds = decaySeconds(policy)
  const uses = entry(state.shares, jobQueue, () => new Map<string, ShareUse>())
  if (uses.size >= sharesRemembered && !uses.has(shareIdentifier)) forgetIdleShares(uses, atMs, seconds)
  const use = entry(uses, shareIdentifier, () => ({ average: 0, atMs, vcpus: 0, liveJobs: 0 }))
  // The more shares are active, the less is kept for those that are not.
  if (policy.computeReservation && change.liveJobs === 1 && use.liveJobs === 0) state.schedulingDue = true
  use.average = averageAt(use, atMs, seconds)
  use.atMs = Math.max(use.atMs, atMs)
  use.vcpus += change.vcpus ?? 0
  use.liveJobs += change.liveJobs ?? 0
}

/** Of one queue, before those are forgotten that have no jobs and of which next to nothing is left to count. */
const sharesRemembered = 2 * limits.activeShares

function forgetIdleShares(uses: Map<string, ShareUse>, now: TimeMs, seconds: number): void {
  for (const [shareIdentifier, use] of uses)
    if (use.liveJobs === 0 && !isActive(use, now, seconds) && averageAt(use, now, seconds) < 0.01)
      uses.delete(shareIdentifier)
}

/** Children that hold a place. */
export function runningChildren(parent: Job): number {
  const children = childrenOf(parent)
  return children ? countOf(children, 'STARTING') + countOf(children, 'RUNNING') : 0
}

export function resourcesOfNode(spec: Job['spec'], node: number): Resources {
  return spec.nodeResources?.find(({ from, to }) => from <= node && node <= to)?.resources ?? spec.resources
}

/** Of an array parent whose children have their states; undefined of any other job, and once it ended. */
export function childrenOf(job: Job | undefined): ArrayChildren | undefined {
  return job?.state.status === 'PENDING' ? job.state.children : undefined
}

/** Whether the scheduler has something to do for it: a RUNNABLE job, or an array parent with a child that may start. */
export function waitsForPlace(job: Job): boolean {
  if (job.held) return false
  if (job.state.status === 'RUNNABLE') return true
  const children = childrenOf(job)
  return children !== undefined && nextChild(children) !== undefined
}

export function countLive(state: State, jobQueue: string, by: 1 | -1): void {
  state.liveJobs.set(jobQueue, (state.liveJobs.get(jobQueue) ?? 0) + by)
}

/** Of the bytes that live jobs take: one more, or one less. */
export function holdJob(state: State, job: Job, by: 1 | -1): void {
  state.liveJobBytes.add(job.spec.owner, by * bytesOfJob(job))
}

export function retag(state: State, job: Job, tags: Job['tags']): void {
  const holds = job.arrayIndex === undefined && !isTerminal(job.state.status)
  if (holds) state.liveJobBytes.add(job.spec.owner, bytesOf(tags) - bytesOf(job.tags))
  job.tags = tags
}

function count(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const after = (counts.get(key) ?? 0) + by
  if (after === 0) counts.delete(key)
  else counts.set(key, after)
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
