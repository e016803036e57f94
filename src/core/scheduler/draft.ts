/** What a plan has given away and keeps free while it is being made, on top of the state, which it may not change. Room only ever becomes less. */
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { JobSpec } from '../../model/job.ts'
import { covers, minus, noResources, plus, type Resources } from '../../model/resources.ts'
import type { HostIndex, Slot } from '../state/host-index.ts'
import { leavesConsumables, leavesRoom, leavesVcpus, type Reservation } from '../state/reservation.ts'
import { type DriverState, type State, shareHosts } from '../state/state.ts'

/** Room kept free for a job that cannot start yet. */
export interface Held {
  readonly forJobId: string
  readonly amount: Resources
}

/** A reservation, and what the plan had given away before it was made: as what ran before, that does not run beside it. */
interface Binding {
  readonly reservation: Reservation
  readonly givenBefore: ReadonlyMap<string, Resources>
  readonly vcpusBefore: number
}

/** A size that found no room. */
export interface NoRoom {
  readonly wanted: Resources
  /** The job for which there is room. */
  readonly keptFor: string | undefined
}

/** Such sizes that are remembered. */
const sizesRemembered = 32

export class Draft {
  readonly state: State
  /** Of heads of queues that were considered so far: room that is not to be taken. */
  readonly #reservations: Binding[] = []
  /** Of those, what binds on-demand work too. It has first claim: what is reserved for spot work does not bind it. */
  readonly #onDemandReservations: Binding[] = []
  readonly #slots = new Map<Slot, Resources>()
  readonly #slotsByIndex = new Map<HostIndex, Set<Slot>>()
  readonly #held = new Map<Slot, Held>()
  readonly #environments = new Map<string, number>()
  readonly #heldVcpus = new Map<string, { forJobId: string; vcpus: number }>()
  readonly #locked = new Map<string, number>()
  readonly #onDemand = new Map<HostIndex, number>()
  readonly #spotEnvironments = new Set<ComputeEnvironment>()
  readonly #noRoom = new Map<string, NoRoom[]>()
  readonly #mostFree = new Map<string, Resources>()

  constructor(state: State) {
    this.state = state
  }

  /** Of this host, by this plan: placed or kept free. */
  given(slot: Slot): Resources {
    return this.#slots.get(slot) ?? noResources
  }

  /** Of that, what is kept free. */
  held(slot: Slot): Held | undefined {
    return this.#held.get(slot)
  }

  /** Hosts of the driver of which this plan has given something away. */
  touched({ index }: DriverState): Iterable<Slot> {
    return this.#slotsByIndex.get(index) ?? []
  }

  isTouched(slot: Slot): boolean {
    return this.#slots.has(slot)
  }

  take(driver: string, slot: Slot, amount: Resources): void {
    this.#slots.set(slot, plus(this.given(slot), amount))
    const { index } = this.state.drivers.get(driver)!
    const slots = this.#slotsByIndex.get(index)
    if (slots) slots.add(slot)
    else this.#slotsByIndex.set(index, new Set([slot]))
  }

  /** Room that nobody else is to have, though the job cannot start yet. */
  hold(driver: string, slot: Slot, amount: Resources, forJobId: string): void {
    this.take(driver, slot, amount)
    this.#held.set(slot, { forJobId, amount: plus(this.#held.get(slot)?.amount ?? noResources, amount) })
  }

  takeEnvironment(environment: ComputeEnvironment, spec: JobSpec): void {
    this.#count(environment, spec)
    this.#lock(spec)
  }

  /** vCPUs of an environment in which a job may start in the end, or in another. */
  keepEnvironment({ name }: ComputeEnvironment, spec: JobSpec): void {
    this.#environments.set(name, (this.#environments.get(name) ?? 0) + spec.resources.vcpus)
    this.#lock(spec)
  }

  /** The job starts in this one. */
  settleEnvironment(kept: ComputeEnvironment, environment: ComputeEnvironment, spec: JobSpec): void {
    this.#environments.set(kept.name, this.#environments.get(kept.name)! - spec.resources.vcpus)
    this.#count(environment, spec)
  }

  holdEnvironment(name: string, spec: JobSpec, forJobId: string): void {
    const before = this.#heldVcpus.get(name)?.vcpus ?? 0
    this.#heldVcpus.set(name, { forJobId, vcpus: before + spec.resources.vcpus })
    this.#lock(spec)
  }

  /** Of the environment, by live attempts and by those that this plan places. */
  vcpusOfEnvironment(name: string): number {
    return (this.state.taken.get(name)?.vcpus ?? 0) + (this.#environments.get(name) ?? 0)
  }

  /** The job that the environment's last vCPUs are kept for, if so many more would take them. */
  keptVcpus({ name, maxvCpus, spot }: ComputeEnvironment, wanted: number): string | undefined {
    const held = this.#heldVcpus.get(name)
    if (held && this.vcpusOfEnvironment(name) + held.vcpus + wanted > maxvCpus) return held.forJobId
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

  /** The job that a free part of the host is kept for, if this would take of it. `besides` is what else the plan puts there. */
  keptRoom(driver: string, slot: Slot, besides: Resources, wanted: Resources, isSpot: boolean): string | undefined {
    const { hostName } = slot.host
    for (const { reservation, givenBefore } of this.#binding(isSpot)) {
      if (!reservation.claims.has(hostName) || !shareHosts(this.state, reservation.driver, driver)) continue
      const before = givenBefore.get(hostName) ?? noResources
      if (!leavesRoom(reservation, slot.host, plus(slot.taken, before), minus(besides, before), wanted))
        return reservation.jobId
    }
    return undefined
  }

  keptConsumables(spec: JobSpec): string | undefined {
    return this.#reservations.find(({ reservation }) => !leavesConsumables(reservation, spec))?.reservation.jobId
  }

  /** How much of a consumable resource live attempts hold, and those that this plan places or keeps room for. */
  locked(arn: string): number {
    return (this.state.locked.get(arn) ?? 0) + (this.#locked.get(arn) ?? 0)
  }

  /** In percent: the part of the driver's vCPUs that on-demand attempts hold. */
  spotPrice({ index }: DriverState): number {
    return index.spotPrice(this.#onDemand.get(index) ?? 0)
  }

  /** Those in which this plan starts spot attempts. */
  spotEnvironments(): Iterable<ComputeEnvironment> {
    return this.#spotEnvironments
  }

  /** What was found of as much on the same hosts before, or of less if nothing was kept: there can only be less room now. */
  knownNoRoom(driver: string, isSpot: boolean, wanted: Resources): NoRoom | undefined {
    const known = (key: string) =>
      this.#noRoom
        .get(key)
        ?.find((it) => covers(wanted, it.wanted) && (it.keptFor === undefined || covers(it.wanted, wanted)))
    return known(driver) ?? (isSpot ? known(`${driver} spot`) : undefined)
  }

  /** What is kept from spot work may still be had by on-demand work. */
  rememberNoRoom(driver: string, isSpot: boolean, noRoom: NoRoom): void {
    const key = isSpot ? `${driver} spot` : driver
    const known = this.#noRoom.get(key)
    if (!known) this.#noRoom.set(key, [noRoom])
    else if (known.length < sizesRemembered) known.push(noRoom)
  }

  /** What is free, as the state has it, on the host with the most free vCPUs of those that could hold it if they were empty. */
  mostFree({ name, index }: DriverState, wanted: Resources): Resources {
    const key = `${name} ${index.sizesThatHold(wanted)}`
    let free = this.#mostFree.get(key)
    if (!free) {
      const found = index.mostFree(wanted)?.free ?? noResources
      // A host that became smaller may hold more than it has.
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

  /** What the plan gave away before of what was claimed before counts beside it: it will be booked so. */
  reserve(reservation: Reservation, known: Reservation | undefined): void {
    const givenBefore = new Map<string, Resources>()
    const { index } = this.state.drivers.get(reservation.driver)!
    for (const hostName of reservation.claims.keys())
      if (!known?.claims.has(hostName)) givenBefore.set(hostName, this.given(index.slot(hostName)!))
    const vcpusBefore = known ? 0 : this.#givenOf(reservation.computeEnvironment)
    const binding = { reservation, givenBefore, vcpusBefore }
    this.#reservations.push(binding)
    if (!reservation.isSpot) this.#onDemandReservations.push(binding)
  }

  /** vCPUs of the environment, by this plan: placed or kept free. */
  #givenOf(name: string): number {
    return (this.#environments.get(name) ?? 0) + (this.#heldVcpus.get(name)?.vcpus ?? 0)
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
