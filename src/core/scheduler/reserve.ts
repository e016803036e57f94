/**
 * Decides which room the head of a queue reserves while others may pass it (see reservation.ts).
 */
import { acceptsPlacements } from '../../model/compute-environment.ts'
import type { JobSpec } from '../../model/job.ts'
import { noResources, plus, type Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { resourcesOfNode } from '../state/bookings.ts'
import { type DiskNeed, diskNeedOf, neededMib } from '../state/disk-need.ts'
import { heldOnDisk, type Slot } from '../state/host-index.ts'
import type { Reservation } from '../state/reservation.ts'
import type { DriverState } from '../state/state.ts'
import type { Draft } from './draft.ts'
import { holds, type Misfit, placeNodes } from './fit.ts'
import type { Candidate } from './whose-turn.ts'

/**
 * Returns the known reservation as long as it holds; otherwise the hosts with the most room that
 * could hold the job. Nobody knows which of them will be free first, and one with a long job may
 * never be. So the longer the head of one node waits, the more hosts it claims, and it starts on
 * the first that is free. Undefined if the job does not wait for room.
 */
export function reserveFor(
  draft: Draft,
  known: Reservation | undefined,
  { job, childIndex }: Candidate,
  misfit: Misfit,
  now: TimeMs,
): Reservation | undefined {
  if (!waitsForRoom(misfit)) return undefined
  const { jobId, spec } = job
  const environment = draft.state.computeEnvironments.get(misfit.computeEnvironment)
  const driver = environment && draft.state.drivers.get(environment.driver)
  if (!driver) return undefined
  const isKnown = known?.jobId === jobId && known.childIndex === childIndex
  const head = {
    ...{ jobId, childIndex, sinceMs: now },
    ...{ computeEnvironment: environment.name, driver: driver.name, isSpot: environment.spot !== undefined },
    consumables: (spec.consumables ?? []).map(({ arn }) => arn),
    beside: new Map(),
  }
  // Hosts would be idle until there is enough of a consumable resource.
  if (misfit.kind === 'consumableShort' || (misfit.kind === 'roomReserved' && misfit.of === 'consumables'))
    return isKnown && known.doublings === undefined
      ? known
      : { ...head, claims: new Map(), disks: new Map(), vcpus: 0, doublings: undefined }
  if (isKnown && stillHolds(draft, spec, known)) return widened(draft, spec, known, now)
  const slots = placeNodes(spec, byMostRoom(draft, driver, spec))
  if (!slots) return undefined
  const need = diskNeedOf(spec, draft.state.rules)
  return {
    ...head,
    claims: claimsOf(spec, slots),
    disks: disksOf(need, slots),
    vcpus: spec.resources.vcpus,
    doublings: 0,
  }
}

function disksOf(need: DiskNeed, slots: readonly Slot[]): Map<string, number> {
  const disks = new Map<string, number>()
  for (const { host } of slots) disks.set(host.hostName, (disks.get(host.hostName) ?? 0) + neededMib(need, host))
  return disks
}

function claimsOf(spec: JobSpec, slots: readonly Slot[]): Map<string, Resources> {
  const claims = new Map<string, Resources>()
  for (const [node, { host }] of slots.entries())
    claims.set(host.hostName, plus(claims.get(host.hostName) ?? noResources, resourcesOfNode(spec, node)))
  return claims
}

/**
 * After this time a head has claimed a second host; after three times this, four; after seven
 * times, eight.
 */
const patienceMs = 300_000

/**
 * The known reservation, or one with more hosts if it is time. A multi-node job needs all hosts
 * that it claimed, and claims no more.
 */
function widened(draft: Draft, spec: JobSpec, known: Reservation, now: TimeMs): Reservation {
  const { resources, workload } = spec
  const doublings = workload.kind === 'multiNode' ? 0 : Math.floor(Math.log2(1 + (now - known.sinceMs) / patienceMs))
  if (doublings <= known.doublings!) return known
  const claims = new Map(known.claims)
  const disks = new Map(known.disks)
  const driver = draft.state.drivers.get(known.driver)!
  const need = diskNeedOf(spec, draft.state.rules)
  const find = byMostRoom(draft, driver, spec, (slot) => claims.has(slot.host.hostName))
  while (claims.size < 2 ** doublings) {
    const slot = find(resources, () => noResources)
    if (!slot) break
    claims.set(slot.host.hostName, resources)
    disks.set(slot.host.hostName, neededMib(need, slot.host))
  }
  return { ...known, claims, disks, doublings }
}

type WaitsForRoom = Extract<
  Misfit,
  { kind: 'hostsBusy' | 'diskShort' | 'maxvCpusInUse' | 'roomReserved' | 'consumableShort' }
>

function waitsForRoom(misfit: Misfit): misfit is WaitsForRoom {
  return (
    misfit.kind === 'hostsBusy' ||
    misfit.kind === 'diskShort' ||
    misfit.kind === 'maxvCpusInUse' ||
    misfit.kind === 'roomReserved' ||
    misfit.kind === 'consumableShort'
  )
}

/**
 * A host that another head waits for comes last, and one whose disk is too small not at all. Before
 * them comes one whose disk is too full of other things, as nobody knows when these go.
 */
function byMostRoom(
  draft: Draft,
  { name, index }: DriverState,
  spec: JobSpec,
  isOut: (slot: Slot) => boolean = () => false,
) {
  const need = diskNeedOf(spec, draft.state.rules)
  const own = new Map<Slot, number>()
  const find = (wanted: Resources, given: (slot: Slot) => Resources): Slot | undefined => {
    let best: Slot | undefined
    let bestVcpus = Number.NEGATIVE_INFINITY
    for (const slot of index.slots()) {
      const { capacity, hostName } = slot.host
      const free = slot.free.vcpus - given(slot).vcpus - draft.given(slot).vcpus
      const neededOnDisk = (own.get(slot) ?? 0) + neededMib(need, slot.host)
      const isFull = slot.disk && slot.disk.freeMib + heldOnDisk(slot) < neededOnDisk
      const rank = free - (draft.isReserved(name, hostName) ? elsewhere : 0) - (isFull ? elsewhere / 2 : 0)
      if (rank <= bestVcpus || isOut(slot) || !holds(capacity, given(slot), wanted)) continue
      if (slot.host.disk && slot.host.disk.offeredMib < neededOnDisk) continue
      best = slot
      bestVcpus = rank
    }
    return best
  }
  return (wanted: Resources, given: (slot: Slot) => Resources): Slot | undefined => {
    const slot = find(wanted, given)
    if (slot) own.set(slot, (own.get(slot) ?? 0) + neededMib(need, slot.host))
    return slot
  }
}

/** More vCPUs than any host has. */
const elsewhere = 1_000_000

/** Whether its environment is the queue's and accepts jobs, and the hosts are large enough. */
function stillHolds(draft: Draft, spec: JobSpec, known: Reservation): boolean {
  const { claims, computeEnvironment, disks, vcpus, doublings } = known
  if (doublings === undefined) return false
  const jobQueue = draft.state.jobQueues.get(spec.jobQueue)
  if (!jobQueue?.computeEnvironments.includes(computeEnvironment)) return false
  const environment = draft.state.computeEnvironments.get(computeEnvironment)
  const driver = environment && draft.state.drivers.get(environment.driver)
  if (!environment || !acceptsPlacements(environment) || environment.maxvCpus < vcpus) return false
  if (driver?.health.kind !== 'healthy') return false
  if (environment.spot && draft.spotPrice(driver) > environment.spot.bidPercentage) return false
  return [...claims].every(([hostName, claim]) => {
    const host = driver.index.slot(hostName)?.host
    if (host === undefined || !holds(host.capacity, noResources, claim)) return false
    return !host.disk || host.disk.offeredMib >= (disks.get(hostName) ?? 0)
  })
}
