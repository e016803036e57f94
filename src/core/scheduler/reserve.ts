/** Which room the head of a queue reserves while others may pass it (see reservation.ts). */
import type { Job } from '../../model/job.ts'
import { plus, type Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { resourcesOfNode } from '../state.ts'
import type { Draft } from './draft.ts'
import { holds, type Misfit, placeNodes } from './fit.ts'
import type { Slot } from './host-index.ts'
import type { Reservation } from './reservation.ts'

/** The known one as long as it holds; else the hosts with the most room that could hold the job. Undefined when waiting for room is not what it does. */
export function reserveFor(
  draft: Draft,
  known: Reservation | undefined,
  job: Job,
  misfit: Misfit,
  now: TimeMs,
): Reservation | undefined {
  if (misfit.kind === 'consumableShort')
    return known ?? { ...empty(job, now), consumables: (job.spec.consumables ?? []).map(({ arn }) => arn) }
  if (misfit.kind !== 'hostsBusy' && misfit.kind !== 'maxvCpusInUse' && misfit.kind !== 'roomReserved') return undefined
  const name = 'computeEnvironment' in misfit ? misfit.computeEnvironment : known?.computeEnvironment
  const environment = name === undefined ? undefined : draft.state.computeEnvironments.get(name)
  const driver = environment && draft.state.drivers.get(environment.driver)
  if (!driver) return undefined
  if (known && known.computeEnvironment === name && stillHolds(known, (hostName) => driver.index.slot(hostName)))
    return known
  const reserved = draft.reservations.filter((it) => it.driver === driver.name)
  // A host that another head waits for is taken last.
  const isReserved = (slot: Slot) => (reserved.some((it) => it.claims.has(slot.host.hostName)) ? 1 : 0)
  const order = [...driver.index.slots()].sort((a, b) => isReserved(a) - isReserved(b) || b.free.vcpus - a.free.vcpus)
  const slots = placeNodes(job.spec, (wanted, given) =>
    order.find((slot) => holds(slot.host.capacity, given(slot), wanted)),
  )
  if (!slots) return undefined
  const claims = new Map<string, Resources>()
  for (const [node, { host }] of slots.entries()) {
    const before = claims.get(host.hostName)
    const wanted = resourcesOfNode(job.spec, node)
    claims.set(host.hostName, before ? plus(before, wanted) : wanted)
  }
  return { ...empty(job, now), computeEnvironment: environment.name, driver: driver.name, claims }
}

function empty(job: Job, now: TimeMs): Reservation {
  return {
    jobId: job.jobId,
    sinceMs: now,
    computeEnvironment: '',
    driver: '',
    claims: new Map(),
    vcpus: job.spec.resources.vcpus,
    consumables: [],
    beside: new Map(),
  }
}

function stillHolds({ claims }: Reservation, slot: (hostName: string) => Slot | undefined): boolean {
  return [...claims].every(([hostName, claim]) => {
    const capacity = slot(hostName)?.host.capacity
    return capacity !== undefined && holds(capacity, { vcpus: 0, memoryMib: 0, gpus: 0 }, claim)
  })
}
