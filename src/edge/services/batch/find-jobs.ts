/**
 * Finds jobs by id, wherever they are: in memory while they live, in the store when they have
 * ended, and in their array while they never started.
 */

import { childWithoutRecord } from '../../../core/job/child-without-record.ts'
import { nodeOf } from '../../../core/job/read-node.ts'
import { type Job, parseChildId } from '../../../model/job.ts'
import type { Backend } from '../../context.ts'

type Sources = Pick<Backend, 'loop' | 'store'>

/** Unknown ids are left out. */
export function findJobs({ loop, store }: Sources, jobIds: readonly string[]): Job[] {
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
