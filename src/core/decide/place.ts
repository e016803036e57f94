/** A scheduling pass: the planner's placements become attempts. */
import { attemptName, type LiveAttempt, type NodePlace } from '../../model/job.ts'
import { accept, type Command } from '../decision.ts'
import type { Event } from '../events.ts'
import { plan } from '../scheduler/plan.ts'
import type { Host, State } from '../state.ts'

/** Placements of one pass; more than that waits for the next, so that no pass holds up the loop. */
const placementsPerPass = 256

/** Answers how many attempts were placed. */
export function placeJobs(): Command<number> {
  return (state, { now, newId }) => {
    const { placements, parked, truncated } = plan(state, placementsPerPass)
    const events: Event[] = []
    let seq = state.nextSeq
    const newTaskId = () => newId().replaceAll('-', '')
    const used = new Map<string, number>()
    for (const placement of placements) {
      const { childIndex, computeEnvironment, driver, hostName, instanceId, nodes } = placement
      const jobId = childIndex === undefined ? placement.jobId : `${placement.jobId}:${childIndex}`
      if (childIndex !== undefined)
        events.push({ type: 'childSpawned', jobId, seq: seq++, index: childIndex, atMs: now })
      const { spec } = state.jobs.get(placement.jobId)!
      const mainNode = spec.nodeProperties?.mainNode ?? 0
      const taskId = newTaskId()
      const number = (state.jobs.get(jobId)?.attempts.length ?? 0) + 1
      const attempt: LiveAttempt = {
        number,
        name: attemptName(jobId, number),
        taskId,
        computeEnvironment,
        driver,
        hostName,
        instanceId,
        placedAtMs: now,
        ...(nodes ? { nodes: nodes.map((host, node) => placeOf(host, node === mainNode ? taskId : newTaskId())) } : {}),
      }
      events.push({ type: 'attemptPlaced', jobId, attempt })
      for (const { arn, quantity } of spec.consumables ?? []) used.set(arn, (used.get(arn) ?? 0) + quantity)
    }
    events.push(...usedUp(state, used))
    for (const jobId of parked) events.push({ type: 'jobParked', jobId })
    if (!truncated) events.push({ type: 'schedulingDone' })
    return accept(placements.length, events)
  }
}

function placeOf({ hostName, instanceId }: Host, taskId: string): NodePlace {
  return { hostName, instanceId, taskId }
}

/** What attempts take of a NON_REPLENISHABLE resource is gone, whatever becomes of them (batch-semantics §9.7). */
function usedUp(state: State, used: ReadonlyMap<string, number>): Event[] {
  return [...used].flatMap(([arn, quantity]): Event[] => {
    const resource = state.consumableResources.get(arn)
    if (resource?.resourceType !== 'NON_REPLENISHABLE') return []
    return [{ type: 'resourceChanged', resource: { ...resource, totalQuantity: resource.totalQuantity - quantity } }]
  })
}
