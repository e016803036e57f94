/**
 * CancelJobs and TerminateJobs: each id as CancelJob and TerminateJob would handle it, all in one
 * transaction. Simultaneous ends are counted together, because an array ends with the last of its
 * children.
 */
import type { CancelJobsRequest, CancelJobsResponse } from '../../model/generated/batch.ts'
import { type Job, parseChildId } from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import { type Refusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import type { TimeMs } from '../../model/time.ts'
import { accept, type Command } from '../decision.ts'
import type { Event } from '../events.ts'
import type { State } from '../state/state.ts'
import { parentEnd } from './array-end.ts'
import { causeOf, checkReason, childSpawned, emptyJobId, endUnstarted, stopJob, unspawnedChild } from './cancel.ts'

/** Who asks, and which jobs do not exist to them. */
export interface StopAsker {
  readonly by?: string
  readonly hides?: (jobId: string) => boolean
}

export function cancelJobs(request: CancelJobsRequest, asker: StopAsker = {}): Command<CancelJobsResponse> {
  return (state, { now }) => stopRequested(state, request, asker, 'cancelled', now)
}

export function terminateJobs(request: CancelJobsRequest, asker: StopAsker = {}): Command<CancelJobsResponse> {
  return (state, { now }) => stopRequested(state, request, asker, 'terminated', now)
}

/** Returns what is wrong with the call as a whole. The spaces are those of DescribeJobs. */
export function refuseBulk({ jobs, reason }: CancelJobsRequest): Refusal | undefined {
  if (jobs.length === 0) return refuse('Jobs must not be empty.')
  if (jobs.length > limits.bulkIds) return refuseWrapped(`Maximum number of jobs supported is  ${limits.bulkIds} .`)
  const complaint = checkReason(reason)
  return complaint === undefined ? undefined : refuse(complaint)
}

/** Every id once. Unknown ids and ended jobs count as successful, as on AWS. */
export function bulkAnswer(jobIds: readonly string[]): CancelJobsResponse {
  const ids = [...new Set(jobIds)]
  return {
    successful: ids.filter((id) => id !== ''),
    errors: ids.includes('') ? [{ job: '', code: 'ValidationException', message: emptyJobId }] : [],
  }
}

function stopRequested(
  state: State,
  request: CancelJobsRequest,
  { by, hides }: StopAsker,
  kind: 'cancelled' | 'terminated',
  now: TimeMs,
): Refusal | ReturnType<typeof accept<CancelJobsResponse>> {
  const refusal = refuseBulk(request)
  if (refusal) return refusal
  const answer = bulkAnswer(request.jobs)
  const cause = causeOf({ reason: request.reason, ...(by === undefined ? {} : { by }) }, now)
  const following: Event[] = []
  const endingChildren = new Map<string, { child: Job; status: 'FAILED' }[]>()
  let seq = state.nextSeq
  for (const jobId of answer.successful) {
    if (hides?.(jobId)) continue
    const parentId = parseChildId(jobId)?.parentId
    // The child ends or is stopped with its array, unless the array still waits for other jobs.
    if (parentId !== undefined && answer.successful.includes(parentId) && !state.awaited.has(parentId)) continue
    const recorded = state.jobs.get(jobId)
    const job = recorded ?? unspawnedChild(state, jobId, seq, now)
    if (!job) continue
    if (!recorded) {
      following.push(childSpawned(job, now))
      seq++
    }
    if (parentId !== undefined && (!recorded || job.state.status === 'RUNNABLE')) {
      following.push(endUnstarted(job, cause, kind, now))
      endingChildren.set(parentId, [...(endingChildren.get(parentId) ?? []), { child: job, status: 'FAILED' }])
    } else following.push(...stopJob(state, job, cause, kind, now))
  }
  for (const [parentId, children] of endingChildren) {
    const asked = answer.successful.includes(parentId) ? request.reason : undefined
    following.push(...parentEnd(state, children, now, asked))
  }
  return accept(answer, following)
}
