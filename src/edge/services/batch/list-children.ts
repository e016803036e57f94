/**
 * The children of an array in one status, by index. Children with a record come from the store,
 * children that never started from the array itself.
 */
import { childWithoutRecord } from '../../../core/job/child-without-record.ts'
import { childrenOf } from '../../../core/state/children.ts'
import { childStatus } from '../../../model/array-children.ts'
import type { Job, JobStatus } from '../../../model/job.ts'
import type { Backend } from '../../context.ts'

export function listChildren(
  { loop, store }: Pick<Backend, 'loop' | 'store'>,
  parentId: string,
  status: JobStatus,
  limit: number,
  after: number | undefined,
): Job[] {
  const parent = loop.state.jobs.get(parentId) ?? store.getJobs([parentId]).get(parentId)
  // AWS answers an empty list for an id it does not know.
  if (parent?.spec.arraySize === undefined) return []
  const children = childrenOf(parent)
  if (!children) return listEnded(store, parent, status, limit, after)
  const indexes: number[] = []
  for (let index = (after ?? -1) + 1; index < parent.spec.arraySize && indexes.length < limit; index++)
    if (childStatus(children, index) === status) indexes.push(index)
  const ids = indexes.map((index) => `${parentId}:${index}`)
  const stored = store.getJobs(ids.filter((id) => !loop.state.jobs.has(id)))
  return ids.flatMap(
    (id, at) => loop.state.jobs.get(id) ?? stored.get(id) ?? childWithoutRecord(parent, indexes[at]!) ?? [],
  )
}

/** Rows that are read at once when some of them may not be wanted. */
const rowsAtOnce = 1_000

/** For an array that ended. A page costs only what it shows, however large the array is. */
function listEnded(
  store: Pick<Backend['store'], 'listJobs'>,
  parent: Job,
  status: JobStatus,
  limit: number,
  after = -1,
): Job[] {
  const scope = { parentId: parent.jobId }
  const halted = 'halted' in parent.state && parent.state.halted !== undefined
  if (status !== 'FAILED' || !halted) return store.listJobs({ scope, status, after, limit })
  const found: Job[] = []
  // Children without a record ended when the array was halted. They stand between those with one.
  for (let next = after + 1; next < parent.spec.arraySize! && found.length < limit; ) {
    const rows = store.listJobs({ scope, after: next - 1, limit: Math.min(rowsAtOnce, limit) })
    const recorded = new Map(rows.map((row) => [row.arrayIndex!, row]))
    const known = rows.length < Math.min(rowsAtOnce, limit) ? parent.spec.arraySize! : rows.at(-1)!.arrayIndex! + 1
    for (; next < known && found.length < limit; next++) {
      const child = recorded.get(next) ?? childWithoutRecord(parent, next)
      if (child?.state.status === status) found.push(child)
    }
  }
  return found
}
