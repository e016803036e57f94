/**
 * Spot: attempts that live on what on-demand work leaves. They are told to go when an on-demand job needs their room, or when the spot price, the
 * part of the driver's vCPUs that on-demand attempts hold, rises above the bid of their environment.
 */
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { JobSpec } from '../../model/job.ts'
import { minus, plus, type Resources } from '../../model/resources.ts'
import type { DriverState, State } from '../state.ts'
import type { Draft } from './draft.ts'
import { firstOf, holds, placeNodes } from './fit.ts'
import type { Slot, Tenant } from './host-index.ts'

export interface Reclaim {
  readonly jobId: string
  readonly attempt: number
  readonly why: string
}

/**
 * Makes room for an on-demand job that finds none: the newest spot attempts of the host where the fewest vCPUs must go. The room is held for
 * the job from now on, also while those that were told before still take their time. Undefined when not even that would help.
 */
export function reclaimFor(
  draft: Draft,
  driver: DriverState,
  jobId: string,
  spec: JobSpec,
  reclaimed: ReadonlySet<string>,
): Reclaim[] | undefined {
  const spotOf = new Map<Slot, Resources>()
  for (const slot of driver.index.slots())
    for (const { attempt, resources } of slot.tenants.values())
      if (attempt.spot) spotOf.set(slot, plus(spotOf.get(slot) ?? none, resources))
  if (spotOf.size === 0) return undefined
  const order = [...driver.index.slots()].sort((a, b) => (spotOf.get(a)?.vcpus ?? 0) - (spotOf.get(b)?.vcpus ?? 0))
  const slots = placeNodes(
    spec,
    (wanted, given) => firstOf(order, (slot) => holds(plus(slot.free, spotOf.get(slot) ?? none), given(slot), wanted)),
    (slot) => draft.given(slot),
  )
  if (!slots) return undefined
  const reclaims: Reclaim[] = []
  for (const [node, slot] of slots.entries()) {
    const wanted = spec.nodeResources?.find(({ from, to }) => from <= node && node <= to)?.resources ?? spec.resources
    draft.hold(driver.name, slot, wanted)
    let missing = minus(draft.given(slot), slot.free)
    for (const tenant of newestSpotFirst(draft.state, slot)) {
      if (missing.vcpus <= 0 && missing.memoryMib <= 0 && missing.gpus <= 0) break
      missing = minus(missing, tenant.resources)
      if (isStopping(draft.state, tenant) || reclaimed.has(tenant.attempt.name)) continue
      reclaims.push({
        jobId: tenant.jobId,
        attempt: tenant.attempt.number,
        why: `on-demand job ${jobId} needs the room`,
      })
    }
  }
  return reclaims
}

const none: Resources = { vcpus: 0, memoryMib: 0, gpus: 0 }

/** Those that were told already go first: their room comes free anyway. */
function newestSpotFirst(state: State, slot: Slot): Tenant[] {
  const told = (tenant: Tenant) => (isStopping(state, tenant) ? 1 : 0)
  return [...slot.tenants.values()]
    .filter(({ attempt }) => attempt.spot)
    .sort(
      (a, b) =>
        told(b) - told(a) || b.attempt.placedAtMs - a.attempt.placedAtMs || (a.attempt.name < b.attempt.name ? 1 : -1),
    )
}

export function isStopping(state: State, { jobId }: Pick<Tenant, 'jobId'>): boolean {
  const job = state.jobs.get(jobId)
  return (job?.state.status === 'STARTING' || job?.state.status === 'RUNNING') && job.state.stopping !== undefined
}

/** All attempts of the environments whose bid the price has passed, newest first. */
export function outbid(draft: Draft, environments: Iterable<ComputeEnvironment>): Reclaim[] {
  const reclaims: Reclaim[] = []
  for (const { name, spot, driver: driverName } of environments) {
    const driver = draft.state.drivers.get(driverName)
    // While the engine is away, or has not yet said what there is, there is no price to go by.
    if (!spot || driver?.health.kind !== 'healthy' || driver.index.capacity.vcpus === 0) continue
    if ((draft.state.taken.get(name)?.vcpus ?? 0) === 0) continue
    const price = draft.spotPrice(driver)
    if (price <= spot.bidPercentage) continue
    const why = `the spot price, ${Math.round(price)} %, is above the bid of ${name}, ${spot.bidPercentage} %`
    const seen = new Set<string>()
    const tenants = [...driver.index.slots()].flatMap((slot) => [...slot.tenants.values()])
    for (const tenant of tenants.sort((a, b) => b.attempt.placedAtMs - a.attempt.placedAtMs)) {
      const { attempt, jobId } = tenant
      if (
        !attempt.spot ||
        attempt.computeEnvironment !== name ||
        isStopping(draft.state, tenant) ||
        seen.has(attempt.name)
      )
        continue
      seen.add(attempt.name)
      reclaims.push({ jobId, attempt: attempt.number, why })
    }
  }
  return reclaims
}
