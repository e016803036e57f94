/**
 * Calls that name several jobs answer for each by itself: a job that the principal may not act on is an error of the answer, and the
 * others go on (docs/aws §2.9).
 */
import { bulkAnswer, refuseBulk } from '../../../core/job/stop-jobs.ts'
import type { ResourceKind } from '../../../model/arn.ts'
import type { CancelJobsRequest, CancelJobsResponse } from '../../../model/generated/batch.ts'
import { isRefusal, type Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { resourceArn } from './resource-arn.ts'

type Answer = CancelJobsResponse | Refusal

/** `act` is given the jobs that are allowed, at least one. A call that is wrong as a whole is refused before. */
export async function forAllowed(
  input: CancelJobsRequest,
  kind: ResourceKind,
  { backend, refused }: RequestContext,
  act: (allowed: CancelJobsRequest) => Answer | Promise<Answer>,
): Promise<Answer> {
  const refusalOf = (jobId: string) => refused?.get(resourceArn(backend, kind, jobId))
  if (!input.jobs.some(refusalOf)) return act(input)
  const wrong = refuseBulk(input)
  if (wrong) return wrong
  const jobs = input.jobs.filter((jobId) => !refusalOf(jobId))
  const answer = jobs.length > 0 ? await act({ ...input, jobs }) : bulkAnswer([])
  if (isRefusal(answer)) return answer
  const denied = [...new Set(input.jobs)].flatMap((job) => {
    const refusal = refusalOf(job)
    return refusal ? [{ job, code: 'AccessDenied', message: refusal.message }] : []
  })
  return { ...answer, errors: [...answer.errors, ...denied] }
}
