/** `GET /api/jobs?mine=true&status=FAILED&…`: a page of the jobs that meet a filter; docs/use/finding-jobs.md. */

import type { JobStatus } from '../../../../model/job.ts'
import { limits } from '../../../../model/limits.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { JobRowAnswer, JobsAnswer } from '../../../../wire/jobs.ts'
import type { RequestContext } from '../../../context.ts'
import { sightOf } from '../../../sight.ts'
import { findJobs } from '../../batch/find-jobs.ts'
import { defineOwnOperation } from '../own-operation.ts'
import { jobRow } from './job-row.ts'
import {
  checkParameters,
  type FilterInput,
  filterParameters,
  filterQuery,
  listParameters,
  readCount,
  readOrder,
} from './search-input.ts'
import { orTooLong, readScope } from './search-scope.ts'
import { readSearchToken, writeSearchToken } from './search-token.ts'

interface Input extends FilterInput {
  readonly sort?: string
  /** Default `limits.pageSize`, at most `limits.searchPage`. */
  readonly limit?: string
  readonly nextToken?: string
}

export const searchJobs = defineOwnOperation<Input, JobsAnswer>('SearchJobs', {
  summary: 'A page of the jobs that meet a filter',
  answers: 'JobsAnswer',
  query: {
    ...filterQuery,
    sort: '`created`, `started`, `stopped`, `duration`, `name`, `status`, `user`, `queue`, `definition`, `exit-code`, or `-NAME` for the other way round',
    limit: 'jobs of a page, at most 1000',
    nextToken: 'continues behind the last page',
  },
  method: 'GET',
  path: '/api/jobs',
  longRead: 'jobSearch',
  lists: listParameters,
  async handle(input, context) {
    const wrong = checkParameters(input, [...filterParameters, 'sort', 'limit', 'nextToken'])
    if (wrong) return wrong
    const { sort, limit: asked, nextToken, ...filters } = input
    const scope = await readScope(filters, context)
    const order = readOrder(sort, filters.children !== undefined)
    const limit = readCount('limit', asked, limits.pageSize, limits.searchPage)
    const of = ['SearchJobs', filters, sort]
    const continued = readSearchToken(context, nextToken, of)
    if (isRefusal(scope)) return scope
    if (isRefusal(order)) return order
    if (isRefusal(limit)) return limit
    if (isRefusal(continued)) return continued
    const nowMs = continued?.nowMs ?? context.now()
    const search = { ...scope, order, limit: limit + 1, after: continued?.after, nowMs }
    const found = await orTooLong(context.backend.store.searches.find(search, context.hungUp))
    if (isRefusal(found)) return found
    const { rows, lookedAt } = await rowsOfPage(context, found.jobs.slice(0, limit), scope.filter.status)
    const last = found.jobs.length > lookedAt ? found.jobs[lookedAt - 1] : undefined
    return {
      jobs: rows,
      total: found.total,
      ...(last && { nextToken: writeSearchToken(context, { after: last.place, nowMs }, of) }),
      ...(found.hiddenBy.length > 0 && { hiddenBy: hiding(found.hiddenBy, input) }),
      ...(found.tooOld > 0 && seesAll(context) && { tooOld: found.tooOld }),
    }
  },
})

/** Jobs that are read at once, before other work may have its turn. */
const readAtOnce = 20

/**
 * The rows of a page, up to its limit in bytes, and how many of the found jobs they stand for. Jobs
 * are as memory has them if they live: one may have another status by now, and is left out.
 */
async function rowsOfPage(
  context: RequestContext,
  found: readonly { readonly jobId: string }[],
  statuses: readonly JobStatus[] | undefined,
): Promise<{ readonly rows: JobRowAnswer[]; readonly lookedAt: number }> {
  const { state } = context.backend.loop
  const view = { state, explainer: sightOf(context).explainer }
  const rows: JobRowAnswer[] = []
  let room: number = limits.searchPageBytes
  for (let from = 0; from < found.length; from += readAtOnce) {
    await context.pace?.breathe()
    const ids = found.slice(from, from + readAtOnce).map(({ jobId }) => jobId)
    const jobs = new Map(findJobs(context, ids).map((job) => [job.jobId, job]))
    for (const [at, jobId] of ids.entries()) {
      const job = jobs.get(jobId)
      if (!job || !(statuses?.includes(job.state.status) ?? true)) continue
      const row = jobRow(job, view)
      room -= Buffer.byteLength(JSON.stringify(row))
      if (room < 0 && rows.length > 0) return { rows, lookedAt: from + at }
      rows.push(row)
    }
  }
  return { rows, lookedAt: found.length }
}

/** How many jobs there are in all is not for those who see only some. */
export function seesAll(context: RequestContext): boolean {
  return sightOf(context).owners === undefined
}

function hiding(hiddenBy: readonly { filter: string; jobs: number }[], { mine }: Input): JobsAnswer['hiddenBy'] {
  return hiddenBy.map(({ filter, jobs }) => ({ filter: filter === 'user' && mine ? 'mine' : filter, jobs }))
}
