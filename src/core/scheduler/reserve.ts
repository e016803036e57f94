/** Which room the head of a queue reserves while others may pass it (see reservation.ts). */
import { acceptsPlacements } from '../../model/compute-environment.ts'
import type { JobSpec } from '../../model/job.ts'
import { noResources, plus, type Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { type DriverState, resourcesOfNode } from '../state.ts'
import type { Draft } from './draft.ts'
import { holds, type Misfit, placeNodes } from './fit.ts'
import type { Slot } from './host-index.ts'
import type { Reservation } from './reservation.ts'
import type { Candidate } from './turn.ts'

/** The known one as long as it holds; else the hosts with the most room that could hold the job. Undefined when waiting for room is not what it does. */
export function reserveFor(
  draft: Draft,
  known: Reservation | undefined,
  { job, childIndex }: Candidate,
  misfit: Misfit,
  now: TimeMs,
): Reservation | undefined {
  if (!waitsForRoom(misfit)) return undefined
  const { jobId, spec } = job
  if (known?.jobId === jobId && known.childIndex === childIndex && stillHolds(draft, spec, known)) return known
  const environment = draft.state.computeEnvironments.get(misfit.computeEnvironment)
  const driver = environment && draft.state.drivers.get(environment.driver)
  if (!driver) return undefined
  const slots = placeNodes(spec, byMostRoom(draft, driver))
  if (!slots) return undefined
  const claims = new Map<string, Resources>()
  for (const [node, { host }] of slots.entries()) {
    const before = claims.get(host.hostName)
    const wanted = resourcesOfNode(spec, node)
    claims.set(host.hostName, before ? plus(before, wanted) : wanted)
  }
  return {
    jobId,
    childIndex,
    sinceMs: now,
    computeEnvironment: environment.name,
    driver: driver.name,
    isSpot: environment.spot !== undefined,
    claims,
    vcpus: spec.resources.vcpus,
    consumables: (spec.consumables ?? []).map(({ arn }) => arn),
    beside: new Map(),
  }
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
function byMostRoom(draft: Draft, { name, index }: DriverState) {
  return (wanted: Resources, given: (slot: Slot) => Resources): Slot | undefined => {
    let best: Slot | undefined
    let bestVcpus = Number.NEGATIVE_INFINITY
    for (const slot of index.slots()) {
      const { capacity, hostName } = slot.host
      const free = slot.free.vcpus - given(slot).vcpus - draft.given(slot).vcpus
      const rank = draft.isReserved(name, hostName) ? free - elsewhere : free
      if (rank <= bestVcpus || !holds(capacity, given(slot), wanted)) continue
      best = slot
      bestVcpus = rank
    }
    return best
  }
}

/** More vCPUs than any host has. */
const elsewhere = 1_000_000

/** Its environment is the queue's and takes jobs, and the hosts are large enough. */
function stillHolds(draft: Draft, spec: JobSpec, { claims, computeEnvironment, vcpus }: Reservation): boolean {
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
