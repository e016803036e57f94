/** Jobs by id, wherever they are: in memory while they live, in the store when they have ended, in their array while they never started. */
import { childWithoutRecord } from '../../core/describe/child-without-record.ts'
import { type Job, parseChildId } from '../../model/job.ts'
import type { Services } from '../context.ts'

type Sources = Pick<Services, 'loop' | 'store'>

/** Unknown ids are left out. */
export function findJobs({ loop, store }: Sources, jobIds: readonly string[]): Job[] {
  const { jobs } = loop.state
  const absent = jobIds.filter((id) => !jobs.has(id))
  const stored = absent.length > 0 ? store.getJobs(absent) : new Map<string, Job>()
  return [...new Set(jobIds)].flatMap((id) => jobs.get(id) ?? stored.get(id) ?? findChild({ loop, store }, id) ?? [])
}

function findChild({ loop, store }: Sources, jobId: string): Job | undefined {
  const id = parseChildId(jobId)
  if (!id) return undefined
  const parent = loop.state.jobs.get(id.parentId) ?? store.getJobs([id.parentId]).get(id.parentId)
  return parent && childWithoutRecord(parent, id.index)
}
