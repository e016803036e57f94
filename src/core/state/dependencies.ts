/**
 * Who waits for whom (docs/aws §4, §3). It is kept as an index beside the jobs, so that an end
 * costs only what depends on it, and nothing is ever polled. Nothing of it is stored. A live job
 * waits for the live jobs that it names, because everything that follows from an end is decided in
 * the transaction of that end.
 */
import { childStatus, isUnspawned, setChildStatus } from '../../model/array-children.ts'
import type { JobDependency } from '../../model/generated/batch.ts'
import { isTerminal, type Job, type JobStatus, parseChildId, type TerminalStatus } from '../../model/job.ts'
import type { TimeMs } from '../../model/time.ts'
import { childrenOf } from './children.ts'
import type { State } from './state.ts'

/** A dependency on the end of a job, an array or a child as a whole. */
export function wholeDependencies(job: Job): JobDependency[] {
  return (job.spec.dependsOn ?? []).filter(({ jobId, type }) => jobId !== undefined && type !== 'N_TO_N')
}

/** Met by any end. Not one of AWS's types; available if the operator allows it. */
export function isAfterAny({ type }: JobDependency): boolean {
  return type === 'AFTER_ANY'
}

export function pairDependencies(job: Job): string[] {
  return (job.spec.dependsOn ?? []).flatMap(({ jobId, type }) =>
    jobId !== undefined && type === 'N_TO_N' ? [jobId] : [],
  )
}

export function isSequential(job: Job): boolean {
  return (job.spec.dependsOn ?? []).some(({ jobId, type }) => jobId === undefined && type === 'SEQUENTIAL')
}

/** Whether a job with this id has yet to end. Children without a record count by their byte. */
export function isUnended(state: State, jobId: string): boolean {
  const job = state.jobs.get(jobId)
  if (job) return !isTerminal(job.state.status)
  const child = parseChildId(jobId)
  const children = child && childrenOf(state.jobs.get(child.parentId))
  return (
    children !== undefined &&
    child!.index < children.statuses.length &&
    !isTerminal(childStatus(children, child!.index))
  )
}

/** The job is PENDING from now on. What it waits for is looked up once. */
export function beginWaiting(state: State, job: Job): void {
  const awaited = new Set(wholeDependencies(job).flatMap(({ jobId }) => (isUnended(state, jobId!) ? [jobId!] : [])))
  if (awaited.size > 0) state.awaited.set(job.jobId, awaited)
  for (const id of awaited) addTo(state.dependants, id, job.jobId)
  for (const id of pairDependencies(job)) if (childrenOf(state.jobs.get(id))) addTo(state.pairedWith, id, job.jobId)
}

/** The job has ended, or no longer waits. */
export function endWaiting(state: State, job: Job): void {
  for (const id of state.awaited.get(job.jobId) ?? []) removeFrom(state.dependants, id, job.jobId)
  state.awaited.delete(job.jobId)
  for (const id of pairDependencies(job)) removeFrom(state.pairedWith, id, job.jobId)
}

/** The children that child `index` of the array itself waits for. */
export function childDependencies(parent: Job, index: number): string[] {
  const before = isSequential(parent) && index > 0 ? [`${parent.jobId}:${index - 1}`] : []
  return [...before, ...pairDependencies(parent).map((id) => `${id}:${index}`)]
}

/** Whether child `index` of the array waits for nothing but a place. */
export function childMayStart(state: State, parent: Job, index: number): boolean {
  return mayStartIn(state, parent)(index)
}

/** The same for many children of one array, whose dependencies are looked up once. */
function mayStartIn(state: State, parent: Job): (index: number) => boolean {
  if (state.awaited.has(parent.jobId)) return () => false
  const children = childrenOf(parent)
  const sequential = isSequential(parent)
  const pairs = pairDependencies(parent)
  return (index) => {
    if (sequential && index > 0 && (!children || childStatus(children, index - 1) !== 'SUCCEEDED')) return false
    return pairs.every((id) => {
      const partners = childrenOf(state.jobs.get(id))
      // The partner array has ended. If the partner had failed, this child would have failed too.
      return !partners || childStatus(partners, index) === 'SUCCEEDED'
    })
  }
}

/** Makes PENDING children RUNNABLE that may start now. Returns whether there were any. */
export function releaseChildren(state: State, parent: Job, indexes: Iterable<number>, atMs: TimeMs): boolean {
  const children = childrenOf(parent)
  if (!children) return false
  let released = false
  const mayStart = mayStartIn(state, parent)
  for (const index of indexes) {
    if (index >= children.statuses.length || childStatus(children, index) !== 'PENDING') continue
    if (!isUnspawned(children, index) || !mayStart(index)) continue
    setChildStatus(children, index, 'RUNNABLE', atMs)
    released = true
  }
  return released
}

/**
 * Notes that a job, an array or a child ended. Returns the arrays whose children became RUNNABLE;
 * the rest is left to `followEnds`.
 */
export function noteEnd(state: State, jobId: string, status: TerminalStatus, atMs: TimeMs): Job[] {
  for (const waiting of state.dependants.get(jobId) ?? []) {
    const job = state.jobs.get(waiting)!
    const awaited = state.awaited.get(waiting)!
    awaited.delete(jobId)
    if (awaited.size === 0) state.awaited.delete(waiting)
    const failed = status === 'FAILED' && wholeDependencies(job).some((it) => it.jobId === jobId && !isAfterAny(it))
    if (failed) state.dueAfterEnds.set(waiting, 'failed')
    else if (awaited.size === 0 && !state.dueAfterEnds.has(waiting)) state.dueAfterEnds.set(waiting, 'met')
  }
  state.dependants.delete(jobId)
  state.pairedWith.delete(jobId)
  const child = parseChildId(jobId)
  if (!child) return []
  const released: Job[] = []
  const follow = (array: Job | undefined, index: number) => {
    const children = childrenOf(array)
    if (!array || !children || !isUnspawned(children, index)) return
    if (status === 'FAILED') state.dueAfterEnds.set(`${array.jobId}:${index}`, 'failed')
    else if (releaseChildren(state, array, [index], atMs)) released.push(array)
  }
  const parent = state.jobs.get(child.parentId)
  if (parent && isSequential(parent)) follow(parent, child.index + 1)
  for (const id of state.pairedWith.get(child.parentId) ?? []) follow(state.jobs.get(id), child.index)
  return released
}

export function statusNow(state: State, jobId: string): JobStatus | undefined {
  const job = state.jobs.get(jobId)
  if (job) return job.state.status
  const child = parseChildId(jobId)
  const children = child && childrenOf(state.jobs.get(child.parentId))
  return children && child!.index < children.statuses.length ? childStatus(children, child!.index) : undefined
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key)
  if (set) set.add(value)
  else map.set(key, new Set([value]))
}

function removeFrom(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key)
  set?.delete(value)
  if (set?.size === 0) map.delete(key)
}
