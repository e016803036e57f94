/** What a search for jobs looks through: what the caller may know of. */
import { childrenOf } from '../../../../core/state/children.ts'
import { childStatus, hasRecord } from '../../../../model/array-children.ts'
import { type Job, jobStatuses } from '../../../../model/job.ts'
import { limits } from '../../../../model/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../../../model/refusal.ts'
import {
  type ChildrenScope,
  hasOwnRecord,
  type SearchScope,
  SearchTooLong,
} from '../../../../store/search/job-search.ts'
import type { RequestContext } from '../../../context.ts'
import { sightOf } from '../../../sight.ts'
import { findJobs } from '../../batch/find-jobs.ts'
import { notFound } from '../own-operation.ts'
import { type FilterInput, readFilter } from './search-input.ts'

export function readScope(input: FilterInput, context: RequestContext): SearchScope | Refusal {
  const filter = readFilter(input, context)
  if (isRefusal(filter)) return filter
  const { owners } = sightOf(context)
  if (input.children === undefined) return { owners, filter }
  const [parent] = findJobs(context, [input.children])
  if (!parent) return notFound(`Job ${input.children} not found.`)
  if (parent.spec.arraySize === undefined || parent.arrayIndex !== undefined)
    return refuse(`Job ${input.children} is not an array.`)
  return { owners, filter, children: childrenScope(parent) }
}

function childrenScope(parent: Job): ChildrenScope {
  const children = childrenOf(parent)
  if (children) {
    const statuses = Uint8Array.from(children.statuses, (_, index) =>
      hasRecord(children, index) ? hasOwnRecord : jobStatuses.indexOf(childStatus(children, index)),
    )
    return { parentId: parent.jobId, withoutRecord: statuses }
  }
  // Of an array that has ended, children without a record ended with it.
  const halted = 'halted' in parent.state && parent.state.halted !== undefined
  return { parentId: parent.jobId, ...(halted && { withoutRecord: jobStatuses.indexOf('FAILED') }) }
}

/** The jobs of a page, as memory has them if they are live. */
export function jobsOfPage(context: RequestContext, jobIds: readonly string[]): Job[] {
  const { sees } = sightOf(context)
  return findJobs(context, jobIds).filter(({ spec }) => sees(spec.owner))
}

/** Turns a search that was given up into what the caller reads. */
export async function orTooLong<T>(search: Promise<T>): Promise<T | Refusal> {
  try {
    return await search
  } catch (error) {
    if (!(error instanceof SearchTooLong)) throw error
    const message = error.isPreparing
      ? 'The server is reading its jobs for the first search since it started. Ask again in a moment.'
      : `The search took longer than ${limits.searchMs / 1000} seconds and was given up. Ask again, or narrow it.`
    return { kind: 'refusal', code: 'ServerException', message, httpStatus: 503 }
  }
}
