/** A scheduling pass: turns the planner's placements into attempts. */
import { attemptName, type JobSpec, type LiveAttempt } from '../../model/job.ts'
import { accept, type Command } from '../decision.ts'
import type { Event } from '../events.ts'
import type { Fits } from '../scheduler/fit.ts'
import { plan, type ReservationChange } from '../scheduler/plan.ts'
import type { State } from '../state/state.ts'

/** Placements of one pass. The rest waits for the next pass, so that no pass holds up the loop. */
const placementsPerPass = 256

/** Returns how many attempts were placed. */
export function placeJobs(): Command<number> {
  return (state, { now, newId }) => {
    const { placements, parked, reclaims, reservations, truncated } = plan(state, now, placementsPerPass)
    const events: Event[] = []
    let seq = state.nextSeq
    const used = new Map<string, number>()
    for (const [at, { jobId: waitingId, childIndex, fits }] of placements.entries()) {
      events.push(...reservedAfter(reservations, at))
      const jobId = childIndex === undefined ? waitingId : `${waitingId}:${childIndex}`
      if (childIndex !== undefined)
        events.push({ type: 'childSpawned', jobId, seq: seq++, index: childIndex, atMs: now })
      const { spec } = state.jobs.get(waitingId)!
      // Not the count of attempts, because attempts that the database lost have no record.
      const number = (state.jobs.get(jobId)?.attempts.at(-1)?.number ?? 0) + 1
      const attempt = attemptAt(fits, spec, { number, name: attemptName(jobId, number), placedAtMs: now }, newId)
      events.push({ type: 'attemptPlaced', jobId, attempt })
      for (const { arn, quantity } of spec.consumables ?? []) used.set(arn, (used.get(arn) ?? 0) + quantity)
    }
    const gone = usedUp(state, used)
    events.push(...reservedAfter(reservations, placements.length), ...gone)
    for (const jobId of parked) events.push({ type: 'jobParked', jobId })
    for (const { jobId, attempt, ...because } of reclaims)
      events.push({ type: 'attemptStopping', jobId, number: attempt, cause: { kind: 'reclaimed', ...because } })
    // The rest of a resource may be less than a job needs.
    if (!truncated && gone.length === 0) events.push({ type: 'schedulingDone' })
    return accept(placements.length, events)
  }
}

/**
 * Whether a pass may place something only because time passed: shares take turns as their past use
 * decays.
 */
export function timeMayTell({ jobQueues, waiting }: State): boolean {
  return [...jobQueues.values()].some(
    ({ name, shape }) => shape.schedulingPolicyArn !== undefined && (waiting.get(name)?.lines.size ?? 0) > 0,
  )
}

/**
 * Jobs placed after a head reserved its room run beside it, so the events keep the order of the
 * plan.
 */
function reservedAfter(changes: readonly ReservationChange[], placements: number): Event[] {
  return changes
    .filter(({ afterPlacements }) => afterPlacements === placements)
    .map(({ jobQueue, reservation }) => ({ type: 'headReserved', jobQueue, reservation }))
}

function attemptAt(
  { environment, slots }: Fits,
  spec: JobSpec,
  named: Pick<LiveAttempt, 'number' | 'name' | 'placedAtMs'>,
  newId: () => string,
): LiveAttempt {
  const places = slots.map(({ host }) => ({
    hostName: host.hostName,
    instanceId: host.instanceId,
    taskId: newId().replaceAll('-', ''),
  }))
  return {
    ...named,
    ...places[spec.workload.kind === 'multiNode' ? spec.workload.properties.mainNode : 0]!,
    computeEnvironment: environment.name,
    driver: environment.driver,
    ...(environment.spot ? { spot: environment.spot.kind } : {}),
    ...(spec.workload.kind === 'multiNode' ? { nodes: places } : {}),
  }
}

/**
 * What attempts use of a NON_REPLENISHABLE resource is gone, whatever becomes of them (docs/aws
 * §9.7).
 */
function usedUp(state: State, used: ReadonlyMap<string, number>): Event[] {
  return [...used].flatMap(([arn, quantity]): Event[] => {
    const resource = state.consumableResources.get(arn)
    if (resource?.resourceType !== 'NON_REPLENISHABLE') return []
    return [{ type: 'resourceChanged', resource: { ...resource, totalQuantity: resource.totalQuantity - quantity } }]
  })
}
