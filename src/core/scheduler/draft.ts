/** What a plan has given away while it is being made, on top of the state, which it may not change. */
import type { JobSpec } from '../../model/job.ts'
import { noResources, plus, type Resources } from '../../model/resources.ts'
import type { DriverState, State } from '../state.ts'
import type { Slot } from './host-index.ts'
import type { Reservation } from './reservation.ts'

export class Draft {
  readonly state: State
  /** Of the queues that went before, and of this one: room that is not to be taken. */
  readonly reservations: Reservation[] = []
  readonly #slots = new Map<Slot, Resources>()
  readonly #slotsByDriver = new Map<string, Set<Slot>>()
  readonly #environments = new Map<string, Resources>()
  readonly #locked = new Map<string, number>()
  readonly #running = new Map<string, number>()
  readonly #onDemand = new Map<string, number>()

  constructor(state: State) {
    this.state = state
  }

  /** On this host, by this plan. */
  given(slot: Slot): Resources {
    return this.#slots.get(slot) ?? noResources
  }

  /** Hosts of the driver of which this plan has given something away. */
  touched(driver: string): Iterable<Slot> {
    return this.#slotsByDriver.get(driver) ?? []
  }

  isTouched(slot: Slot): boolean {
    return this.#slots.has(slot)
  }

  /** Room on a host that nobody else is to have. */
  hold(driver: string, slot: Slot, amount: Resources): void {
    this.#slots.set(slot, plus(this.given(slot), amount))
    const slots = this.#slotsByDriver.get(driver) ?? new Set()
    this.#slotsByDriver.set(driver, slots)
    slots.add(slot)
  }

  takeEnvironment(name: string, driver: string, isSpot: boolean, spec: JobSpec): void {
    this.#environments.set(name, plus(this.#environments.get(name) ?? noResources, spec.resources))
    if (!isSpot) this.#onDemand.set(driver, (this.#onDemand.get(driver) ?? 0) + spec.resources.vcpus)
    for (const { arn, quantity } of spec.consumables ?? [])
      this.#locked.set(arn, (this.#locked.get(arn) ?? 0) + quantity)
  }

  vcpusOfEnvironment(name: string): number {
    return (this.state.taken.get(name)?.vcpus ?? 0) + (this.#environments.get(name)?.vcpus ?? 0)
  }

  locked(arn: string): number {
    return (this.state.locked.get(arn) ?? 0) + (this.#locked.get(arn) ?? 0)
  }

  /** Live attempts counted under this key: `queue q`, `owner ada`, `array ID`. */
  running(key: string): number {
    return this.#running.get(key) ?? 0
  }

  countRunning(key: string): void {
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1)
  }

  /** In percent: the part of the driver's vCPUs that on-demand attempts hold. */
  spotPrice(driver: DriverState): number {
    const total = driver.index.capacity.vcpus
    return total === 0 ? 100 : (100 * (driver.index.onDemandVcpus + (this.#onDemand.get(driver.name) ?? 0))) / total
  }
}
