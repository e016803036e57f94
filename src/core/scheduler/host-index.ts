/**
 * The hosts of one driver and what is free on each, kept up to date attempt by attempt, so that finding a place costs what is free and not how
 * many hosts or jobs there are. Hosts stand in buckets by their free vCPUs.
 */
import type { LiveAttempt } from '../../model/job.ts'
import { covers, minus, noResources, plus, type Resources } from '../../model/resources.ts'
import type { Host } from '../state.ts'

export interface Slot {
  readonly host: Host
  taken: Resources
  free: Resources
  /** What runs on it, by attempt's name; a multi-node job has several entries. */
  readonly tenants: Map<string, Tenant>
}

export interface Tenant {
  readonly jobId: string
  readonly attempt: LiveAttempt
  resources: Resources
}

export class HostIndex {
  readonly #slots = new Map<string, Slot>()
  /** Slots by whole free vCPUs; index 0 holds all with less than one. */
  readonly #buckets: Set<Slot>[] = []
  /** One of each size there is. */
  #sizes: Resources[] = []
  #capacity = noResources
  /** vCPUs that on-demand attempts hold: what the spot price is made of. */
  #onDemandVcpus = 0

  get capacity(): Resources {
    return this.#capacity
  }

  get onDemandVcpus(): number {
    return this.#onDemandVcpus
  }

  slots(): Iterable<Slot> {
    return this.#slots.values()
  }

  slot(hostName: string): Slot | undefined {
    return this.#slots.get(hostName)
  }

  /** The hosts as last seen. What runs stays booked, also on a host that is no longer among them. */
  setHosts(hosts: readonly Host[]): void {
    const named = new Map(hosts.map((host) => [host.hostName, host]))
    for (const [hostName, slot] of this.#slots) if (!named.has(hostName)) this.#remove(hostName, slot)
    for (const host of hosts) {
      const known = this.#slots.get(host.hostName)
      if (known && sameHost(known.host, host)) continue
      if (known) this.#leaveBucket(known)
      const slot: Slot = {
        host,
        taken: known?.taken ?? noResources,
        free: noResources,
        tenants: known?.tenants ?? new Map(),
      }
      this.#slots.set(host.hostName, slot)
      this.#settle(slot)
    }
    this.#measure()
  }

  book(hostName: string, jobId: string, attempt: LiveAttempt, amount: Resources, sign: 1 | -1): void {
    const slot = this.#slots.get(hostName) ?? this.#unknownHost(hostName, attempt)
    this.#leaveBucket(slot)
    slot.taken = sign === 1 ? plus(slot.taken, amount) : minus(slot.taken, amount)
    if (attempt.spot === undefined) this.#onDemandVcpus += sign * amount.vcpus
    const tenant = slot.tenants.get(attempt.name)
    if (sign === -1) slot.tenants.delete(attempt.name)
    else if (tenant) tenant.resources = plus(tenant.resources, amount)
    else slot.tenants.set(attempt.name, { jobId, attempt, resources: amount })
    if (slot.tenants.size === 0 && isGone(slot.host)) this.#slots.delete(hostName)
    else this.#settle(slot)
  }

  /** Whether an empty host could hold it. */
  couldHold(wanted: Resources): boolean {
    return this.#sizes.some((size) => covers(size, wanted))
  }

  /** The largest there is, by vCPUs and then by memory. */
  largest(): Resources {
    return this.#sizes.reduce((best, size) => (larger(size, best) ? size : best), noResources)
  }

  /** Slots with room for so many vCPUs, those with the least room first. */
  *roomFor(vcpus: number): Generator<Slot> {
    for (let at = Math.floor(vcpus); at < this.#buckets.length; at++)
      for (const slot of this.#buckets[at] ?? []) if (slot.free.vcpus >= vcpus) yield slot
  }

  /** Of the host with the most free vCPUs. */
  mostFree(): Slot | undefined {
    for (let at = this.#buckets.length - 1; at >= 0; at--) {
      let best: Slot | undefined
      for (const slot of this.#buckets[at] ?? []) if (!best || larger(slot.free, best.free)) best = slot
      if (best) return best
    }
    return undefined
  }

  toJSON(): unknown {
    return [...this.#slots.values()].map(({ host, taken, tenants }) => [host, taken, [...tenants.keys()]])
  }

  #unknownHost(hostName: string, attempt: LiveAttempt): Slot {
    const slot: Slot = {
      host: { hostName, instanceId: attempt.instanceId, capacity: noResources },
      taken: noResources,
      free: noResources,
      tenants: new Map(),
    }
    this.#slots.set(hostName, slot)
    return slot
  }

  #remove(hostName: string, slot: Slot): void {
    this.#leaveBucket(slot)
    if (slot.tenants.size === 0) this.#slots.delete(hostName)
    else this.#slots.set(hostName, { ...slot, host: { ...slot.host, capacity: noResources }, free: noResources })
  }

  #settle(slot: Slot): void {
    slot.free = minus(slot.host.capacity, slot.taken)
    if (isGone(slot.host)) return
    const at = bucketOf(slot)
    this.#buckets[at] ??= new Set()
    this.#buckets[at].add(slot)
  }

  #leaveBucket(slot: Slot): void {
    this.#buckets[bucketOf(slot)]?.delete(slot)
  }

  #measure(): void {
    const sizes = new Map<string, Resources>()
    this.#capacity = noResources
    for (const { host } of this.#slots.values()) {
      if (isGone(host)) continue
      const { capacity } = host
      sizes.set(`${capacity.vcpus} ${capacity.memoryMib} ${capacity.gpus}`, capacity)
      this.#capacity = plus(this.#capacity, capacity)
    }
    this.#sizes = [...sizes.values()]
  }
}

/** It runs attempts still, and is no longer offered. */
function isGone(host: Host): boolean {
  return host.capacity === noResources
}

function sameHost(a: Host, b: Host): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.capacity.vcpus === b.capacity.vcpus &&
    a.capacity.memoryMib === b.capacity.memoryMib &&
    a.capacity.gpus === b.capacity.gpus
  )
}

function bucketOf({ free }: Slot): number {
  return Math.max(0, Math.floor(free.vcpus))
}

export function larger(a: Resources, b: Resources): boolean {
  return a.vcpus !== b.vcpus ? a.vcpus > b.vcpus : a.memoryMib > b.memoryMib
}
