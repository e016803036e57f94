/**
 * Drivers that offer the same machines (a container engine and plain processes on one machine)
 * share the hosts. What runs through one reduces the room of all, and they have one spot price.
 * Together they hold one index of hosts.
 */
import type { Resources } from '../../model/resources.ts'
import { noteLeaving } from './bookings.ts'
import type { Host } from './host.ts'
import { HostIndex } from './host-index.ts'
import type { DriverState, State } from './state.ts'

/** The driver offers these hosts from now on. */
export function offerHosts(state: State, driver: DriverState, hosts: readonly Host[]): void {
  driver.hosts = hosts
  const index = indexFor(state, driver)
  if (index !== driver.index) {
    const before = driver.index
    move(state, driver, index)
    before.setHosts(offeredOn(state, before))
  }
  index.setHosts(offeredOn(state, index))
}

/** Returns the index of another driver with the same machines, or one of its own. */
function indexFor({ drivers }: State, driver: DriverState): HostIndex {
  const others = [...drivers.values()].filter((other) => other !== driver)
  const twin = others.find(({ hosts }) => areSameMachines(hosts, driver.hosts))
  if (twin) return twin.index
  return others.some(({ index }) => index === driver.index) ? new HostIndex() : driver.index
}

/** Hosts of one machine must also have one name, because attempts are booked by it. */
function areSameMachines(a: readonly Host[], b: readonly Host[]): boolean {
  if (a.length === 0 || a.length !== b.length) return false
  const names = new Map(a.map(({ hostName, machine }) => [hostName, machine]))
  return b.every(({ hostName, machine }) => machine !== undefined && names.get(hostName) === machine)
}

/** Moves what the driver's attempts use. */
function move(state: State, driver: DriverState, to: HostIndex): void {
  const tenants = [...driver.index.slots()].flatMap((slot) =>
    [...slot.tenants.values()]
      .filter(({ attempt }) => attempt.driver === driver.name)
      .map((tenant) => ({ tenant, hostName: slot.host.hostName })),
  )
  for (const { tenant, hostName } of tenants) {
    driver.index.book(hostName, tenant.jobId, tenant.attempt, tenant.resources, -1, tenant.diskNeed)
    to.book(hostName, tenant.jobId, tenant.attempt, tenant.resources, 1, tenant.diskNeed)
  }
  driver.index = to
  for (const { tenant } of tenants) {
    const job = state.jobs.get(tenant.jobId)
    if (!job || (job.state.status !== 'STARTING' && job.state.status !== 'RUNNING')) continue
    if (tenant.isLeaving && job.state.stopping) noteLeaving(state, job, tenant.attempt, job.state.stopping)
  }
}

/**
 * The hosts by name. If drivers report different figures for one host, the larger ones count. A
 * driver gets nothing that it cannot run itself.
 */
function offeredOn({ drivers }: State, index: HostIndex): Host[] {
  const hosts = new Map<string, Host>()
  for (const driver of drivers.values()) {
    if (driver.index !== index) continue
    for (const host of driver.hosts) {
      const known = hosts.get(host.hostName)
      hosts.set(host.hostName, known ? both(known, host) : host)
    }
  }
  return [...hosts.values()]
}

/** A driver may not know the disk that the other one watches. */
function both(one: Host, other: Host): Host {
  const disk = one.disk ?? other.disk
  return { ...one, capacity: larger(one.capacity, other.capacity), ...(disk ? { disk } : {}) }
}

function larger(a: Resources, b: Resources): Resources {
  return {
    vcpus: Math.max(a.vcpus, b.vcpus),
    memoryMib: Math.max(a.memoryMib, b.memoryMib),
    gpus: Math.max(a.gpus, b.gpus),
  }
}
