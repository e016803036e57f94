/** What a search for jobs looks through: what the caller may know of. */
import { childrenOf } from '../../../../core/state/children.ts'
import type { Pace } from '../../../../ground/pace.ts'
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

export async function readScope(input: FilterInput, context: RequestContext): Promise<SearchScope | Refusal> {
  const filter = readFilter(input, context)
  if (isRefusal(filter)) return filter
  const { owners } = sightOf(context)
  if (input.children === undefined) return { owners, filter }
  const [parent] = findJobs(context, [input.children])
  if (!parent) return notFound(`Job ${input.children} not found.`)
  if (parent.spec.arraySize === undefined || parent.arrayIndex !== undefined)
    return refuse(`Job ${input.children} is not an array.`)
  return { owners, filter, children: await childrenScope(parent, context.pace) }
}

/** Children that are looked at before other work may have its turn. */
const childrenAtOnce = 10_000

async function childrenScope(parent: Job, pace: Pace | undefined): Promise<ChildrenScope> {
  const children = childrenOf(parent)
  if (children) {
    const statuses = new Uint8Array(children.statuses.length)
    for (let index = 0; index < statuses.length; index++) {
      if (index % childrenAtOnce === 0) await pace?.breathe()
      statuses[index] = hasRecord(children, index) ? hasOwnRecord : jobStatuses.indexOf(childStatus(children, index))
    }
    return { parentId: parent.jobId, withoutRecord: statuses }
  }
  // Of an array that has ended, children without a record ended with it.
  const halted = 'halted' in parent.state && parent.state.halted !== undefined
  return { parentId: parent.jobId, ...(halted && { withoutRecord: jobStatuses.indexOf('FAILED') }) }
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
