/** Which room the head of a queue reserves while others may pass it (see reservation.ts). */
import { acceptsPlacements, type ComputeEnvironment } from '../../model/compute-environment.ts'
import type { JobSpec } from '../../model/job.ts'
import { noResources, plus, type Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { type DriverState, resourcesOfNode } from '../state.ts'
import type { Draft } from './draft.ts'
import { holds, type Misfit, placeNodes } from './fit.ts'
import type { Slot } from './host-index.ts'
import type { Reservation } from './reservation.ts'
import type { Candidate } from './turn.ts'

/**
 * The known one as long as it holds; else the hosts with the most room that could hold the job. Which will be free first nobody knows, and one that runs
 * a long job never may: so the longer the head of one node waits, the more hosts it claims, and starts on the first of them that is free. Undefined when
 * waiting for room is not what it does.
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
  const consumables = (spec.consumables ?? []).map(({ arn }) => arn)
  // Hosts would stand idle until there is enough of a consumable resource.
  if (misfit.kind === 'consumableShort' || (misfit.kind === 'roomReserved' && misfit.of === 'consumables')) {
    if (known?.jobId === jobId && known.childIndex === childIndex && known.doublings === undefined) return known
    const nothing = { claims: new Map(), vcpus: 0, beside: new Map(), doublings: undefined }
    return { ...ofHead(environment), jobId, childIndex, sinceMs: now, consumables, ...nothing }
  }
  if (known?.jobId === jobId && known.childIndex === childIndex && stillHolds(draft, spec, known)) {
    const doublings = spec.nodeResources ? 0 : Math.floor(Math.log2(1 + (now - known.sinceMs) / patienceMs))
    if (doublings <= known.doublings!) return known
    return { ...known, claims: widened(draft, driver, spec, known.claims, 2 ** doublings), doublings }
  }
  const slots = placeNodes(spec, byMostRoom(draft, driver))
  if (!slots) return undefined
  const claims = new Map<string, Resources>()
  for (const [node, { host }] of slots.entries()) {
    const before = claims.get(host.hostName)
    const wanted = resourcesOfNode(spec, node)
    claims.set(host.hostName, before ? plus(before, wanted) : wanted)
  }
  const { vcpus } = spec.resources
  const held = { claims, vcpus, consumables, beside: new Map(), doublings: 0 }
  return { ...ofHead(environment), jobId, childIndex, sinceMs: now, ...held }
}

/** After so long a head has claimed a second host; after three times as long four; after seven times as long eight. */
const patienceMs = 300_000

function ofHead({ name, driver, spot }: ComputeEnvironment) {
  return { computeEnvironment: name, driver, isSpot: spot !== undefined }
}

function widened(
  draft: Draft,
  driver: DriverState,
  { resources }: JobSpec,
  known: Reservation['claims'],
  most: number,
): Map<string, Resources> {
  const claims = new Map(known)
  const find = byMostRoom(draft, driver, (slot) => claims.has(slot.host.hostName))
  while (claims.size < most) {
    const slot = find(resources, () => noResources)
    if (!slot) break
    claims.set(slot.host.hostName, resources)
  }
  return claims
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

/** A host that another head waits for is taken last. */
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

/** Its environment is the queue's and takes jobs, and the hosts are large enough. */
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
