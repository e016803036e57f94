/**
 * Decides which room the head of a queue reserves while others may pass it (see reservation.ts).
 */
import { acceptsPlacements } from '../../model/compute-environment.ts'
import type { JobSpec } from '../../model/job.ts'
import { noResources, plus, type Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { resourcesOfNode } from '../state/bookings.ts'
import type { Slot } from '../state/host-index.ts'
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
      : { ...head, claims: new Map(), vcpus: 0, doublings: undefined }
  if (isKnown && stillHolds(draft, spec, known)) return widened(draft, spec, known, now)
  const slots = placeNodes(spec, byMostRoom(draft, driver))
  return slots && { ...head, claims: claimsOf(spec, slots), vcpus: spec.resources.vcpus, doublings: 0 }
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
function widened(draft: Draft, { resources, workload }: JobSpec, known: Reservation, now: TimeMs): Reservation {
  const doublings = workload.kind === 'multiNode' ? 0 : Math.floor(Math.log2(1 + (now - known.sinceMs) / patienceMs))
  if (doublings <= known.doublings!) return known
  const claims = new Map(known.claims)
  const driver = draft.state.drivers.get(known.driver)!
  const find = byMostRoom(draft, driver, (slot) => claims.has(slot.host.hostName))
  while (claims.size < 2 ** doublings) {
    const slot = find(resources, () => noResources)
    if (!slot) break
    claims.set(slot.host.hostName, resources)
  }
  return { ...known, claims, doublings }
}

type WaitsForRoom = Extract<Misfit, { kind: 'hostsBusy' | 'maxvCpusInUse' | 'roomReserved' | 'consumableShort' }>

function waitsForRoom(misfit: Misfit): misfit is WaitsForRoom {
  return (
    misfit.kind === 'hostsBusy' ||
    misfit.kind === 'maxvCpusInUse' ||
    misfit.kind === 'roomReserved' ||
    misfit.kind === 'consumableShort'
  )
}

/** A host that another head waits for comes last. */
function byMostRoom(draft: Draft, { name, index }: DriverState, isOut: (slot: Slot) => boolean = () => false) {
  return (wanted: Resources, given: (slot: Slot) => Resources): Slot | undefined => {
    let best: Slot | undefined
    let bestVcpus = Number.NEGATIVE_INFINITY
    for (const slot of index.slots()) {
      const { capacity, hostName } = slot.host
      const free = slot.free.vcpus - given(slot).vcpus - draft.given(slot).vcpus
      const rank = draft.isReserved(name, hostName) ? free - elsewhere : free
      if (rank <= bestVcpus || isOut(slot) || !holds(capacity, given(slot), wanted)) continue
      best = slot
      bestVcpus = rank
    }
    return best
  }
}

/** More vCPUs than any host has. */
const elsewhere = 1_000_000

/** Whether its environment is the queue's and accepts jobs, and the hosts are large enough. */
function stillHolds(draft: Draft, spec: JobSpec, known: Reservation): boolean {
  const { claims, computeEnvironment, vcpus, doublings } = known
  if (doublings === undefined) return false
  const jobQueue = draft.state.jobQueues.get(spec.jobQueue)
  if (!jobQueue?.computeEnvironments.includes(computeEnvironment)) return false
  const environment = draft.state.computeEnvironments.get(computeEnvironment)
  const driver = environment && draft.state.drivers.get(environment.driver)
  if (!environment || !acceptsPlacements(environment) || environment.maxvCpus < vcpus) return false
  if (driver?.health.kind !== 'healthy') return false
  if (environment.spot && draft.spotPrice(driver) > environment.spot.bidPercentage) return false
  return [...claims].every(([hostName, claim]) => {
    const capacity = driver.index.slot(hostName)?.host.capacity
    return capacity !== undefined && holds(capacity, noResources, claim)
  })
}
