/** A child that never started, as its array knows it: it has no record of its own. */
import { childStatus, hasRecord } from '../../model/array-children.ts'
import type { Job } from '../../model/job.ts'
import { childrenOf } from '../state/children.ts'

/** Undefined if the child has a record, or does not exist. */
export function childWithoutRecord(parent: Job, index: number): Job | undefined {
  const size = parent.spec.arraySize ?? 0
  if (index >= size) return undefined
  const { state } = parent
  const child = {
    jobId: `${parent.jobId}:${index}`,
    seq: parent.seq,
    spec: parent.spec,
    arrayIndex: index,
    attempts: [],
    tags: {},
  }
  const children = childrenOf(parent)
  if (children) {
    if (hasRecord(children, index)) return undefined
    const status = childStatus(children, index)
    if (status === 'RUNNABLE') return { ...child, state: { status, sinceMs: children.updatedAtMs } }
    if (status === 'PENDING') return { ...child, state: { status } }
  }
  const halted = children?.halted ?? ('halted' in state ? state.halted : undefined)
  return (
    halted && {
      ...child,
      state: { status: 'FAILED', statusReason: halted.statusReason, stoppedAtMs: halted.atMs },
      ...(halted.stop && { stop: halted.stop }),
      ...(halted.stop?.as === 'cancelled' && { isCancelled: true }),
      ...(halted.stop?.as === 'terminated' && { isTerminated: true }),
    }
  )
}
