/**
 * The hosts as instances: what each has, what is free and what runs there. Also the spot price of
 * each driver.
 */
import { limits } from '../../model/limits.ts'
import type { Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { isStopping } from '../scheduler/spot.ts'
import { expectedOn, isGone, type Slot, type Tenant } from '../state/host-index.ts'
import { type DriverState, indexesOf, type State } from '../state/state.ts'

/** Whether whoever asks may know of a user's jobs. */
type SeesOwner = (owner: string) => boolean

export interface DriverSummary {
  readonly driver: string
  readonly health: 'unseen' | 'healthy' | 'unreachable'
  /** Set for an unreachable driver. */
  readonly why?: string
  /** The sum of all hosts that it offers; absent until it has answered. */
  readonly capacity?: Resources
  /** The part of these hosts' vCPUs that on-demand attempts hold, in percent. */
  readonly spotPrice: number
}

export interface InstanceSummary {
  readonly instanceId: string
  readonly hostName: string
  /** All names, for a machine that several drivers offer. */
  readonly driver: string
  /**
   * `WITHDRAWN`: no longer offered, and kept while something runs there. `UNREACHABLE`: its engine
   * does not answer, and the figures are the last known ones.
   */
  readonly state: 'OFFERED' | 'WITHDRAWN' | 'UNREACHABLE'
  /** Absent while it is not known: the engine has not answered since this server started. */
  readonly capacity?: Resources
  /** The free part of the capacity; nothing if the host shrank below what it runs. */
  readonly free?: Resources
  /** Held by attempts of any driver. */
  readonly held: Resources
  /** The disk on which jobs write, less what stays free. Absent if it is not watched. In MiB. */
  readonly disk?: { readonly offeredMib: number; readonly freeMib: number }
  readonly onDemandAttempts: number
  readonly spotAttempts: number
}

export interface Tenancy {
  readonly jobId: string
  readonly jobName: string
  readonly jobQueue: string
  /** The user who submitted it. */
  readonly owner: string
  readonly attempt: number
  readonly computeEnvironment: string
  readonly spot: boolean
  /** The attempt got a notice, or is being cancelled. */
  readonly stopping: boolean
  readonly placedAtMs: TimeMs
  /** For a multi-node job, the sum of all its nodes on this host. */
  readonly resources: Resources
  /** What it may write on the host's disk, MiB; absent if that is nothing. */
  readonly scratchMib?: number
}

export interface Instances {
  readonly drivers: readonly DriverSummary[]
  /** By driver and host name, the first `limits.instancesShown`. */
  readonly instances: readonly InstanceSummary[]
  /** How many more there are. */
  readonly more: number
}

export type InstanceDetail = InstanceSummary & {
  /** The newest first, at most `limits.attemptsOfInstanceShown`. */
  readonly attempts: readonly Tenancy[]
}

/** `sees` absent: attempts of all jobs. What is held of a host is shown whoever holds it. */
export function describeInstances(state: State, sees?: SeesOwner): Instances {
  const all = [...indexesOf(state)].flatMap(([index, drivers]) =>
    [...index.slots()].sort(byHostName).map((slot) => ({ drivers, slot })),
  )
  return {
    drivers: [...state.drivers.values()].map(driverSummary),
    instances: all
      .slice(0, limits.instancesShown)
      .map(({ drivers, slot }) => instanceSummary(drivers, slot, tenantsOf(state, slot, sees))),
    more: Math.max(0, all.length - limits.instancesShown),
  }
}

/** Undefined if no host has that id. */
export function describeInstance(state: State, instanceId: string, sees?: SeesOwner): InstanceDetail | undefined {
  for (const [index, drivers] of indexesOf(state))
    for (const slot of index.slots())
      if (slot.host.instanceId === instanceId) {
        const tenants = tenantsOf(state, slot, sees)
        return {
          ...instanceSummary(drivers, slot, tenants),
          attempts: [...tenants]
            .sort((a, b) => b.attempt.placedAtMs - a.attempt.placedAtMs)
            .slice(0, limits.attemptsOfInstanceShown)
            .map((tenant) => tenancy(state, slot, tenant)),
        }
      }
  return undefined
}

function driverSummary(driver: DriverState): DriverSummary {
  const { name, health, index } = driver
  return {
    driver: name,
    health: health.kind,
    ...(health.kind === 'unreachable' ? { why: health.why } : {}),
    ...(index.capacity.vcpus > 0 || health.kind === 'healthy' ? { capacity: index.capacity } : {}),
    spotPrice: index.spotPrice(0),
  }
}

function tenantsOf(state: State, { tenants }: Slot, sees: SeesOwner = () => true): readonly Tenant[] {
  return [...tenants.values()].filter(({ jobId }) => sees(state.jobs.get(jobId)!.spec.owner))
}

function instanceSummary(drivers: readonly DriverState[], slot: Slot, tenants: readonly Tenant[]): InstanceSummary {
  const { host, free, taken } = slot
  const isReachable = drivers.some(({ health }) => health.kind === 'healthy')
  const isKnown = isReachable || !isGone(slot)
  const spotAttempts = tenants.filter(({ attempt }) => attempt.spot).length
  return {
    instanceId: host.instanceId,
    hostName: host.hostName,
    driver: drivers.map(({ name }) => name).join(', '),
    state: isReachable ? (isGone(slot) ? 'WITHDRAWN' : 'OFFERED') : 'UNREACHABLE',
    ...(isKnown ? { capacity: host.capacity, free: noLessThanNothing(free) } : {}),
    held: taken,
    ...(host.disk && slot.disk
      ? { disk: { offeredMib: host.disk.offeredMib, freeMib: Math.max(0, Math.floor(slot.disk.freeMib)) } }
      : {}),
    onDemandAttempts: tenants.length - spotAttempts,
    spotAttempts,
  }
}

function tenancy(state: State, slot: Slot, tenant: Tenant): Tenancy {
  const scratchMib = Math.ceil(expectedOn(slot, tenant))
  const { jobId, attempt, resources } = tenant
  const { jobName, jobQueue, owner } = state.jobs.get(jobId)!.spec
  return {
    ...{ jobId, jobName, jobQueue, owner },
    attempt: attempt.number,
    computeEnvironment: attempt.computeEnvironment,
    spot: attempt.spot !== undefined,
    stopping: isStopping(state, tenant),
    placedAtMs: attempt.placedAtMs,
    resources,
    ...(scratchMib > 0 ? { scratchMib } : {}),
  }
}

function noLessThanNothing({ vcpus, memoryMib, gpus }: Resources): Resources {
  return { vcpus: Math.max(0, vcpus), memoryMib: Math.max(0, memoryMib), gpus: Math.max(0, gpus) }
}

function byHostName({ host: a }: Slot, { host: b }: Slot): number {
  return a.hostName < b.hostName ? -1 : 1
}
