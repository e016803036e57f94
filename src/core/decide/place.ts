/** A scheduling pass: the planner's placements become attempts. */
import { attemptName, type LiveAttempt } from '../../model/job.ts'
import { accept, type Command } from '../decision.ts'
import type { Event } from '../events.ts'
import { plan } from '../scheduler/plan.ts'

/** Placements of one pass; more than that waits for the next, so that no pass holds up the loop. */
const placementsPerPass = 256

/** Answers how many attempts were placed. */
export function placeJobs(): Command<number> {
  return (state, { now, newId }) => {
    const { placements, parked, truncated } = plan(state, placementsPerPass)
    const events: Event[] = []
    let seq = state.nextSeq
    for (const placement of placements) {
      const { childIndex, computeEnvironment, driver, hostName, instanceId } = placement
      const jobId = childIndex === undefined ? placement.jobId : `${placement.jobId}:${childIndex}`
      if (childIndex !== undefined)
        events.push({ type: 'childSpawned', jobId, seq: seq++, index: childIndex, atMs: now })
      const number = (state.jobs.get(jobId)?.attempts.length ?? 0) + 1
      const attempt: LiveAttempt = {
        number,
        name: attemptName(jobId, number),
        taskId: newId().replaceAll('-', ''),
        computeEnvironment,
        driver,
        hostName,
        instanceId,
        placedAtMs: now,
      }
      events.push({ type: 'attemptPlaced', jobId, attempt })
    }
    for (const jobId of parked) events.push({ type: 'jobParked', jobId })
    if (!truncated) events.push({ type: 'schedulingDone' })
    return accept(placements.length, events)
  }
}
