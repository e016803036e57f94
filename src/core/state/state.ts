/**
 * What the server knows between two commands: every live job, every definition, queue and
 * environment, and the hosts that drivers offer. A finished job is not here; it is read from the
 * store. Only `evolve` and `restore` change a state.
 */

import { entry } from '../../ground/map-entry.ts'
import type {
  AccountResource,
  ConsumableResource,
  QuotaShare,
  SchedulingPolicy,
  ServiceEnvironment,
} from '../../model/account-resource.ts'
import type { Account } from '../../model/arn.ts'
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { FileSystemMap } from '../../model/file-systems.ts'
import type { HostAccess } from '../../model/host-access.ts'
import type { HostPathMap } from '../../model/host-path-map.ts'
import type { ArrayChildren, Job } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { limits } from '../../model/limits.ts'
import type { Resources } from '../../model/resources.ts'
import { type ByteLimits, HeldBytes } from './held-bytes.ts'
import type { Host } from './host.ts'
import { HostIndex } from './host-index.ts'
import { type DefinitionSource, DefinitionsInMemory, JobDefinitions } from './job-definitions.ts'
import type { Reservation } from './reservation.ts'
import type { ShareUse } from './shares.ts'
import type { WaitingLine } from './waiting-line.ts'

export interface State {
  readonly account: Account
  readonly defaultDriver: string
  readonly rules: Rules
  readonly jobs: Map<string, Job>
  readonly jobDefinitions: JobDefinitions
  /** The bytes that live jobs use. */
  readonly liveJobBytes: HeldBytes
  readonly jobQueues: Map<string, JobQueue>
  readonly computeEnvironments: Map<string, ComputeEnvironment>
  /** All four by ARN. */
  readonly schedulingPolicies: Map<string, SchedulingPolicy>
  readonly consumableResources: Map<string, ConsumableResource>
  readonly serviceEnvironments: Map<string, ServiceEnvironment>
  readonly quotaShares: Map<string, QuotaShare>
  readonly drivers: Map<string, DriverState>
  /** The waiting jobs of each queue, by queue name. */
  readonly waiting: Map<string, Waiting>
  /** What live attempts use of each compute environment, by name. */
  readonly taken: Map<string, Resources>
  /** What live attempts of each queue use, by queue name. */
  readonly takenByQueue: Map<string, Resources>
  /** How many live attempts each queue and each user has. */
  readonly runningByQueue: Map<string, number>
  readonly runningByOwner: Map<string, number>
  /** What each share has used of its queue, by queue, then by share identifier. */
  readonly shares: Map<string, Map<string, ShareUse>>
  /** Room that heads of queues keep for themselves, by queue. Only with backfill. */
  readonly reservations: Map<string, Reservation>
  /**
   * Jobs that wait for a reason on which their queue acts after some time, by id. Not stored: a
   * restart begins anew.
   */
  readonly stuck: Map<string, Stuck>
  /** What live attempts hold of each consumable resource, by ARN. */
  readonly locked: Map<string, number>
  /**
   * By a PENDING job's id: the jobs, arrays and single children that it still waits for as a whole.
   */
  readonly awaited: Map<string, Set<string>>
  /** The reverse: by an awaited id, who waits for it. */
  readonly dependants: Map<string, Set<string>>
  /**
   * By the id of a live array: the live arrays whose children wait for its children one by one
   * (N_TO_N).
   */
  readonly pairedWith: Map<string, Set<string>>
  /**
   * How the children ended of arrays that ended in this transaction. The store does not know it
   * yet.
   */
  readonly endedArrays: Map<string, ArrayChildren>
  /**
   * Consequences of ends that are not decided yet. `followEnds` decides them in the same
   * transaction.
   */
  readonly dueAfterEnds: Map<string, 'met' | 'failed'>
  /** Live jobs of each queue, by queue name. Array children count one by one once they started. */
  readonly liveJobs: Map<string, number>
  nextSeq: number
  /** Something changed that may let a waiting job be placed. */
  schedulingDue: boolean
}

/** Where an operator may go beyond AWS. */
export interface Rules {
  readonly arraySizeMax: number
  readonly dependenciesMax: number
  /** Whether a dependency may have the type AFTER_ANY, which any end meets. */
  readonly afterAny: boolean
  /** Whether jobs may pass a waiting head if they do not delay it. */
  readonly backfill: boolean
  /** Attempts that one user may have at once. Undefined: no limit. */
  readonly runningPerUser?: number | undefined
  /**
   * Attempts that a job gets beyond its retry strategy, each because the host of the previous one
   * was lost. AWS: none.
   */
  readonly lostHostRetries?: number
  /**
   * Limits on job definitions, on disk, and on unfinished jobs, in memory. AWS publishes no figure.
   */
  readonly jobDefinitionBytes: ByteLimits
  readonly liveJobBytes: ByteLimits
  /** What jobs of ordinary users may reach of the host, by the names that compute environments give. Undefined: nothing. */
  readonly hostAccess?: ReadonlyMap<string, HostAccess>
  /** Where host paths that jobs name really are. Undefined: where the shipped entries say. */
  readonly hostPaths?: HostPathMap
  /** The same for drivers with entries of their own. */
  readonly hostPathsOfDrivers?: ReadonlyMap<string, HostPathMap>
  /** The directories that stand for file systems of EFS and S3 Files. Undefined: none does. */
  readonly fileSystems?: FileSystemMap
  /** MiB that a job which does not say is expected to write on its host's disk. Undefined: none. */
  readonly assumedScratchMib?: number
}

export const rulesOfAws: Rules = {
  arraySizeMax: limits.arraySizeMax,
  dependenciesMax: limits.dependencies,
  afterAny: false,
  backfill: false,
  jobDefinitionBytes: limits.jobDefinitionsBytes,
  liveJobBytes: limits.liveJobsBytes,
}

/** A job with a reason that its queue's `jobStateTimeLimitActions` name. */
export interface Stuck {
  readonly reason: string
  /** Measured by how long this run of the server has been looking. */
  readonly sinceLookedMs: number
}

/** The RUNNABLE jobs of a queue. An array parent stands for all its children that never started. */
export interface Waiting {
  /**
   * By share identifier (empty if the queue has no shares) and, if each user has a limit, by user:
   * see `lineOf`.
   */
  readonly lines: Map<string, WaitingLine>
  /** Jobs that no host could ever hold. They block nobody until the capacity itself changes. */
  readonly parked: Set<string>
}

export interface DriverState {
  readonly name: string
  /** `unseen` until the first answer. */
  health:
    | { readonly kind: 'unseen' }
    | { readonly kind: 'healthy' }
    | { readonly kind: 'unreachable'; readonly why: string }
  /** The hosts as last seen. Kept while the engine is away. */
  hosts: readonly Host[]
  /**
   * Drivers that offer the same machines share one index: what runs through one reduces the others'
   * room. See machines.ts.
   */
  index: HostIndex
  /**
   * Attempts on this driver may have ended without anybody knowing yet, because the server has just
   * started or was stopped for a while. What they hold may be free already, so nobody gets a notice
   * for it.
   */
  endsUnread: boolean
}

/** Whether two drivers offer the same machines. */
export function shareHosts({ drivers }: State, a: string, b: string): boolean {
  return a === b || (drivers.has(a) && drivers.get(a)!.index === drivers.get(b)?.index)
}

/** Each index once, with the drivers that share it. */
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
