/** Whether and where a job fits, and if not, why not: the one computation that placing and explaining share. */
import { acceptsPlacements, type ComputeEnvironment } from '../../model/compute-environment.ts'
import type { JobSpec } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { plus, type Resources } from '../../model/resources.ts'
import type { DriverState } from '../state.ts'
import type { Draft } from './draft.ts'
import type { Slot } from './host-index.ts'
import { leavesConsumables, leavesRoom, leavesVcpus } from './reservation.ts'

export interface Fits {
  readonly kind: 'fits'
  readonly environment: ComputeEnvironment
  /** By node; one for a job that is not multi-node. All start together or none does. */
  readonly slots: readonly Slot[]
}

/** Why a job cannot start now. */
export type Misfit =
  /** The first two change only when the capacity itself does. */
  | { readonly kind: 'exceedsMaxvCpus'; readonly wanted: Resources; readonly maxvCpus: number }
  | { readonly kind: 'exceedsHosts'; readonly wanted: Resources; readonly largest: Resources }
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
  | { readonly kind: 'consumableShort'; readonly name: string; readonly wanted: number; readonly available: number }
  | {
      readonly kind: 'hostsBusy'
      readonly computeEnvironment: string
      readonly wanted: Resources
      readonly largestFree: Resources
    }
  /** There is room, kept for the head of a queue. */
  | { readonly kind: 'roomReserved'; readonly forJobId: string; readonly wanted: Resources }
  /** Fair share keeps so many vCPUs for shares that are not active. */
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

export function isNever(fit: Fits | Misfit): fit is Extract<Misfit, { kind: 'exceedsMaxvCpus' | 'exceedsHosts' }> {
  return fit.kind === 'exceedsMaxvCpus' || fit.kind === 'exceedsHosts'
}

/** Which environments are asked: on-demand work has first claim on what there is. */
export type Phase = 'onDemand' | 'all'

/** Tries the queue's environments in their order; the first that can hold the job now takes it. */
export function fit(draft: Draft, jobQueue: JobQueue, spec: JobSpec, phase: Phase): Fits | Misfit {
  const misfits: Misfit[] = []
  for (const name of jobQueue.computeEnvironments) {
    const environment = draft.state.computeEnvironments.get(name)
    if (phase === 'onDemand' && environment?.spot) continue
    const result = environment
      ? fitEnvironment(draft, environment, spec)
      : ({ kind: 'environmentsInvalid', names: [name] } as const)
    if (result.kind === 'fits') return shortOf(draft, spec) ?? result
    misfits.push(result)
  }
  // The nearest chance is the truest reason: waiting beats what needs an operator, and that beats never.
  return (
    misfits.find((m) => !isNever(m) && m.kind !== 'environmentsInvalid' && m.kind !== 'environmentsDisabled') ??
    misfits.find((m) => !isNever(m)) ??
    misfits[0] ?? { kind: 'environmentsInvalid', names: [] }
  )
}

/** The first consumable resource of which less is available than the job needs (batch-semantics §9.7). */
function shortOf(draft: Draft, spec: JobSpec): Misfit | undefined {
  const { state, reservations } = draft
  for (const { arn, quantity } of spec.consumables ?? []) {
    const resource = state.consumableResources.get(arn)
    const available = Math.max(0, (resource?.totalQuantity ?? 0) - draft.locked(arn))
    if (available < quantity)
      return { kind: 'consumableShort', name: resource?.name ?? arn, wanted: quantity, available }
  }
  const holder = reservations.find((reservation) => !leavesConsumables(reservation, spec))
  return holder && { kind: 'roomReserved', forJobId: holder.jobId, wanted: spec.resources }
}

function fitEnvironment(draft: Draft, environment: ComputeEnvironment, spec: JobSpec): Fits | Misfit {
  const { name, maxvCpus, spot } = environment
  const wanted = spec.resources
  if (environment.state === 'DISABLED') return { kind: 'environmentsDisabled', names: [name] }
  if (!acceptsPlacements(environment)) return { kind: 'environmentsInvalid', names: [name] }
  if (wanted.vcpus > maxvCpus) return { kind: 'exceedsMaxvCpus', wanted, maxvCpus }
  const driver = draft.state.drivers.get(environment.driver)
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
  const given = inUse - (draft.state.taken.get(name)?.vcpus ?? 0)
  const holder = draft.reservations.find(
    (it) => it.computeEnvironment === name && !leavesVcpus(it, maxvCpus, given, wanted.vcpus),
  )
  if (holder) return { kind: 'roomReserved', forJobId: holder.jobId, wanted }
  return findSlots(draft, driver, environment, spec)
}

function couldNever({ index }: DriverState, spec: JobSpec): Misfit | undefined {
  const sizes = spec.nodeResources?.map(({ resources }) => resources) ?? [spec.resources]
  if (!sizes.every((size) => index.couldHold(size)))
    return { kind: 'exceedsHosts', wanted: spec.resources, largest: index.largest() }
  if (!spec.nodeResources) return undefined
  const onEmpty = placeNodes(spec, (wanted, given) =>
    firstOf(index.slots(), (slot) => holds(slot.host.capacity, given(slot), wanted)),
  )
  return onEmpty ? undefined : { kind: 'exceedsHosts', wanted: spec.resources, largest: index.capacity }
}

function findSlots(draft: Draft, driver: DriverState, environment: ComputeEnvironment, spec: JobSpec): Fits | Misfit {
  let holder: string | undefined
  const find = (wanted: Resources, given: (slot: Slot) => Resources): Slot | undefined => {
    let best: Slot | undefined
    let bestVcpus = Number.POSITIVE_INFINITY
    const consider = (slot: Slot, besides: Resources): boolean => {
      if (!holds(slot.free, besides, wanted)) return false
      const reserved = draft.reservations.find(
        (it) => it.driver === driver.name && !leavesRoom(it, slot.host.hostName, slot.host.capacity, besides, wanted),
      )
      if (reserved) {
        holder = reserved.jobId
        return false
      }
      const left = slot.free.vcpus - besides.vcpus
      if (left < bestVcpus) {
        best = slot
        bestVcpus = left
      }
      return true
    }
    for (const slot of draft.touched(driver.name)) consider(slot, given(slot))
    // Those with the least room come first: the first that fits is the fullest that can take the job.
    for (const slot of driver.index.roomFor(wanted.vcpus))
      if (!draft.isTouched(slot) && consider(slot, given(slot))) break
    return best
  }
  const slots = placeNodes(spec, find, (slot) => draft.given(slot))
  if (slots) return { kind: 'fits', environment, slots }
  if (holder !== undefined) return { kind: 'roomReserved', forJobId: holder, wanted: spec.resources }
  return {
    kind: 'hostsBusy',
    computeEnvironment: environment.name,
    wanted: spec.resources,
    largestFree: driver.index.mostFree()?.free ?? { vcpus: 0, memoryMib: 0, gpus: 0 },
  }
}

/** A slot for every node, or undefined. What one node takes counts for the next. */
export function placeNodes(
  { resources, nodeResources }: JobSpec,
  find: (wanted: Resources, given: (slot: Slot) => Resources) => Slot | undefined,
  already: (slot: Slot) => Resources = () => nothing,
): Slot[] | undefined {
  if (!nodeResources) {
    const slot = find(resources, already)
    return slot && [slot]
  }
  const own = new Map<Slot, Resources>()
  const given = (slot: Slot) => {
    const more = own.get(slot)
    return more ? plus(already(slot), more) : already(slot)
  }
  const slots: Slot[] = []
  for (const { from, to, resources: wanted } of nodeResources)
    for (let node = from; node <= to; node++) {
      const slot = find(wanted, given)
      if (!slot) return undefined
      slots[node] = slot
      own.set(slot, plus(own.get(slot) ?? nothing, wanted))
    }
  return slots
}

const nothing: Resources = { vcpus: 0, memoryMib: 0, gpus: 0 }

export function firstOf(slots: Iterable<Slot>, test: (slot: Slot) => boolean): Slot | undefined {
  for (const slot of slots) if (test(slot)) return slot
  return undefined
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
