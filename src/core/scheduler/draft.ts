/**
 * What a plan has given away and keeps free while it is made. It lies on top of the state, which a
 * plan may not change. Room only shrinks while a plan is made. docs/develop/glossary.md defines the
 * words for room that is not free.
 */
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { JobSpec } from '../../model/job.ts'
import { covers, minus, noResources, plus, type Resources } from '../../model/resources.ts'
import { type DiskNeed, neededMib } from '../state/disk-need.ts'
import type { HostIndex, Slot } from '../state/host-index.ts'
import { leavesConsumables, leavesDisk, leavesRoom, leavesVcpus, type Reservation } from '../state/reservation.ts'
import { type DriverState, type State, shareHosts } from '../state/state.ts'

/** Room that this plan keeps free for a job that cannot start yet. */
export interface Kept {
  readonly forJobId: string
  readonly amount: Resources
}

/**
 * A reservation, and what the plan had given away before it was made. Jobs placed before it do not
 * run beside the head, just as earlier attempts do not.
 */
interface Binding {
  readonly reservation: Reservation
  readonly givenBefore: ReadonlyMap<string, Resources>
  readonly diskBefore: ReadonlyMap<string, number>
  readonly vcpusBefore: number
}

/** Remembers that a request of this size found no room. */
export interface NoRoom {
  readonly wanted: Resources
  /** The job that the room is kept or reserved for, if that is the reason. */
  readonly keptFor: string | undefined
}

/** How many sizes are remembered for each driver. */
const sizesRemembered = 32

export class Draft {
  readonly state: State
  /** The reservations of the heads that this plan has reached so far. */
  readonly #reservations: Binding[] = []
  /** The reservations that bind on-demand work too. It may take what is reserved for spot work. */
  readonly #onDemandReservations: Binding[] = []
  readonly #slots = new Map<Slot, Resources>()
  readonly #slotsByIndex = new Map<HostIndex, Set<Slot>>()
  readonly #kept = new Map<Slot, Kept>()
  readonly #disks = new Map<Slot, number>()
  readonly #environments = new Map<string, number>()
  readonly #keptVcpus = new Map<string, { forJobId: string; vcpus: number }>()
  readonly #locked = new Map<string, number>()
  readonly #onDemand = new Map<HostIndex, number>()
  readonly #spotEnvironments = new Set<ComputeEnvironment>()
  readonly #noRoom = new Map<string, NoRoom[]>()
  readonly #mostFree = new Map<string, Resources>()

  constructor(state: State) {
    this.state = state
  }

  /** What this plan has given away of the host, whether placed there or kept free. */
  given(slot: Slot): Resources {
    return this.#slots.get(slot) ?? noResources
  }

  /** The part of the host that is kept free. */
  kept(slot: Slot): Kept | undefined {
    return this.#kept.get(slot)
  }

  /** The driver's hosts of which this plan has given something away. */
  touched({ index }: DriverState): Iterable<Slot> {
    return this.#slotsByIndex.get(index) ?? []
  }

  isTouched(slot: Slot): boolean {
    return this.#slots.has(slot)
  }

  /** Gives room of the host to an attempt. */
  give(driver: string, slot: Slot, amount: Resources): void {
    this.#slots.set(slot, plus(this.given(slot), amount))
    const { index } = this.state.drivers.get(driver)!
    const slots = this.#slotsByIndex.get(index)
    if (slots) slots.add(slot)
    else this.#slotsByIndex.set(index, new Set([slot]))
  }

  /** Gives space on the host's disk to a node of an attempt. */
  giveDisk(slot: Slot, need: DiskNeed): void {
    if (slot.disk) this.#disks.set(slot, (this.#disks.get(slot) ?? 0) + neededMib(need, slot.host))
  }

  /** What another attempt may write on the host's disk, MiB. Infinite if it is not watched. */
  diskRoom(slot: Slot): number {
    return slot.disk ? slot.disk.freeMib - (this.#disks.get(slot) ?? 0) : Number.POSITIVE_INFINITY
  }

  /** Keeps room for a job that cannot start yet: nobody else gets it. */
  keep(driver: string, slot: Slot, amount: Resources, forJobId: string): void {
    this.give(driver, slot, amount)
    this.#kept.set(slot, { forJobId, amount: plus(this.#kept.get(slot)?.amount ?? noResources, amount) })
  }

  /** Gives vCPUs of the environment to a job that starts in it. */
  giveVcpus(environment: ComputeEnvironment, spec: JobSpec): void {
    this.#count(environment, spec)
    this.#lock(spec)
  }

  /**
   * Gives vCPUs of the environment to a job that starts in it or, as `settleOn` decides later, in
   * another one.
   */
  giveEither({ name }: ComputeEnvironment, spec: JobSpec): void {
    this.#environments.set(name, (this.#environments.get(name) ?? 0) + spec.resources.vcpus)
    this.#lock(spec)
  }

  /** The job starts in `environment`, so what `giveEither` gave it of `other` is free again. */
  settleOn(other: ComputeEnvironment, environment: ComputeEnvironment, spec: JobSpec): void {
    this.#environments.set(other.name, this.#environments.get(other.name)! - spec.resources.vcpus)
    this.#count(environment, spec)
  }

  /** Keeps vCPUs of the environment for a job that cannot start yet. */
  keepVcpus(name: string, spec: JobSpec, forJobId: string): void {
    const before = this.#keptVcpus.get(name)?.vcpus ?? 0
    this.#keptVcpus.set(name, { forJobId, vcpus: before + spec.resources.vcpus })
    this.#lock(spec)
  }

  /** The vCPUs that live attempts of the environment use, and those that this plan places in it. */
  vcpusOfEnvironment(name: string): number {
    return (this.state.taken.get(name)?.vcpus ?? 0) + (this.#environments.get(name) ?? 0)
  }

  /**
   * Returns the job for which the environment's last vCPUs are kept or reserved, if `wanted` more
   * vCPUs would take some of them.
   */
  whoseVcpus({ name, maxvCpus, spot }: ComputeEnvironment, wanted: number): string | undefined {
    const kept = this.#keptVcpus.get(name)
    if (kept && this.vcpusOfEnvironment(name) + kept.vcpus + wanted > maxvCpus) return kept.forJobId
    const given = this.#givenOf(name)
    const inUse = this.state.taken.get(name)?.vcpus ?? 0
    for (const { reservation, vcpusBefore } of this.#binding(spot !== undefined))
      if (
        reservation.computeEnvironment === name &&
        !leavesVcpus(reservation, maxvCpus, inUse + vcpusBefore, given - vcpusBefore, wanted)
      )
        return reservation.jobId
    return undefined
  }

  /**
   * Returns the job for which room of the host is reserved, if `wanted` would take some of it.
   * `besides` is what else the plan gives there.
   */
  whoseRoom(driver: string, slot: Slot, besides: Resources, wanted: Resources, isSpot: boolean): string | undefined {
    const { hostName } = slot.host
    for (const { reservation, givenBefore } of this.#binding(isSpot)) {
      if (!reservation.claims.has(hostName) || !shareHosts(this.state, reservation.driver, driver)) continue
      const before = givenBefore.get(hostName) ?? noResources
      if (!leavesRoom(reservation, slot.host, plus(slot.taken, before), minus(besides, before), wanted))
        return reservation.jobId
    }
    return undefined
  }

  /**
   * Returns the job for which space on the host's disk is reserved, if `wantedMib` more would take
   * some of it. `besidesMib` is what else the same job gets there.
   */
  whoseDisk(driver: string, slot: Slot, besidesMib: number, wantedMib: number, isSpot: boolean): string | undefined {
    const { hostName } = slot.host
    for (const { reservation, diskBefore } of this.#binding(isSpot)) {
      if (!reservation.disks.has(hostName) || !shareHosts(this.state, reservation.driver, driver)) continue
      const before = diskBefore.get(hostName) ?? 0
      const given = (this.#disks.get(slot) ?? 0) - before + besidesMib
      if (!leavesDisk(reservation, slot, { before, given }, wantedMib)) return reservation.jobId
    }
    return undefined
  }

  /** Returns the job for which consumable resources that the spec needs are reserved. */
  whoseConsumables(spec: JobSpec): string | undefined {
    return this.#reservations.find(({ reservation }) => !leavesConsumables(reservation, spec))?.reservation.jobId
  }

  /**
   * How much of a consumable resource is locked by live attempts, and by the jobs that this plan
   * places or keeps room for.
   */
  locked(arn: string): number {
    return (this.state.locked.get(arn) ?? 0) + (this.#locked.get(arn) ?? 0)
  }

  /** The part of the driver's vCPUs that on-demand attempts hold, in percent. */
  spotPrice({ index }: DriverState): number {
    return index.spotPrice(this.#onDemand.get(index) ?? 0)
  }

  /** The environments in which this plan starts spot attempts. */
  spotEnvironments(): Iterable<ComputeEnvironment> {
    return this.#spotEnvironments
  }

  /**
   * Whether a request of this size, or a smaller one that nothing was kept from, found no room on
   * this driver before. Room only shrinks while a plan is made, so this request finds none either.
   */
  knownNoRoom(driver: string, isSpot: boolean, wanted: Resources): NoRoom | undefined {
    const known = (key: string) =>
      this.#noRoom
        .get(key)
        ?.find((it) => covers(wanted, it.wanted) && (it.keptFor === undefined || covers(it.wanted, wanted)))
    return known(driver) ?? (isSpot ? known(`${driver} spot`) : undefined)
  }

  /**
   * Spot work remembers separately, because on-demand work may still have what is kept from spot
   * work.
   */
  rememberNoRoom(driver: string, isSpot: boolean, noRoom: NoRoom): void {
    const key = isSpot ? `${driver} spot` : driver
    const known = this.#noRoom.get(key)
    if (!known) this.#noRoom.set(key, [noRoom])
    else if (known.length < sizesRemembered) known.push(noRoom)
  }

  /**
   * Returns the free room in the state on the host with the most free vCPUs, among the hosts that
   * could hold the request if they were empty.
   */
  mostFree({ name, index }: DriverState, wanted: Resources): Resources {
    const key = `${name} ${index.sizesThatHold(wanted)}`
    let free = this.#mostFree.get(key)
    if (!free) {
      const found = index.mostFree(wanted)?.free ?? noResources
      // A host that shrank may hold more than it has.
      free = {
        vcpus: Math.max(0, found.vcpus),
        memoryMib: Math.max(0, found.memoryMib),
        gpus: Math.max(0, found.gpus),
      }
      this.#mostFree.set(key, free)
    }
    return free
  }

  isReserved(driver: string, hostName: string): boolean {
    return this.#reservations.some(
      ({ reservation: it }) => it.claims.has(hostName) && shareHosts(this.state, it.driver, driver),
    )
  }

  /**
   * `known` is the reservation before this plan. What the plan has given of its hosts so far counts
   * in addition, because it will be booked.
   */
  reserve(reservation: Reservation, known: Reservation | undefined): void {
    const givenBefore = new Map<string, Resources>()
    const diskBefore = new Map<string, number>()
    const { index } = this.state.drivers.get(reservation.driver)!
    for (const hostName of reservation.claims.keys()) {
      if (known?.claims.has(hostName)) continue
      const slot = index.slot(hostName)!
      givenBefore.set(hostName, this.given(slot))
      diskBefore.set(hostName, this.#disks.get(slot) ?? 0)
    }
    const vcpusBefore = known ? 0 : this.#givenOf(reservation.computeEnvironment)
    const binding = { reservation, givenBefore, diskBefore, vcpusBefore }
    this.#reservations.push(binding)
    if (!reservation.isSpot) this.#onDemandReservations.push(binding)
  }

  /** vCPUs of the environment that this plan has given away, whether placed or kept free. */
  #givenOf(name: string): number {
    return (this.#environments.get(name) ?? 0) + (this.#keptVcpus.get(name)?.vcpus ?? 0)
  }

  #binding(isSpot: boolean): Binding[] {
    return isSpot ? this.#reservations : this.#onDemandReservations
  }

  #count(environment: ComputeEnvironment, { resources: { vcpus } }: JobSpec): void {
    const { name, driver, spot } = environment
    this.#environments.set(name, (this.#environments.get(name) ?? 0) + vcpus)
    if (spot) this.#spotEnvironments.add(environment)
    else {
      const { index } = this.state.drivers.get(driver)!
      this.#onDemand.set(index, (this.#onDemand.get(index) ?? 0) + vcpus)
    }
  }

  #lock(spec: JobSpec): void {
    for (const { arn, quantity } of spec.consumables ?? [])
      this.#locked.set(arn, (this.#locked.get(arn) ?? 0) + quantity)
  }
}
