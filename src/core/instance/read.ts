/** The hosts as instances: what each has, what is free of it, what runs there; and of each driver the spot price. */
import { limits } from '../../model/limits.ts'
import type { Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { isStopping } from '../scheduler/spot.ts'
import { isGone, type Slot, type Tenant } from '../state/host-index.ts'
import { type DriverState, indexesOf, type State } from '../state/state.ts'

export interface DriverSummary {
  readonly driver: string
  readonly health: 'unseen' | 'healthy' | 'unreachable'
  /** Of one that is unreachable. */
  readonly why?: string
  /** Of all hosts that it offers; absent until it has answered. */
  readonly capacity?: Resources
  /** In percent: the part of the vCPUs of those hosts that on-demand attempts hold. */
  readonly spotPrice: number
}

export interface InstanceSummary {
  readonly instanceId: string
  readonly hostName: string
  /** Of a machine that several drivers offer, all their names. */
  readonly driver: string
  /**
   * `WITHDRAWN`: no longer offered, and kept while something runs there. `UNREACHABLE`: no engine answers for it, and what is said of it is
   * what was known last.
   */
  readonly state: 'OFFERED' | 'WITHDRAWN' | 'UNREACHABLE'
  /** Absent while it is not known: the engine has not answered since this server started. */
  readonly capacity?: Resources
  /** Of the capacity; nothing where the host became smaller than what it runs. */
  readonly free?: Resources
  /** By attempts, of whichever driver. */
  readonly held: Resources
  readonly onDemandAttempts: number
  readonly spotAttempts: number
}

export interface Tenancy {
  readonly jobId: string
  readonly jobName: string
  readonly jobQueue: string
  /** Who submitted it. */
  readonly owner: string
  readonly attempt: number
  readonly computeEnvironment: string
  readonly spot: boolean
  /** Told to go, or cancelled. */
  readonly stopping: boolean
  readonly placedAtMs: TimeMs
  /** Of a multi-node job, of all its nodes that are here. */
  readonly resources: Resources
}

export interface Instances {
  readonly drivers: readonly DriverSummary[]
  /** By driver and host name, the first `limits.instancesShown`. */
  readonly instances: readonly InstanceSummary[]
  /** Beyond those. */
  readonly more: number
}

export type InstanceDetail = InstanceSummary & {
  /** The newest first, at most `limits.attemptsOfInstanceShown`. */
  readonly attempts: readonly Tenancy[]
}

export function describeInstances(state: State): Instances {
  const all = [...indexesOf(state)].flatMap(([index, drivers]) =>
    [...index.slots()].sort(byHostName).map((slot) => ({ drivers, slot })),
  )
  return {
    drivers: [...state.drivers.values()].map(driverSummary),
    instances: all.slice(0, limits.instancesShown).map(({ drivers, slot }) => instanceSummary(drivers, slot)),
    more: Math.max(0, all.length - limits.instancesShown),
  }
}

/** Undefined where no host has that id. */
export function describeInstance(state: State, instanceId: string): InstanceDetail | undefined {
  for (const [index, drivers] of indexesOf(state))
    for (const slot of index.slots())
      if (slot.host.instanceId === instanceId)
        return {
          ...instanceSummary(drivers, slot),
          attempts: [...slot.tenants.values()]
            .sort((a, b) => b.attempt.placedAtMs - a.attempt.placedAtMs)
            .slice(0, limits.attemptsOfInstanceShown)
            .map((tenant) => tenancy(state, tenant)),
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

function instanceSummary(drivers: readonly DriverState[], slot: Slot): InstanceSummary {
  const { host, free, taken, tenants } = slot
  const isReachable = drivers.some(({ health }) => health.kind === 'healthy')
  const isKnown = isReachable || !isGone(slot)
  const spotAttempts = [...tenants.values()].filter(({ attempt }) => attempt.spot).length
  return {
    instanceId: host.instanceId,
    hostName: host.hostName,
    driver: drivers.map(({ name }) => name).join(', '),
    state: isReachable ? (isGone(slot) ? 'WITHDRAWN' : 'OFFERED') : 'UNREACHABLE',
    ...(isKnown ? { capacity: host.capacity, free: noLessThanNothing(free) } : {}),
    held: taken,
    onDemandAttempts: tenants.size - spotAttempts,
    spotAttempts,
  }
}

function tenancy(state: State, tenant: Tenant): Tenancy {
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
  }
}

function noLessThanNothing({ vcpus, memoryMib, gpus }: Resources): Resources {
  return { vcpus: Math.max(0, vcpus), memoryMib: Math.max(0, memoryMib), gpus: Math.max(0, gpus) }
}

function byHostName({ host: a }: Slot, { host: b }: Slot): number {
  return a.hostName < b.hostName ? -1 : 1
}
