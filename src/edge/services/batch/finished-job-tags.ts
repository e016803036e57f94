/** Tags of jobs that have left memory. */
import type { FinishedJobTags } from '../../../core/tag/decide.ts'
import type { Backend } from '../../context.ts'

export function finishedJobTags({ store }: Pick<Backend, 'store'>): FinishedJobTags {
  return (jobId) => store.getJobs([jobId]).get(jobId)?.tags
}
