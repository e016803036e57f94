/**
 * The hosts of one driver and what is free on each, kept up to date attempt by attempt. Finding a
 * place then costs what is free and not how many hosts or jobs there are. Hosts stand in buckets by
 * their free vCPUs.
 */
import type { JobSpec, LiveAttempt } from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import { covers, minus, noResources, plus, type Resources } from '../../model/resources.ts'
import { type DiskNeed, neededMib, noDiskNeed } from './disk-need.ts'
import type { Host } from './host.ts'

export interface Slot {
  /** Has no capacity once it is no longer offered. It is kept as long as something runs there. */
  host: Host
  taken: Resources
  /** Capacity less what is used. Negative if the capacity shrank. */
  free: Resources
  /** The part of `taken` that spot attempts use. */
  spot: Resources
  /** The part of `spot` that attempts with a notice use. It comes free before long. */
  leaving: Resources
  /** The jobs that get their room. */
  readonly leavingFor: Set<string>
  /** What runs on the host, by the attempt's name. */
  readonly tenants: Map<string, Tenant>
  /** Undefined if its disk is not watched. */
  disk: DiskRoom | undefined
}

export interface DiskRoom {
  /** What new attempts may write, MiB: what is free, less what those that run may still write. */
  freeMib: number
  /** What was free beyond what stays free when somebody last looked, MiB. */
  readonly seenMib: number
  /** Whether attempts ended since the disk was looked at. What they wrote may be gone by now. */
  isStale: boolean
}

export interface Tenant {
  readonly jobId: string
  readonly attempt: LiveAttempt
  /** For a multi-node job, the sum of all its nodes on this host. */
  readonly resources: Resources
  /** Whether this is a spot attempt with a notice. */
  isLeaving: boolean
  /** What each of its nodes may write on the host's disk. */
  readonly diskNeed: DiskNeed
  /** What it had written when somebody last looked, MiB. */
  writtenMib: number
}

export class HostIndex {
  readonly #slots = new Map<string, Slot>()
  /** Slots by whole free vCPUs. 0 holds all with less than one. No bucket is empty. */
  readonly #buckets = new Map<number, Set<Slot>>()
  /**
   * The keys of the buckets in ascending order. A walk costs only the existing buckets, however
   * many vCPUs a host has.
   */
  readonly #freeVcpus: number[] = []
  /** Hosts with any free vCPUs. */
  #withRoom = 0
  readonly #spotSlots = new Set<Slot>()
  readonly #leavingSlots = new Set<Slot>()
  /** One size of each kind. */
  #sizes: Resources[] = []
  /** One of each size since the server started. */
  readonly #sizesSeen = new Map<string, Resources>()
  #capacity = noResources
  /**
   * vCPUs of the offered capacity that on-demand attempts hold. The spot price is computed from
   * them.
   */
  #onDemandVcpus = 0
  /** The most that a host's disk offers. Infinite if one is not watched. */
  #largestDiskMib = 0
  /**
   * Whether all nodes of a job find a place when nothing else runs. Computed again once the hosts
   * change.
   */
  #roomWhenEmpty = new WeakMap<JobSpec, boolean>()

  get capacity(): Resources {
    return this.#capacity
  }

  get largestDiskMib(): number {
    return this.#largestDiskMib
  }

  get onDemandVcpus(): number {
    return this.#onDemandVcpus
  }

  /** The part of the vCPUs that on-demand attempts hold, plus `moreVcpus`, in percent. */
  spotPrice(moreVcpus: number): number {
    const { vcpus } = this.#capacity
    return vcpus === 0 ? 100 : (100 * (this.#onDemandVcpus + moreVcpus)) / vcpus
  }

  /** Can be iterated more than once. */
  slots(): Iterable<Slot> {
    const slots = this.#slots
    return { [Symbol.iterator]: () => slots.values() }
  }

  get isFull(): boolean {
    return this.#withRoom === 0
  }

  /** Hosts on which spot attempts run, including hosts that are no longer offered. */
  spotSlots(): ReadonlySet<Slot> {
    return this.#spotSlots
  }

  /** Those of them that have attempts with a notice. */
  leavingSlots(): ReadonlySet<Slot> {
    return this.#leavingSlots
  }

  slot(hostName: string): Slot | undefined {
    return this.#slots.get(hostName)
  }

  /**
   * Sets the hosts as last seen. Attempts stay booked, even on a host that is no longer among them.
   */
  setHosts(hosts: readonly Host[]): void {
    const named = new Set(hosts.map(({ hostName }) => hostName))
    for (const [hostName, slot] of this.#slots) if (!named.has(hostName)) this.#withdraw(hostName, slot)
    for (const host of hosts) {
      const slot = this.#slots.get(host.hostName) ?? this.#add(host)
      this.#leaveBucket(slot)
      slot.host = host
      if (!host.disk) slot.disk = undefined
      else if (!slot.disk) noteDisk(slot, host.disk.freeMib, nothingWritten)
      this.#settle(slot)
    }
    this.#measure()
  }

  /**
   * The disk of a host was looked at. `written` is what attempts had written by then, in MiB; of
   * those that are missing, nothing new is known. Returns whether there is more room than before.
   */
  seeDisk(hostName: string, freeMib: number, written: ReadonlyMap<string, number>): boolean {
    const slot = this.#slots.get(hostName)
    if (!slot?.host.disk) return false
    const before = slot.disk?.freeMib ?? Number.NEGATIVE_INFINITY
    noteDisk(slot, freeMib, written)
    return slot.disk!.freeMib > before
  }

  /** `amount` is what the attempt takes of this host, `need` what each of its nodes takes of the disk. */
  book(
    hostName: string,
    jobId: string,
    attempt: LiveAttempt,
    amount: Resources,
    sign: 1 | -1,
    need = noDiskNeed,
  ): void {
    const slot = this.#slots.get(hostName) ?? this.#add({ hostName, instanceId: attempt.instanceId, capacity: gone })
    const add = sign === 1 ? plus : minus
    this.#leaveBucket(slot)
    slot.taken = add(slot.taken, amount)
    if (attempt.spot) {
      slot.spot = add(slot.spot, amount)
      if (slot.tenants.get(attempt.name)?.isLeaving) slot.leaving = minus(slot.leaving, amount)
      if (slot.leaving.vcpus === 0) {
        this.#leavingSlots.delete(slot)
        slot.leavingFor.clear()
      }
      if (slot.spot.vcpus > 0) this.#spotSlots.add(slot)
      else this.#spotSlots.delete(slot)
    } else if (!isGone(slot)) this.#onDemandVcpus += sign * amount.vcpus
    bookDisk(slot, expectedOn(slot, { attempt, diskNeed: need }), sign)
    if (sign === 1)
      slot.tenants.set(attempt.name, {
        ...{ jobId, attempt, resources: amount, isLeaving: false },
        ...{ diskNeed: need, writtenMib: 0 },
      })
    else slot.tenants.delete(attempt.name)
    if (slot.tenants.size === 0 && isGone(slot)) this.#slots.delete(hostName)
    else this.#settle(slot)
  }

  /** Notes that a spot attempt got a notice. */
  noteLeaving(hostName: string, attemptName: string, forJobId: string | undefined): void {
    const slot = this.#slots.get(hostName)
    const tenant = slot?.tenants.get(attemptName)
    if (!slot || !tenant?.attempt.spot || tenant.isLeaving) return
    tenant.isLeaving = true
    slot.leaving = plus(slot.leaving, tenant.resources)
    this.#leavingSlots.add(slot)
    if (forJobId !== undefined) slot.leavingFor.add(forJobId)
  }

  /** Whether an empty host could hold the request. */
  couldHold(wanted: Resources): boolean {
    return this.#sizes.some((size) => covers(size, wanted))
  }

  /** Whether a host that was offered earlier could have held it. */
  couldHaveHeld(wanted: Resources): boolean {
    return [...this.#sizesSeen.values()].some((size) => covers(size, wanted))
  }

  /**
   * Names the sizes of hosts that could hold the request, so that a result for one job can serve
   * another.
   */
  sizesThatHold(wanted: Resources): string {
    return this.#sizes.map((size) => (covers(size, wanted) ? '1' : '0')).join('')
  }

  /** The same for all nodes of a job together. `find` computes it if it is not known. */
  couldHoldAll(spec: JobSpec, find: () => boolean): boolean {
    let could = this.#roomWhenEmpty.get(spec)
    if (could === undefined) {
      could = find()
      this.#roomWhenEmpty.set(spec, could)
    }
    return could
  }

  /** The largest size, by vCPUs and then by memory. */
  largest(): Resources {
    return this.#sizes.reduce((best, size) => (larger(size, best) ? size : best), noResources)
  }

  /** Slots with room for that many vCPUs, those with the least room first. */
  *roomFor(vcpus: number): Generator<Slot> {
    for (let at = this.#placeOf(Math.floor(vcpus)); at < this.#freeVcpus.length; at++)
      for (const slot of this.#buckets.get(this.#freeVcpus[at]!)!) if (slot.free.vcpus >= vcpus) yield slot
  }

  /**
   * Returns the host with the most free vCPUs, among the hosts that could hold the request if they
   * were empty.
   */
  mostFree(wanted: Resources): Slot | undefined {
    for (let at = this.#freeVcpus.length - 1; at >= 0; at--) {
      let best: Slot | undefined
      for (const slot of this.#buckets.get(this.#freeVcpus[at]!)!)
        if (covers(slot.host.capacity, wanted) && (!best || larger(slot.free, best.free))) best = slot
      if (best) return best
    }
    return undefined
  }

  toJSON(): unknown {
    return [...this.#slots.values()].map(({ host, taken, leaving, tenants }) => [
      host,
      taken,
      leaving,
      [...tenants.keys()],
    ])
  }

  #add(host: Host): Slot {
    const slot: Slot = {
      host,
      taken: noResources,
      spot: noResources,
      leaving: noResources,
      leavingFor: new Set(),
      free: noResources,
      tenants: new Map(),
      disk: undefined,
    }
    this.#slots.set(host.hostName, slot)
    return slot
  }

  #withdraw(hostName: string, slot: Slot): void {
    this.#leaveBucket(slot)
    slot.host = { ...slot.host, capacity: gone }
    this.#settle(slot)
    if (slot.tenants.size === 0) this.#slots.delete(hostName)
  }

  #settle(slot: Slot): void {
    slot.free = minus(slot.host.capacity, slot.taken)
    if (isGone(slot)) return
    const free = bucketOf(slot)
    const bucket = this.#buckets.get(free)
    if (bucket) bucket.add(slot)
    else {
      this.#buckets.set(free, new Set([slot]))
      this.#freeVcpus.splice(this.#placeOf(free), 0, free)
    }
    if (slot.free.vcpus > 0) this.#withRoom++
  }

  #leaveBucket(slot: Slot): void {
    const free = bucketOf(slot)
    const bucket = this.#buckets.get(free)
    if (!bucket?.delete(slot)) return
    if (slot.free.vcpus > 0) this.#withRoom--
    if (bucket.size > 0) return
    this.#buckets.delete(free)
    this.#freeVcpus.splice(this.#placeOf(free), 1)
  }

  /** The index of the first bucket with at least that many free vCPUs, or where it would be. */
  #placeOf(free: number): number {
    let low = 0
    let high = this.#freeVcpus.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#freeVcpus[middle]! < free) low = middle + 1
      else high = middle
    }
    return low
  }

  #measure(): void {
    const sizes = new Map<string, Resources>()
    this.#capacity = noResources
    this.#onDemandVcpus = 0
    this.#roomWhenEmpty = new WeakMap()
    this.#largestDiskMib = 0
    for (const slot of this.#slots.values()) {
      if (isGone(slot)) continue
      const { capacity } = slot.host
      sizes.set(`${capacity.vcpus} ${capacity.memoryMib} ${capacity.gpus}`, capacity)
      this.#largestDiskMib = Math.max(this.#largestDiskMib, slot.host.disk?.offeredMib ?? Number.POSITIVE_INFINITY)
      this.#capacity = plus(this.#capacity, capacity)
      this.#onDemandVcpus += slot.taken.vcpus - slot.spot.vcpus
    }
    this.#sizes = [...sizes.values()]
    for (const [name, size] of sizes) if (this.#sizesSeen.size < sizesRemembered) this.#sizesSeen.set(name, size)
  }
}

const nothingWritten: ReadonlyMap<string, number> = new Map()

function noteDisk(slot: Slot, freeMib: number, written: ReadonlyMap<string, number>): void {
  slot.disk = { freeMib: roomSeen(slot, freeMib, written), seenMib: freeMib, isStale: false }
  for (const [name, tenant] of slot.tenants) tenant.writtenMib = written.get(name) ?? tenant.writtenMib
}

/**
 * What new attempts may write on a disk that was seen like this, MiB. What an attempt has written is
 * not free any more, so only the rest of what it may write counts.
 */
export function roomSeen(slot: Slot, freeMib: number, written: ReadonlyMap<string, number>): number {
  let expectedMib = 0
  for (const [name, tenant] of slot.tenants)
    expectedMib += Math.max(0, expectedOn(slot, tenant) - (written.get(name) ?? tenant.writtenMib))
  return freeMib - expectedMib
}

/** What the attempt may write on the host's disk, with all of its nodes there. MiB. */
export function expectedOn({ host }: Slot, { attempt, diskNeed }: Pick<Tenant, 'attempt' | 'diskNeed'>): number {
  const nodes = attempt.nodes?.filter(({ hostName }) => hostName === host.hostName).length ?? 1
  return nodes * neededMib(diskNeed, host)
}

/** What attempts on the host have written or may still write, MiB. */
export function heldOnDisk(slot: Slot, isMeant: (attempt: string) => boolean = () => true): number {
  let heldMib = 0
  for (const [name, tenant] of slot.tenants)
    if (isMeant(name)) heldMib += Math.max(expectedOn(slot, tenant), tenant.writtenMib)
  return heldMib
}

/**
 * What an ended attempt wrote is on the disk until its directories are removed. Where the disk is
 * tight, it counts as free only once somebody saw that it is.
 */
function bookDisk({ disk }: Slot, scratchMib: number, sign: 1 | -1): void {
  if (!disk) return
  if (sign === 1) disk.freeMib -= scratchMib
  else {
    disk.isStale = true
    if (disk.freeMib >= limits.scratchTightMib) disk.freeMib += scratchMib
  }
}

/** More kinds of hosts than one driver has. */
const sizesRemembered = 1_000

/**
 * This very object marks a host that is no longer offered but still runs attempts. No driver's host
 * has it.
 */
const gone: Resources = { vcpus: 0, memoryMib: 0, gpus: 0 }

/** Whether the host is no longer offered. */
export function isGone({ host }: Slot): boolean {
  return host.capacity === gone
}

function bucketOf({ free }: Slot): number {
  return Math.max(0, Math.floor(free.vcpus))
}

function larger(a: Resources, b: Resources): boolean {
  return a.vcpus !== b.vcpus ? a.vcpus > b.vcpus : a.memoryMib > b.memoryMib
}
