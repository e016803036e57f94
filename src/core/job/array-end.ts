/** The end of an array parent, which follows from the end of its last child. */
import {
  type HaltedChildren,
  type Job,
  type JobStatus,
  jobStatuses,
  type StatusSummary,
  type TerminalStatus,
} from '../../model/job.ts'
import { statusReasons } from '../../model/status-reasons.ts'
import type { TimeMs } from '../../model/time.ts'
import type { Event } from '../events.ts'
import { childrenOf, parentOf } from '../state/children.ts'
import type { State } from '../state/state.ts'

/**
 * Returns the end of an array parent, if these children are the last to end. It succeeds when all
 * did, and fails only after all have ended (docs/aws §3).
 */
export function parentEnd(
  state: State,
  ending: readonly { readonly child: Job; readonly status: TerminalStatus }[],
  now: TimeMs,
  /** Set for an array that is asked to stop in the same decision. */
  statusReason?: string,
): Event[] {
  const parent = ending[0] && parentOf(state, ending[0].child)
  const children = childrenOf(parent)
  if (!parent || !children) return []
  const counts = [...children.counts]
  for (const { child, status } of ending) {
    counts[jobStatuses.indexOf(child.state.status)]!--
    counts[jobStatuses.indexOf(status)]!++
  }
  const event = finishedParent(parent, counts, now, undefined, statusReason)
  return event ? [event] : []
}

/** `counts` by status after the change; undefined while a child still runs or waits. */
export function finishedParent(
  parent: Job,
  counts: readonly number[],
  now: TimeMs,
  halted?: HaltedChildren,
  /** Set if the cause was not the children but a dependency of the array itself. */
  statusReason?: string,
): Event | undefined {
  const children = childrenOf(parent)
  if (!children) return undefined
  const haltedChildren = halted ?? children.halted
  const total = (status: JobStatus) => counts[jobStatuses.indexOf(status)]!
  if (total('SUCCEEDED') + total('FAILED') < children.statuses.length) return undefined
  const failed = total('FAILED') > 0
  return {
    type: 'jobFinished',
    jobId: parent.jobId,
    finished: {
      status: failed ? 'FAILED' : 'SUCCEEDED',
      // A user who cancels an array finds their words on the array. Each child has the reason for
      // its own end.
      statusReason: failed
        ? (statusReason ?? parent.stop?.reason ?? statusReasons.arrayChildFailed)
        : statusReasons.containerExited,
      stoppedAtMs: now,
      statusSummary: summary(counts),
      ...(haltedChildren ? { halted: haltedChildren } : {}),
    },
  }
}

export function summary(counts: readonly number[]): StatusSummary {
  return Object.fromEntries(jobStatuses.map((status, code) => [status, counts[code]!])) as StatusSummary
}
