/**
 * Finds jobs by id, wherever they are: in memory while they live, in the store when they have
 * ended, and in their array while they never started.
 */

import { childWithoutRecord } from '../../../core/job/child-without-record.ts'
import { nodeOf } from '../../../core/job/read-node.ts'
import { type Job, parseChildId } from '../../../model/job.ts'
import type { RequestContext } from '../../context.ts'
import { sightOf } from '../../sight.ts'

type Sources = Pick<RequestContext['backend'], 'loop' | 'store'>

/** Unknown ids are left out, and those of jobs that the caller may not know of. */
export function findJobs(context: RequestContext, jobIds: readonly string[]): Job[] {
  const { sees } = sightOf(context)
  return findAnyJobs(context.backend, jobIds).filter(({ spec }) => sees(spec.owner))
}

/** As `findJobs`, whoever asks. */
export function findAnyJobs({ loop, store }: Sources, jobIds: readonly string[]): Job[] {
  const { jobs } = loop.state
  const absent = jobIds.filter((id) => !jobs.has(id))
  const stored = absent.length > 0 ? store.getJobs(absent) : new Map<string, Job>()
  return [...new Set(jobIds)].flatMap((id) => jobs.get(id) ?? stored.get(id) ?? findPart({ loop, store }, id) ?? [])
}

/** Finds a child without a record, or a node. */
function findPart({ loop, store }: Sources, jobId: string): Job | undefined {
  const find = (id: string) => loop.state.jobs.get(id) ?? store.getJobs([id]).get(id)
  const child = parseChildId(jobId)
  if (!child) return nodeOf(jobId, find)
  const parent = find(child.parentId)
  return parent && childWithoutRecord(parent, child.index)
}
