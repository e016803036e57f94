/** `GET /api/jobs?mine=true&status=FAILED&…`: a page of the jobs that meet a filter; docs/use/finding-jobs.md. */

import { limits } from '../../../../model/limits.ts'
import { isRefusal, type Refusal } from '../../../../model/refusal.ts'
import type { SearchPlace } from '../../../../store/search/job-search.ts'
import type { JobsAnswer } from '../../../../wire/jobs.ts'
import type { RequestContext } from '../../../context.ts'
import { sightOf } from '../../../sight.ts'
import { readPlace } from '../../batch/job-place.ts'
import { invalidToken, readToken, writeToken } from '../../batch/paging.ts'
import { defineOwnOperation } from '../own-operation.ts'
import { jobRow } from './job-row.ts'
import { checkParameters, type FilterInput, listParameters, readCount, readOrder } from './search-input.ts'
import { jobsOfPage, orTooLong, readScope } from './search-scope.ts'

interface Input extends FilterInput {
  readonly sort?: string
  /** Default `limits.pageSize`, at most `limits.searchPage`. */
  readonly limit?: string
  readonly nextToken?: string
}

export const searchJobs = defineOwnOperation<Input, JobsAnswer>('SearchJobs', {
  method: 'GET',
  path: '/api/jobs',
  longRead: 'jobSearch',
  lists: listParameters,
  async handle(input, context) {
    const wrong = checkParameters(input, ['sort', 'limit', 'nextToken'])
    if (wrong) return wrong
    const { sort, limit: asked, nextToken, ...filters } = input
    const scope = readScope(filters, context)
    const order = readOrder(sort, filters.children !== undefined)
    const limit = readCount('limit', asked, limits.pageSize, limits.searchPage)
    const of = ['SearchJobs', context.principal.name, filters, sort]
    const after = readSearchPlace(context, nextToken, of, filters.children)
    if (isRefusal(scope)) return scope
    if (isRefusal(order)) return order
    if (isRefusal(limit)) return limit
    if (isRefusal(after)) return after
    const search = { ...scope, order, limit: limit + 1, after, nowMs: context.now() }
    const found = await orTooLong(context.backend.store.searches.find(search, context.hungUp))
    if (isRefusal(found)) return found
    const page = found.jobs.slice(0, limit)
    const last = found.jobs.length > limit ? page.at(-1) : undefined
    const ids = page.map(({ jobId }) => jobId)
    // A live job may have another status by now.
    const jobs = jobsOfPage(context, ids).filter(({ state }) => scope.filter.status?.includes(state.status) ?? true)
    const view = { state: context.backend.loop.state, explainer: sightOf(context).explainer }
    return {
      jobs: jobs.map((job) => jobRow(job, view)),
      total: found.total,
      ...(last && { nextToken: writeSearchPlace(context, last, of) }),
      ...(found.hiddenBy.length > 0 && { hiddenBy: hiding(found.hiddenBy, input) }),
      ...(found.tooOld > 0 && seesAll(context) && { tooOld: found.tooOld }),
    }
  },
})

/** How many jobs there are in all is not for those who see only some. */
export function seesAll(context: RequestContext): boolean {
  return sightOf(context).owners === undefined
}

function hiding(hiddenBy: readonly { filter: string; jobs: number }[], { mine }: Input): JobsAnswer['hiddenBy'] {
  return hiddenBy.map(({ filter, jobs }) => ({ filter: filter === 'user' && mine ? 'mine' : filter, jobs }))
}

/** The number of a submission tells how many jobs there are: those who see only some get the job's id. */
function writeSearchPlace(
  context: RequestContext,
  { jobId, place }: { readonly jobId: string; readonly place: SearchPlace },
  of: unknown,
): string {
  const isSeq = seesAll(context)
  return writeToken(JSON.stringify([place.value, isSeq ? place.at : jobId]), of)
}

function readSearchPlace(
  context: RequestContext,
  token: string | undefined,
  of: unknown,
  parentId: string | undefined,
): SearchPlace | undefined | Refusal {
  const written = readToken(token, of)
  if (written === undefined || isRefusal(written)) return written
  try {
    const [value, place] = JSON.parse(String(written)) as [SearchPlace['value'], number | string]
    const index = typeof place === 'string' && parentId !== undefined ? place.slice(parentId.length + 1) : undefined
    const at = index === undefined ? readPlace(context, place) : Number(index)
    if (isRefusal(at)) return at
    if (typeof at === 'number' && Number.isFinite(at) && isValue(value)) return { value, at }
  } catch {
    // The token is not one of ours.
  }
  return invalidToken()
}

function isValue(value: unknown): value is SearchPlace['value'] {
  return value === null || typeof value === 'string' || typeof value === 'number'
}
