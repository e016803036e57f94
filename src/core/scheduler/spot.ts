/**
 * Spot: attempts that live on what on-demand work leaves. They get a notice when an on-demand job
 * needs their room, or when the spot price rises above the bid of their environment. The spot price
 * is the part of the driver's vCPUs that on-demand attempts hold.
 */
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { Job, JobSpec } from '../../model/job.ts'
import { covers, minus, noResources, plus, type Resources } from '../../model/resources.ts'
import { resourcesOfNode } from '../state/bookings.ts'
import type { Slot, Tenant } from '../state/host-index.ts'
import type { DriverState, State } from '../state/state.ts'
import type { Draft } from './draft.ts'
import { holds, placeNodes } from './fit.ts'

export interface Reclaim {
  readonly jobId: string
  readonly attempt: number
  readonly why: string
  /** The job that gets the room. Absent if the price is the cause. */
  readonly forJobId?: string
}

/** Hosts for which it is computed exactly which attempts would have to leave. */
const hostsWeighed = 16

/** The attempts that one plan gives notice to. */
export class Reclaims {
  readonly #draft: Draft
  readonly #told = new Map<string, Reclaim>()
  /** By driver: sizes for which no spot attempt can make room. */
  readonly #noHelp = new Map<string, Resources[]>()
  /** The same for room that is coming free, until more attempts get a notice. */
  readonly #noneComing = new Map<string, Resources[]>()
  /** What the attempts that get a notice now hold of each host. */
  readonly #leaving = new Map<Slot, Resources>()
  /** By driver and job: where room is coming free that was made for the job. */
  readonly #madeFor = new Map<string, ReadonlyMap<string, readonly Slot[]>>()

  constructor(draft: Draft) {
    this.#draft = draft
  }

  list(): Reclaim[] {
    return [...this.#told.values()]
  }

  /**
   * Makes room in the on-demand environment for a job that finds none. Attempts that already have a
   * notice are the best choice; then the host where the fewest vCPUs must leave, and there the
   * newest attempts. The room is held for the job from now on, while they take their time. Returns
   * false if not even that would help.
   */
  makeRoom(environment: ComputeEnvironment, job: Job): boolean {
    const { spec } = job
    const { resources } = spec
    const isOne = spec.workload.kind !== 'multiNode'
    const driver = this.#draft.state.drivers.get(environment.driver)
    if (!driver || driver.index.spotSlots().size === 0 || this.#mayBeFree(driver)) return false
    if (isOne && this.#noHelp.get(driver.name)?.some((size) => covers(resources, size))) return false
    const slots = placeNodes(
      spec,
      (wanted, given) => this.#comingFree(driver, job, wanted, given) ?? this.#cheapest(driver, spec, wanted, given),
      (slot) => this.#draft.given(slot),
    )
    if (!slots) {
      if (isOne) remember(this.#noHelp, driver.name, resources)
      return false
    }
    for (const [node, slot] of slots.entries()) {
      this.#draft.keep(driver.name, slot, resourcesOfNode(spec, node), job.jobId)
      for (const tenant of this.#victims(slot, this.#missing(slot, this.#draft.given(slot), noResources)))
        this.#tell(tenant, `on-demand job ${job.jobId} needs the room`, job.jobId)
    }
    this.#draft.keepVcpus(environment.name, spec, job.jobId)
    return true
  }

  /**
   * Gives notice to all attempts of the environments whose bid the price has passed, newest first.
   */
  tellOutbid(): void {
    const { computeEnvironments, drivers, taken } = this.#draft.state
    for (const { name, spot, driver: driverName } of computeEnvironments.values()) {
      const driver = drivers.get(driverName)
      // While the engine is away, or has not reported its capacity yet, there is no price.
      if (!spot || driver?.health.kind !== 'healthy' || driver.index.capacity.vcpus === 0) continue
      if (this.#mayBeFree(driver)) continue
      if ((taken.get(name)?.vcpus ?? 0) === 0) continue
      const price = this.#draft.spotPrice(driver)
      if (price <= spot.bidPercentage) continue
      const why = `the spot price, ${Math.round(price * 10) / 10} %, is above the bid of ${name}, ${spot.bidPercentage} %`
      const tenants = [...driver.index.spotSlots()].flatMap((slot) => [...slot.tenants.values()])
      for (const tenant of tenants
        .filter((it) => it.attempt.spot && it.attempt.computeEnvironment === name && !this.#isLeaving(it))
        .sort(newestFirst))
        this.#tell(tenant, why)
    }
  }

  #tell({ jobId, attempt }: Tenant, why: string, forJobId?: string): void {
    if (this.#told.has(attempt.name)) return
    this.#noneComing.clear()
    this.#told.set(attempt.name, {
      jobId,
      attempt: attempt.number,
      why,
      ...(forJobId === undefined ? {} : { forJobId }),
    })
    const { index } = this.#draft.state.drivers.get(attempt.driver)!
    for (const hostName of new Set((attempt.nodes ?? [attempt]).map((place) => place.hostName))) {
      const slot = index.slot(hostName)
      const tenant = slot?.tenants.get(attempt.name)
      if (slot && tenant) this.#leaving.set(slot, plus(this.#leaving.get(slot) ?? noResources, tenant.resources))
    }
  }

  /**
   * Whether an attempt that seems to hold room may have ended, on this driver or on one that shares
   * its hosts.
   */
  #mayBeFree({ name, index }: DriverState): boolean {
    const unread = [...this.#draft.state.drivers.values()].filter((it) => it.index === index && it.endsUnread)
    return unread.some(
      (it) =>
        it.name === name ||
        [...index.slots()].some(({ tenants }) =>
          [...tenants.values()].some(({ attempt }) => attempt.driver === it.name),
        ),
    )
  }

  #isLeaving({ isLeaving, attempt }: Tenant): boolean {
    return isLeaving || this.#told.has(attempt.name)
  }

  /**
   * Finds a host where enough is leaving already: first one where room was made for this very job,
   * else the fullest.
   */
  #comingFree(
    driver: DriverState,
    { jobId, spec }: Job,
    wanted: Resources,
    given: (slot: Slot) => Resources,
  ): Slot | undefined {
    const { name, index } = driver
    const fullest = (slots: Iterable<Slot>, best?: Slot): Slot | undefined => {
      let leastToSpare = best ? -this.#missing(best, given(best), wanted).vcpus : Number.POSITIVE_INFINITY
      for (const slot of slots) {
        const besides = given(slot)
        const missing = this.#missing(slot, besides, wanted)
        if (lacks(missing) || -missing.vcpus >= leastToSpare || this.#isKept(name, slot, besides, wanted)) continue
        best = slot
        leastToSpare = -missing.vcpus
      }
      return best
    }
    const own = fullest(this.#slotsMadeFor(driver).get(jobId) ?? [])
    if (own) return own
    const isOne = spec.workload.kind !== 'multiNode'
    if (isOne && this.#noneComing.get(name)?.some((size) => covers(wanted, size))) return undefined
    // A node of a multi-node job may find room where no spot attempt is.
    let best = fullest(isOne ? index.leavingSlots() : index.slots())
    best = fullest(
      [...this.#leaving.keys()].filter((slot) => index.slot(slot.host.hostName) === slot),
      best,
    )
    if (!best && isOne) remember(this.#noneComing, name, wanted)
    return best
  }

  #slotsMadeFor({ name, index }: DriverState): ReadonlyMap<string, readonly Slot[]> {
    let made = this.#madeFor.get(name)
    if (!made) {
      const byJob = new Map<string, Slot[]>()
      for (const slot of index.leavingSlots()) for (const jobId of slot.leavingFor) remember(byJob, jobId, slot)
      made = byJob
      this.#madeFor.set(name, made)
    }
    return made
  }

  #cheapest(
    { name, index }: DriverState,
    { workload }: JobSpec,
    wanted: Resources,
    given: (slot: Slot) => Resources,
  ): Slot | undefined {
    const found: { readonly slot: Slot; readonly missing: Resources; readonly amount: number }[] = []
    const isOne = workload.kind !== 'multiNode'
    for (const slot of isOne ? index.spotSlots() : index.slots()) {
      const besides = given(slot)
      if (!holds(plus(slot.free, slot.spot), besides, wanted)) continue
      const missing = this.#missing(slot, besides, wanted)
      found.push({ slot, missing, amount: amountOf(missing) })
    }
    let best: Slot | undefined
    let bestVcpus = Number.POSITIVE_INFINITY
    let weighed = 0
    for (const { slot, missing } of found.sort((a, b) => a.amount - b.amount)) {
      if (this.#isKept(name, slot, given(slot), wanted)) continue
      // Of several nodes, attempts that leave for one make room for the next.
      const gone = isOne ? 0 : vcpusOf(this.#victims(slot, this.#missing(slot, given(slot), noResources)))
      const vcpus = vcpusOf(this.#victims(slot, missing)) - gone
      if (vcpus < bestVcpus) {
        best = slot
        bestVcpus = vcpus
      }
      if (++weighed >= hostsWeighed) break
    }
    return best
  }

  #isKept(driver: string, slot: Slot, besides: Resources, wanted: Resources): boolean {
    return this.#draft.whoseRoom(driver, slot, besides, wanted, false) !== undefined
  }

  /**
   * What the host will lack when the attempts with a notice have left. Negative amounts are to
   * spare.
   */
  #missing(slot: Slot, besides: Resources, wanted: Resources): Resources {
    const told = this.#leaving.get(slot)
    const leaving = told ? plus(slot.leaving, told) : slot.leaving
    return minus(plus(besides, wanted), plus(slot.free, leaving))
  }

  /** Chooses the newest attempts that hold some of what is missing, as many as must leave. */
  #victims(slot: Slot, missing: Resources): Tenant[] {
    if (!lacks(missing)) return []
    const chosen: Tenant[] = []
    let left = missing
    const newest = [...slot.tenants.values()]
      .filter((tenant) => tenant.attempt.spot && !this.#isLeaving(tenant))
      .sort(newestFirst)
    for (const tenant of newest) {
      if (!lacks(left)) break
      if (!helps(tenant.resources, left)) continue
      chosen.push(tenant)
      left = minus(left, tenant.resources)
    }
    // A large attempt that was chosen last may make earlier small ones unnecessary.
    return chosen.filter(({ resources }) => {
      const without = plus(left, resources)
      if (lacks(without)) return true
      left = without
      return false
    })
  }
}

function vcpusOf(tenants: readonly Tenant[]): number {
  return tenants.reduce((sum, { resources }) => sum + resources.vcpus, 0)
}

function remember<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key)
  if (list) list.push(item)
  else lists.set(key, [item])
}

/**
 * Compares hosts of which one lacks vCPUs and the other memory. Memory is weighted roughly as hosts
 * have it.
 */
function amountOf({ vcpus, memoryMib, gpus }: Resources): number {
  return Math.max(0, vcpus) + Math.max(0, memoryMib) / mibPerVcpu + Math.max(0, gpus)
}

const mibPerVcpu = 4096

function lacks({ vcpus, memoryMib, gpus }: Resources): boolean {
  return vcpus > 0 || memoryMib > 0 || gpus > 0
}

function helps(resources: Resources, missing: Resources): boolean {
  return (
    (missing.vcpus > 0 && resources.vcpus > 0) ||
    (missing.memoryMib > 0 && resources.memoryMib > 0) ||
    (missing.gpus > 0 && resources.gpus > 0)
  )
}

function newestFirst({ attempt: a }: Tenant, { attempt: b }: Tenant): number {
  return b.placedAtMs - a.placedAtMs || (a.name < b.name ? 1 : -1)
}

export function isStopping(state: State, { jobId }: Pick<Tenant, 'jobId'>): boolean {
  const job = state.jobs.get(jobId)
  return (job?.state.status === 'STARTING' || job?.state.status === 'RUNNING') && job.state.stopping !== undefined
}
