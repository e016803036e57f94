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

/**
 * The number of the job's submission. A token whose job is gone leads nowhere, and neither does the
 * number of a submission that was shown by somebody who is given none: with numbers of their own they
 * would find out how many jobs there are.
 */
export function readPlace(
  context: RequestContext,
  place: string | number | undefined | Refusal,
): number | undefined | Refusal {
  if (place === undefined || isRefusal(place)) return place
  if (typeof place === 'number') return sightOf(context).owners ? invalidToken() : place
  return findJobs(context, [place])[0]?.seq ?? invalidToken()
}

/** The same for a list by index: of the children of an array, of nodes. */
export function readIndex(place: string | number | undefined | Refusal): number | undefined | Refusal {
  return typeof place === 'string' ? invalidToken() : place
}
