/** The children of an array in one status, by index: those with a record from the store, those that never started from the array itself. */
import { childWithoutRecord } from '../../core/describe/child-without-record.ts'
import { childrenOf } from '../../core/state.ts'
import { childStatus } from '../../model/array-children.ts'
import type { Job, JobStatus } from '../../model/job.ts'
import type { Services } from '../context.ts'

export function listChildren(
  { loop, store }: Pick<Services, 'loop' | 'store'>,
  parentId: string,
  status: JobStatus,
  limit: number,
  after: number | undefined,
): Job[] {
  const parent = loop.state.jobs.get(parentId) ?? store.getJobs([parentId]).get(parentId)
  // AWS answers an empty list for an id it does not know.
  if (parent?.spec.arraySize === undefined) return []
  const indexes: number[] = []
  const recorded = new Set<number>()
  const children = childrenOf(parent)
  if (!children) {
    const halted = 'halted' in parent.state && parent.state.halted !== undefined
    const rows = store.listJobs({ scope: { parentId }, limit: parent.spec.arraySize })
    for (const row of rows) recorded.add(row.arrayIndex!)
    const wanted = new Set(rows.filter((row) => row.state.status === status).map((row) => row.arrayIndex!))
    for (let index = (after ?? -1) + 1; index < parent.spec.arraySize && indexes.length < limit; index++) {
      const haltedHere = status === 'FAILED' && halted && !recorded.has(index)
      if (wanted.has(index) || haltedHere) indexes.push(index)
    }
  } else {
    for (let index = (after ?? -1) + 1; index < parent.spec.arraySize && indexes.length < limit; index++)
      if (childStatus(children, index) === status) indexes.push(index)
  }
  const ids = indexes.map((index) => `${parentId}:${index}`)
  const stored = store.getJobs(ids.filter((id) => !loop.state.jobs.has(id)))
  return ids.flatMap(
    (id, at) => loop.state.jobs.get(id) ?? stored.get(id) ?? childWithoutRecord(parent, indexes[at]!) ?? [],
  )
}
