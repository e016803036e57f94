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
import { nextChild } from '../model/array-children.ts'
import type { ComputeEnvironment } from '../model/compute-environment.ts'
import type { ArrayChildren, Job, LiveAttempt } from '../model/job.ts'
import type { JobDefinitionFamily } from '../model/job-definition.ts'
import type { JobQueue } from '../model/job-queue.ts'
import { limits } from '../model/limits.ts'
import { minus, noResources, plus, type Resources } from '../model/resources.ts'
import { WaitingLine } from './waiting-line.ts'

export interface State {
  readonly account: Account
  readonly defaultDriver: string
  readonly rules: Rules
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
  /** What live attempts of each queue take, by queue name. */
  readonly takenByQueue: Map<string, Resources>
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
}

export const rulesOfAws: Rules = {
  arraySizeMax: limits.arraySizeMax,
  dependenciesMax: limits.dependencies,
  afterAny: false,
}

/** The RUNNABLE jobs of a queue. An array parent stands for all its children that never started. */
export interface Waiting {
  /** Jobs with an attempt behind them go first, as they were submitted before all that never ran. */
  readonly retried: WaitingLine
  readonly fresh: WaitingLine
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

export function emptyState(account: Account, defaultDriver: string, rules = rulesOfAws): State {
  return {
    account,
    defaultDriver,
    rules,
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
    takenByQueue: new Map(),
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
  return entry(state.waiting, jobQueue, () => ({
    retried: new WaitingLine(),
    fresh: new WaitingLine(),
    parked: new Set(),
  }))
}

export function driverOf(state: State, name: string): DriverState {
  return entry(state.drivers, name, () => ({ name, health: { kind: 'unseen' }, hosts: [], taken: new Map() }))
}

export function parentOf(state: State, job: Job): Job | undefined {
  return job.arrayIndex === undefined ? undefined : state.jobs.get(job.jobId.slice(0, job.jobId.lastIndexOf(':')))
}

/**
 * Puts a RUNNABLE job (or an array parent with children left to start) where the scheduler looks: those that were tried in the order they failed,
 * before all others in the order of their submission.
 */
export function enqueue(state: State, job: Job): void {
  const waiting = waitingOf(state, job.spec.jobQueue)
  if (waiting.parked.has(job.jobId)) return
  if (job.attempts.length > 0 && job.state.status === 'RUNNABLE')
    waiting.retried.join(job.jobId, job.state.sinceMs, job.seq)
  else waiting.fresh.join(job.jobId, job.seq, job.seq)
  state.schedulingDue = true
}

/** Whoever stood behind it may go now, even if nothing became free. */
export function dequeue(state: State, job: Job): void {
  const waiting = waitingOf(state, job.spec.jobQueue)
  if (waiting.retried.leave(job.jobId) || waiting.fresh.leave(job.jobId)) state.schedulingDue = true
  else waiting.parked.delete(job.jobId)
}

/** Books what a live attempt takes of its environment and host; `sign` −1 gives it back. */
export function book(state: State, job: Job, attempt: LiveAttempt, sign: 1 | -1): void {
  const add = (taken: Map<string, Resources>, key: string, wanted: Resources) => {
    const before = taken.get(key) ?? noResources
    taken.set(key, sign === 1 ? plus(before, wanted) : minus(before, wanted))
  }
  add(state.taken, attempt.computeEnvironment, job.spec.resources)
  add(state.takenByQueue, job.spec.jobQueue, job.spec.resources)
  const { taken } = driverOf(state, attempt.driver)
  if (!attempt.nodes) add(taken, attempt.hostName, job.spec.resources)
  else for (const [node, place] of attempt.nodes.entries()) add(taken, place.hostName, resourcesOfNode(job.spec, node))
  for (const { arn, quantity } of job.spec.consumables ?? [])
    if (state.consumableResources.get(arn)?.resourceType !== 'NON_REPLENISHABLE')
      state.locked.set(arn, (state.locked.get(arn) ?? 0) + sign * quantity)
  if (sign === -1) state.schedulingDue = true
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
  if (job.state.status === 'RUNNABLE') return true
  const children = childrenOf(job)
  return children !== undefined && nextChild(children) !== undefined
}

export function countLive(state: State, jobQueue: string, by: 1 | -1): void {
  state.liveJobs.set(jobQueue, (state.liveJobs.get(jobQueue) ?? 0) + by)
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
