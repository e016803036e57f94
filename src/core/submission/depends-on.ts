/**
 * The state of a submission's dependencies at that moment (docs/aws §4): unended, ended well or
 * badly, or unknown.
 */
import { childStatus } from '../../model/array-children.ts'
import type { JobDependency } from '../../model/generated/batch.ts'
import { isTerminal, type Job } from '../../model/job.ts'
import { type Refusal, refuse } from '../../model/refusal.ts'
import { childrenOf } from '../state/children.ts'
import { isAfterAny, statusNow } from '../state/dependencies.ts'
import type { State } from '../state/state.ts'

/** Jobs that have left memory, from the store. */
export interface EndedJobs {
  /** Whether the job, live or ended, does not exist to whoever submits. */
  readonly hides?: (jobId: string) => boolean
  readonly job: (jobId: string) => Job | undefined
  /** The failed children of an array, by index. */
  readonly failedChildren: (jobId: string) => readonly number[]
}

export const noEndedJobs: EndedJobs = { job: () => undefined, failedChildren: () => [] }

export interface DependencyOutlook {
  readonly kind: 'outlook'
  /** A dependency on a whole job has failed already. */
  readonly failed: boolean
  /** A whole job has yet to end. */
  readonly waits: boolean
  /** Children of the submitted array whose partners have failed already. */
  readonly failedChildren: readonly number[]
}

/** Unknown ids are refused: a job that waited for one would wait forever. */
export function dependencyOutlook(
  state: State,
  dependsOn: readonly JobDependency[],
  arraySize: number | undefined,
  ended: EndedJobs,
): Refusal | DependencyOutlook {
  let failed = false
  let waits = false
  const failedChildren = new Set<number>()
  for (const dependency of dependsOn) {
    const { jobId, type } = dependency
    if (jobId === undefined) continue
    if (ended.hides?.(jobId)) return jobNotFound(jobId)
    const live = statusNow(state, jobId)
    const found = live === undefined ? ended.job(jobId) : state.jobs.get(jobId)
    const status = live ?? found?.state.status
    if (status === undefined) return jobNotFound(jobId)
    if (type === 'N_TO_N') {
      if (found?.spec.arraySize === undefined || found.arrayIndex !== undefined)
        return refuse(`Job ${jobId} is not an array job: a dependency of type N_TO_N needs one.`)
      if (found.spec.arraySize !== arraySize)
        return refuse(
          `Array size should be that of job ${jobId}, which is ${found.spec.arraySize}, for a dependency of type N_TO_N; got ${arraySize}.`,
        )
      for (const index of failedOf(state, found, ended)) failedChildren.add(index)
    } else if (!isTerminal(status)) waits = true
    else if (status === 'FAILED' && !isAfterAny(dependency)) failed = true
  }
  return { kind: 'outlook', failed, waits, failedChildren: [...failedChildren] }
}

function jobNotFound(jobId: string): Refusal {
  return refuse(`Job ${jobId} not found.`)
}

function failedOf(state: State, array: Job, ended: EndedJobs): readonly number[] {
  const children = childrenOf(state.jobs.get(array.jobId)) ?? state.endedArrays.get(array.jobId)
  if (children) return [...children.statuses.keys()].filter((index) => childStatus(children, index) === 'FAILED')
  return array.state.status === 'FAILED' ? ended.failedChildren(array.jobId) : []
}
