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
} from '../model/account-resource.ts'
import type { Account } from '../model/arn.ts'
import type { ComputeEnvironment } from '../model/compute-environment.ts'
import { type ArrayChildren, type Job, type JobStatus, jobStatuses, type LiveAttempt } from '../model/job.ts'
import type { JobDefinitionFamily } from '../model/job-definition.ts'
import type { JobQueue } from '../model/job-queue.ts'
import { minus, noResources, plus, type Resources } from '../model/resources.ts'

export interface State {
  readonly account: Account
  readonly defaultDriver: string
  readonly jobs: Map<string, Job>
  readonly jobDefinitions: Map<string, JobDefinitionFamily>
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
  /** Live jobs of each queue, by queue name; array children count one by one once they started. */
  readonly liveJobs: Map<string, number>
  nextSeq: number
  /** Something changed that may let a waiting job be placed. */
  schedulingDue: boolean
}

/** The RUNNABLE jobs of a queue. An array parent stands for all its children that never started. */
export interface Waiting {
  /** Jobs with an attempt behind them go first, as they were submitted before all that never ran. */
  readonly retried: Set<string>
  readonly fresh: Set<string>
  /** Jobs that no host could ever hold: out of the others' way until the capacity itself changes. */
  readonly parked: Set<string>
}

export interface Host {
  readonly hostName: string
  readonly instanceId: string
  readonly capacity: Resources
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
  /** What live attempts take, by host name. */
  readonly taken: Map<string, Resources>
}

export function emptyState(account: Account, defaultDriver: string): State {
  return {
    account,
    defaultDriver,
    jobs: new Map(),
    jobDefinitions: new Map(),
    jobQueues: new Map(),
    computeEnvironments: new Map(),
    schedulingPolicies: new Map(),
    consumableResources: new Map(),
    serviceEnvironments: new Map(),
    quotaShares: new Map(),
    drivers: new Map(),
    waiting: new Map(),
    taken: new Map(),
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
  return entry(state.waiting, jobQueue, () => ({ retried: new Set(), fresh: new Set(), parked: new Set() }))
}

export function driverOf(state: State, name: string): DriverState {
  return entry(state.drivers, name, () => ({ name, health: { kind: 'unseen' }, hosts: [], taken: new Map() }))
}

export function parentOf(state: State, job: Job): Job | undefined {
  return job.arrayIndex === undefined ? undefined : state.jobs.get(job.jobId.slice(0, job.jobId.lastIndexOf(':')))
}

/** Puts a RUNNABLE job (or an array parent with children left to start) where the scheduler looks. */
export function enqueue(state: State, job: Job): void {
  const waiting = waitingOf(state, job.spec.jobQueue)
  if (job.attempts.length > 0) waiting.retried.add(job.jobId)
  else waiting.fresh.add(job.jobId)
  state.schedulingDue = true
}

/** Whoever stood behind it may go now, even if nothing became free. */
export function dequeue(state: State, job: Job): void {
  const waiting = waitingOf(state, job.spec.jobQueue)
  if (waiting.retried.delete(job.jobId) || waiting.fresh.delete(job.jobId)) state.schedulingDue = true
  else waiting.parked.delete(job.jobId)
}

/** Books what a live attempt takes of its environment and host; `sign` −1 gives it back. */
export function book(state: State, job: Job, attempt: LiveAttempt, sign: 1 | -1): void {
  const wanted = job.spec.resources
  const add = (taken: Map<string, Resources>, key: string) => {
    const before = taken.get(key) ?? noResources
    taken.set(key, sign === 1 ? plus(before, wanted) : minus(before, wanted))
  }
  add(state.taken, attempt.computeEnvironment)
  add(driverOf(state, attempt.driver).taken, attempt.hostName)
  if (sign === -1) state.schedulingDue = true
}

/** The order in which a queue's jobs take their turns: first those that were tried, in the order they failed, then by submission. */
export function byTurn(a: Job, b: Job): number {
  return sinceMsOfRetry(a) - sinceMsOfRetry(b) || a.seq - b.seq
}

function sinceMsOfRetry(job: Job): number {
  return job.attempts.length > 0 && job.state.status === 'RUNNABLE' ? job.state.sinceMs : Number.MAX_SAFE_INTEGER
}

export function countLive(state: State, jobQueue: string, by: 1 | -1): void {
  state.liveJobs.set(jobQueue, (state.liveJobs.get(jobQueue) ?? 0) + by)
}

export function newChildren(size: number, atMs: number): ArrayChildren {
  const counts = jobStatuses.map(() => 0)
  const runnable = jobStatuses.indexOf('RUNNABLE')
  counts[runnable] = size
  return { statuses: new Uint8Array(size).fill(runnable), counts, nextIndex: 0, updatedAtMs: atMs }
}

export function setChildStatus(children: ArrayChildren, index: number, status: JobStatus, atMs: number): void {
  const code = jobStatuses.indexOf(status)
  const before = children.statuses[index]!
  children.counts[before]!--
  children.counts[code]!++
  children.statuses[index] = code
  children.updatedAtMs = atMs
}

/** Whether the child was never started, and so exists only as its byte. */
export function isUnspawned(children: ArrayChildren, index: number): boolean {
  return index >= children.nextIndex && children.statuses[index] === jobStatuses.indexOf('RUNNABLE')
}

/** Child `index` gets a record. Keeps `nextIndex` at the lowest child without one, over those that were cancelled out of their turn. */
export function skipSpawned(children: ArrayChildren, index: number): void {
  if (index !== children.nextIndex) return
  do children.nextIndex++
  while (children.nextIndex < children.statuses.length && !isUnspawned(children, children.nextIndex))
}

/** The next child to start, or undefined when all have. */
export function nextChild(children: ArrayChildren): number | undefined {
  for (let index = children.nextIndex; index < children.statuses.length; index++)
    if (isUnspawned(children, index)) return index
  return undefined
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
