/** Tags of jobs that have left memory, as far as the caller may know of the jobs. */
import type { FinishedJobTags } from '../../../core/tag/decide.ts'
import type { RequestContext } from '../../context.ts'
import { sightOf } from '../../sight.ts'

export function finishedJobTags(context: RequestContext): FinishedJobTags {
  return (jobId) => {
    const job = context.backend.store.getJobs([jobId]).get(jobId)
    return job && sightOf(context).sees(job.spec.owner) ? job.tags : undefined
  }
}
