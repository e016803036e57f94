/**
 * The place of a job in a list, for the token of a page. The number of a submission tells how many
 * jobs there are, so those who see only some of them get the job's id instead.
 */
import type { Job } from '../../../model/job.ts'
import { isRefusal, type Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { sightOf } from '../../sight.ts'
import { findJobs } from './find-jobs.ts'
import { invalidToken } from './paging.ts'

export function placeOf(context: RequestContext, job: Job): string | number {
  return sightOf(context).owners ? job.jobId : job.seq
}

/** The number of the job's submission. A token whose job is gone leads nowhere. */
export function readPlace(
  context: RequestContext,
  place: string | number | undefined | Refusal,
): number | undefined | Refusal {
  if (typeof place !== 'string' || isRefusal(place)) return place as Exclude<typeof place, string>
  return findJobs(context, [place])[0]?.seq ?? invalidToken()
}
