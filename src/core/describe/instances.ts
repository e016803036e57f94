/** The hosts as instances: what each has, what is free of it, what runs there; and of each driver the spot price. */
import { limits } from '../../model/limits.ts'
import type { Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { isGone, type Slot, type Tenant } from '../scheduler/host-index.ts'
import { isStopping } from '../scheduler/spot.ts'
import type { DriverState, State } from '../state.ts'

export interface DriverSummary {
  readonly driver: string
  readonly health: 'unseen' | 'healthy' | 'unreachable'
  /** Of one that is unreachable. */
  readonly why?: string
  readonly capacity: Resources
  /** In percent: the part of its vCPUs that on-demand attempts hold. */
  readonly spotPrice: number
}

export interface InstanceSummary {
  readonly instanceId: string
  readonly hostName: string
  readonly driver: string
  /** `WITHDRAWN`: no longer offered, and kept while something runs there. */
  readonly state: 'OFFERED' | 'WITHDRAWN'
  readonly capacity: Resources
  /** Negative where the host became smaller than what it runs. */
  readonly free: Resources
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

export function describeInstances({ drivers }: State): Instances {
  const all = [...drivers.values()].flatMap((driver) =>
    [...driver.index.slots()].sort(byHostName).map((slot) => ({ driver, slot })),
  )
  return {
    drivers: [...drivers.values()].map(driverSummary),
    instances: all.slice(0, limits.instancesShown).map(({ driver, slot }) => instanceSummary(driver, slot)),
    more: Math.max(0, all.length - limits.instancesShown),
  }
}

/** Undefined where no host has that id. */
export function describeInstance(state: State, instanceId: string): InstanceDetail | undefined {
  for (const driver of state.drivers.values())
    for (const slot of driver.index.slots())
      if (slot.host.instanceId === instanceId)
        return {
          ...instanceSummary(driver, slot),
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
    capacity: index.capacity,
    spotPrice: index.spotPrice(0),
  }
}

function instanceSummary({ name }: DriverState, slot: Slot): InstanceSummary {
  const { host, free, tenants } = slot
  const spotAttempts = [...tenants.values()].filter(({ attempt }) => attempt.spot).length
  return {
    instanceId: host.instanceId,
    hostName: host.hostName,
    driver: name,
    state: isGone(slot) ? 'WITHDRAWN' : 'OFFERED',
    capacity: host.capacity,
    free,
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

function byHostName({ host: a }: Slot, { host: b }: Slot): number {
  return a.hostName < b.hostName ? -1 : 1
}
