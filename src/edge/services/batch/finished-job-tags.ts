/** Tags of jobs that have left memory. */
import type { FinishedJobTags } from '../../../core/decide/tag.ts'
import type { Services } from '../../context.ts'

export function finishedJobTags({ store }: Pick<Services, 'store'>): FinishedJobTags {
  return (jobId) => store.getJobs([jobId]).get(jobId)?.tags
}
