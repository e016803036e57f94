/** Jobs by id, wherever they are: in memory while they live, in the store when they have ended, in their array while they never started. */
import { childrenOf } from '../../core/state.ts'
import { childStatus, hasRecord } from '../../model/array-children.ts'
import { type Job, parseChildId } from '../../model/job.ts'
import type { Services } from '../context.ts'

type Sources = Pick<Services, 'loop' | 'store'>

/** Unknown ids are left out. */
export function findJobs({ loop, store }: Sources, jobIds: readonly string[]): Job[] {
  const { jobs } = loop.state
  const absent = jobIds.filter((id) => !jobs.has(id))
  const stored = absent.length > 0 ? store.getJobs(absent) : new Map<string, Job>()
  return [...new Set(jobIds)].flatMap((id) => jobs.get(id) ?? stored.get(id) ?? findChild({ loop, store }, id) ?? [])
}

function findChild({ loop, store }: Sources, jobId: string): Job | undefined {
  const id = parseChildId(jobId)
  if (!id) return undefined
  const parent = loop.state.jobs.get(id.parentId) ?? store.getJobs([id.parentId]).get(id.parentId)
  return parent && childWithoutRecord(parent, id.index)
}

/** A child that never started, as its array knows it. Undefined when it has a record, or there is no such child. */
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
    halted && { ...child, state: { status: 'FAILED', statusReason: halted.statusReason, stoppedAtMs: halted.atMs } }
  )
}
