/**
 * Decides whether and where a job fits, and if not, why not. Placing and explaining share this
 * computation.
 */
import { acceptsPlacements, type ComputeEnvironment } from '../../model/compute-environment.ts'
import type { JobSpec } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { covers, minus, noResources, plus, type Resources } from '../../model/resources.ts'
import { type NodeResources, nodesOf } from '../../model/workload.ts'
import { resourcesOfNode } from '../state/bookings.ts'
import { diskNeedOf } from '../state/disk-need.ts'
import type { Slot } from '../state/host-index.ts'
import { type DriverState, shareHosts } from '../state/state.ts'
import { DiskSearch } from './disk-search.ts'
import type { Draft } from './draft.ts'

export interface Fits {
  readonly kind: 'fits'
  readonly environment: ComputeEnvironment
  /**
   * One slot for each node; one for a job that is not multi-node. All start together, or none does.
   */
  readonly slots: readonly Slot[]
}

/**
 * Why a job cannot start now: the reason of the environment where its chance is nearest, and those
 * of the queue's other environments in order.
 */
export type Misfit = EnvironmentMisfit & { readonly elsewhere?: readonly Elsewhere[] }

interface Elsewhere {
  readonly computeEnvironment: string
  readonly misfit: EnvironmentMisfit
}

export type EnvironmentMisfit =
  /**
   * The first four change only with the capacity itself: the job needs more than a host or a
   * resource has, or than the offered hosts have now.
   */
  | { readonly kind: 'exceedsMaxvCpus'; readonly wanted: Resources; readonly maxvCpus: number }
  | {
      readonly kind: 'exceedsHosts'
      readonly driver: string
      readonly wanted: Resources
      /**
       * Set if several nodes find no place together even if nothing else runs. Then this is what
       * all hosts have.
       */
      readonly nodes?: number
      readonly largest: Resources
    }
  /** In MiB. */
  | { readonly kind: 'exceedsDisk'; readonly driver: string; readonly wantedMib: number; readonly largestMib: number }
  | { readonly kind: 'exceedsConsumable'; readonly name: string; readonly wanted: number; readonly total: number }
  | { readonly kind: 'hostsGone'; readonly wanted: Resources; readonly driver: string }
  | { readonly kind: 'environmentsInvalid'; readonly names: readonly string[] }
  | { readonly kind: 'environmentsDisabled'; readonly names: readonly string[] }
  | { readonly kind: 'engineAway'; readonly driver: string; readonly why: string }
  | {
      readonly kind: 'maxvCpusInUse'
      readonly computeEnvironment: string
      readonly wanted: Resources
      readonly inUse: number
      readonly maxvCpus: number
    }
  /** In percent. */
  | {
      readonly kind: 'spotPriceAboveBid'
      readonly computeEnvironment: string
      readonly price: number
      readonly bidPercentage: number
    }
  | {
      readonly kind: 'consumableShort'
      /** The environment that would take the job otherwise. */
      readonly computeEnvironment: string
      readonly name: string
      readonly wanted: number
      readonly available: number
    }
  | {
      readonly kind: 'hostsBusy'
      readonly computeEnvironment: string
      readonly wanted: Resources
      /** Set for a multi-node job, which wants it on at most this many hosts. */
      readonly nodes?: number
      /**
       * The free room on the host with the most, among the hosts that could hold the job if they
       * were empty.
       */
      readonly largestFree: Resources
    }
  /** A host has room for the job, and its disk has not. In MiB. */
  | {
      readonly kind: 'diskShort'
      readonly computeEnvironment: string
      readonly wantedMib: number
      /** Of the host whose disk has the most. */
      readonly hostName: string
      readonly freeMib: number
    }
  /** There is room, but it is kept for a job that is ahead. */
  | {
      readonly kind: 'roomReserved'
      readonly of: 'hosts' | 'disks' | 'maxvCpus' | 'consumables' | 'limits'
      readonly computeEnvironment: string
      readonly forJobId: string
      readonly wanted: Resources
    }
  /** Fair share keeps this many vCPUs for shares that are not active. */
  | {
      readonly kind: 'shareReservation'
      readonly reservedVcpus: number
      readonly inUse: number
      readonly total: number
    }
  | {
      readonly kind: 'maxConcurrent'
      readonly of: 'queue' | 'array' | 'user'
      readonly name: string
      readonly running: number
      readonly most: number
    }

type NeverKind = 'exceedsMaxvCpus' | 'exceedsHosts' | 'exceedsDisk' | 'exceedsConsumable' | 'hostsGone'

const neverKinds: ReadonlySet<string> = new Set<NeverKind>([
  ...(['exceedsMaxvCpus', 'exceedsHosts', 'exceedsDisk', 'exceedsConsumable', 'hostsGone'] as const),
])

export function isNever(fit: Fits | Misfit): fit is Extract<Misfit, { kind: NeverKind }> {
  return neverKinds.has(fit.kind)
}

/** Tries the queue's environments in order. The first that can hold the job now takes it. */
export function fit(draft: Draft, jobQueue: JobQueue, spec: JobSpec, terms?: 'onDemand'): Fits | Misfit {
  const never = exceedsConsumables(draft, spec)
  if (never) return never
  const misfits: Elsewhere[] = []
  let nearest: Elsewhere | undefined
  for (const name of jobQueue.computeEnvironments) {
    const environment = draft.state.computeEnvironments.get(name)
    if (terms === 'onDemand' && environment?.spot) continue
    const result = environment
      ? fitEnvironment(draft, environment, spec)
      : ({ kind: 'environmentsInvalid', names: [name] } as const)
    if (result.kind === 'fits') return shortOf(draft, result.environment, spec) ?? result
    const found = { computeEnvironment: name, misfit: result }
    misfits.push(found)
    if (!nearest || distanceOf(result) < distanceOf(nearest.misfit)) nearest = found
  }
  if (!nearest) return { kind: 'environmentsInvalid', names: [] }
  if (misfits.length === 1) return nearest.misfit
  return { ...nearest.misfit, elsewhere: misfits.filter((it) => it !== nearest) }
}

/**
 * Whether a job that holds this on-demand room would start on spot in an environment that its queue
 * names earlier, in the same room or on another driver. Its consumable resources are already its
 * own.
 */
export function fitSpotBefore(draft: Draft, jobQueue: JobQueue, spec: JobSpec, onDemand: Fits): Fits | undefined {
  for (const name of jobQueue.computeEnvironments) {
    if (name === onDemand.environment.name) return undefined
    const environment = draft.state.computeEnvironments.get(name)
    if (!environment?.spot) continue
    if (!shareHosts(draft.state, environment.driver, onDemand.environment.driver)) {
      const result = fitEnvironment(draft, environment, spec)
      if (result.kind === 'fits') return result
      continue
    }
    const driver = draft.state.drivers.get(environment.driver)!
    if (shutBecause(draft, driver, environment, spec) || isKeptFromSpot(draft, spec, onDemand)) continue
    return { ...onDemand, environment }
  }
  return undefined
}

/** Whether a head that waits for spot reserved some of the room that the job holds. */
function isKeptFromSpot(draft: Draft, spec: JobSpec, { environment, slots }: Fits): boolean {
  const own = new Map<Slot, Resources>()
  for (const [node, slot] of slots.entries())
    own.set(slot, plus(own.get(slot) ?? noResources, resourcesOfNode(spec, node)))
  return [...own].some(
    ([slot, wanted]) =>
      draft.whoseRoom(environment.driver, slot, minus(draft.given(slot), wanted), wanted, true) !== undefined,
  )
}

/**
 * The nearest chance is the best reason. Room comes free sooner than prices fall or engines return,
 * these happen sooner than an operator acts, and that happens sooner than never.
 */
function distanceOf(misfit: EnvironmentMisfit): number {
  if (isNever(misfit)) return 3
  if (misfit.kind === 'environmentsInvalid' || misfit.kind === 'environmentsDisabled') return 2
  return misfit.kind === 'engineAway' || misfit.kind === 'spotPriceAboveBid' ? 1 : 0
}

function exceedsConsumables(draft: Draft, { consumables = [] }: JobSpec): EnvironmentMisfit | undefined {
  for (const { arn, quantity } of consumables) {
    const resource = draft.state.consumableResources.get(arn)
    const total = resource?.totalQuantity ?? 0
    if (total < quantity) return { kind: 'exceedsConsumable', name: resource?.name ?? arn, wanted: quantity, total }
  }
  return undefined
}

/**
 * Returns the first consumable resource of which less is available than the job needs (docs/aws
 * §9.7).
 */
export function shortOf(draft: Draft, { name }: ComputeEnvironment, spec: JobSpec): EnvironmentMisfit | undefined {
  const { consumables } = spec
  if (!consumables) return undefined
  for (const { arn, quantity } of consumables) {
    const resource = draft.state.consumableResources.get(arn)
    const available = Math.max(0, (resource?.totalQuantity ?? 0) - draft.locked(arn))
    if (available < quantity)
      return {
        kind: 'consumableShort',
        computeEnvironment: name,
        name: resource?.name ?? arn,
        wanted: quantity,
        available,
      }
  }
  const forJobId = draft.whoseConsumables(spec)
  return forJobId === undefined
    ? undefined
    : { kind: 'roomReserved', of: 'consumables', computeEnvironment: name, forJobId, wanted: spec.resources }
}

function fitEnvironment(draft: Draft, environment: ComputeEnvironment, spec: JobSpec): Fits | EnvironmentMisfit {
  const driver = draft.state.drivers.get(environment.driver)
  return shutBecause(draft, driver, environment, spec) ?? findSlots(draft, driver!, environment, spec)
}

/** What keeps the job out of the environment, whatever room the hosts have. */
function shutBecause(
  draft: Draft,
  driver: DriverState | undefined,
  environment: ComputeEnvironment,
  spec: JobSpec,
): EnvironmentMisfit | undefined {
  const { name, maxvCpus, spot } = environment
  const wanted = spec.resources
  if (environment.state === 'DISABLED') return { kind: 'environmentsDisabled', names: [name] }
  if (!acceptsPlacements(environment)) return { kind: 'environmentsInvalid', names: [name] }
  if (wanted.vcpus > maxvCpus) return { kind: 'exceedsMaxvCpus', wanted, maxvCpus }
  if (driver?.health.kind !== 'healthy')
    return { kind: 'engineAway', driver: environment.driver, why: awayBecause(driver) }
  const never = couldNever(driver, spec)
  if (never) return never
  if (spot) {
    const price = draft.spotPrice(driver)
    if (price > spot.bidPercentage)
      return { kind: 'spotPriceAboveBid', computeEnvironment: name, price, bidPercentage: spot.bidPercentage }
  }
  const inUse = draft.vcpusOfEnvironment(name)
  if (inUse + wanted.vcpus > maxvCpus)
    return { kind: 'maxvCpusInUse', computeEnvironment: name, wanted, inUse, maxvCpus }
  const forJobId = draft.whoseVcpus(environment, wanted.vcpus)
  if (forJobId !== undefined)
    return { kind: 'roomReserved', of: 'maxvCpus', computeEnvironment: name, forJobId, wanted }
  return undefined
}

function couldNever({ name, index, hosts }: DriverState, spec: JobSpec): EnvironmentMisfit | undefined {
  const sizes = nodesOf(spec)?.map((node) => node.resources) ?? [spec.resources]
  for (const wanted of sizes) {
    if (!index.couldHold(wanted))
      return index.couldHaveHeld(wanted)
        ? { kind: 'hostsGone', wanted, driver: name }
        : { kind: 'exceedsHosts', driver: name, wanted, largest: index.largest() }
    // A driver may not reach all of a machine that drivers share: plain processes get no GPU.
    const own = hosts[0]?.machine === undefined ? undefined : hosts.map(({ capacity }) => capacity)
    if (own && !own.some((capacity) => covers(capacity, wanted)))
      return {
        kind: 'exceedsHosts',
        driver: name,
        wanted,
        largest: own.reduce((best, it) => (it.vcpus > best.vcpus ? it : best)),
      }
  }
  const { scratchMib = 0 } = spec
  if (scratchMib > index.largestDiskMib)
    return { kind: 'exceedsDisk', driver: name, wantedMib: scratchMib, largestMib: index.largestDiskMib }
  const nodes = numNodes(spec)
  if (nodes === undefined) return undefined
  const could = index.couldHoldAll(spec, () => placeNodes(spec, fullestOf(index.slots(), capacityOf)) !== undefined)
  return could
    ? undefined
    : { kind: 'exceedsHosts', driver: name, wanted: spec.resources, nodes, largest: index.capacity }
}

function findSlots(
  draft: Draft,
  driver: DriverState,
  environment: ComputeEnvironment,
  spec: JobSpec,
): Fits | EnvironmentMisfit {
  const isSpot = environment.spot !== undefined
  const nodes = numNodes(spec)
  const known = nodes !== undefined ? undefined : draft.knownNoRoom(driver.name, isSpot, spec.resources)
  let keptFor = known?.keptFor
  const disks = new DiskSearch(draft, { driver: driver.name, isSpot, need: diskNeedOf(spec, draft.state.rules) })
  const find = (wanted: Resources, given: (slot: Slot) => Resources): Slot | undefined => {
    let best: Slot | undefined
    let bestVcpus = Number.POSITIVE_INFINITY
    const consider = (slot: Slot, besides: Resources): boolean => {
      if (!holds(slot.free, besides, wanted)) {
        const held = draft.kept(slot)
        if (held && holds(plus(slot.free, held.amount), besides, wanted)) keptFor = held.forJobId
        return false
      }
      const reservedFor = draft.whoseRoom(driver.name, slot, besides, wanted, isSpot)
      if (reservedFor !== undefined) {
        keptFor = reservedFor
        return false
      }
      if (!disks.hasRoom(slot)) return false
      const left = slot.free.vcpus - besides.vcpus
      if (left < bestVcpus) {
        best = slot
        bestVcpus = left
      }
      return true
    }
    for (const slot of draft.touched(driver)) consider(slot, given(slot))
    // Hosts with the least room come first, so the first that fits is the fullest that can take the
    // job.
    for (const slot of driver.index.roomFor(wanted.vcpus))
      if (!draft.isTouched(slot) && consider(slot, given(slot))) break
    if (best) disks.take(best)
    return best
  }
  const slots = known ? undefined : placeNodes(spec, find, (slot) => draft.given(slot))
  if (slots) return { kind: 'fits', environment, slots }
  const { resources: wanted } = spec
  const short = disks.shortest
  // A job of this size finds no room only as long as the disk has none for it.
  if (disks.keptFor !== undefined)
    return { kind: 'roomReserved', of: 'disks', computeEnvironment: environment.name, forJobId: disks.keptFor, wanted }
  if (short) return { kind: 'diskShort', computeEnvironment: environment.name, ...short }
  if (!known && nodes === undefined) draft.rememberNoRoom(driver.name, isSpot, { wanted, keptFor })
  if (keptFor !== undefined)
    return { kind: 'roomReserved', of: 'hosts', computeEnvironment: environment.name, forJobId: keptFor, wanted }
  return {
    kind: 'hostsBusy',
    computeEnvironment: environment.name,
    wanted,
    ...(nodes === undefined ? {} : { nodes }),
    largestFree: draft.mostFree(driver, nodes === undefined ? wanted : noResources),
  }
}

/** Undefined for a job that is not multi-node. */
function numNodes({ workload }: JobSpec): number | undefined {
  return workload.kind === 'multiNode' ? workload.properties.numNodes : undefined
}

/** Returns a slot for every node, or undefined. What one node uses counts for the next. */
export function placeNodes(
  spec: JobSpec,
  find: (wanted: Resources, given: (slot: Slot) => Resources) => Slot | undefined,
  already: (slot: Slot) => Resources = () => noResources,
): Slot[] | undefined {
  const nodes = nodesOf(spec)
  if (!nodes) {
    const slot = find(spec.resources, already)
    return slot && [slot]
  }
  const own = new Map<Slot, Resources>()
  const given = (slot: Slot) => {
    const more = own.get(slot)
    return more ? plus(already(slot), more) : already(slot)
  }
  const slots: Slot[] = []
  // The largest come first, because they have the least choice.
  for (const { from, to, resources: wanted } of [...nodes].sort(largerFirst))
    for (let node = from; node <= to; node++) {
      const slot = find(wanted, given)
      if (!slot) return undefined
      slots[node] = slot
      own.set(slot, plus(own.get(slot) ?? noResources, wanted))
    }
  return slots
}

function largerFirst({ resources: a }: NodeResources, { resources: b }: NodeResources): number {
  return b.vcpus - a.vcpus || b.memoryMib - a.memoryMib || b.gpus - a.gpus
}

/** Finds among `slots` the one that has the fewest vCPUs left of its room. */
function fullestOf(slots: Iterable<Slot>, roomOf: (slot: Slot) => Resources) {
  return (wanted: Resources, given: (slot: Slot) => Resources): Slot | undefined => {
    let best: Slot | undefined
    let bestVcpus = Number.POSITIVE_INFINITY
    for (const slot of slots) {
      const besides = given(slot)
      const left = roomOf(slot).vcpus - besides.vcpus
      if (left >= bestVcpus || !holds(roomOf(slot), besides, wanted)) continue
      best = slot
      bestVcpus = left
    }
    return best
  }
}

function capacityOf({ host }: Slot): Resources {
  return host.capacity
}

/** Whether `room`, less what is given of it, holds `wanted`. */
export function holds(room: Resources, given: Resources, wanted: Resources): boolean {
  return (
    room.vcpus - given.vcpus >= wanted.vcpus &&
    room.memoryMib - given.memoryMib >= wanted.memoryMib &&
    room.gpus - given.gpus >= wanted.gpus
  )
}

function awayBecause(driver: DriverState | undefined): string {
  if (!driver || driver.health.kind === 'unseen') return 'it has not answered yet'
  return driver.health.kind === 'unreachable' ? driver.health.why : ''
}
