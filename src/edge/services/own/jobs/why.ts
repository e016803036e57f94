/**
 * `GET /api/jobs/{id}/why` answers everything that holds a job back, in order, as data and as
 * sentences, or how the job ended; docs/use/waiting.md.
 */
import { codeOf, timeLimitReasonOf, type WaitReason, waitText } from '../../../../core/explain/wait-reason.ts'
import { namedJob } from '../../../../core/job/named-job.ts'
import { jobSummary } from '../../../../core/job/read.ts'
import { arn } from '../../../../model/arn.ts'
import { isTerminal, type Job, liveAttempt, parseNodeId } from '../../../../model/job.ts'
import { isRefusal, type Refusal } from '../../../../model/refusal.ts'
import type { WhyAnswer } from '../../../../wire/why.ts'
import type { Backend, RequestContext } from '../../../context.ts'
import { sightOf } from '../../../sight.ts'
import { findJobs } from '../../batch/find-jobs.ts'
import { defineOwnOperation, notFound } from '../own-operation.ts'
import { howItEnded } from './ending.ts'

interface Input {
  /** The id of a job, of a child (`id:3`) or of a node (`id#3`). */
  readonly jobId: string
}

export const explainJob = defineOwnOperation<Input, WhyAnswer>('ExplainJob', {
  summary: 'Why a job waits, or how it ended',
  answers: 'WhyAnswer',
  method: 'GET',
  path: '/api/jobs/:jobId/why',
  resource: ({ jobId }, { backend }) => arn(backend, 'job', jobId),
  async handle({ jobId }, context) {
    const answer = why(context, jobId)
    if (isRefusal(answer)) return answer
    const ending = await howItEnded(context, jobId)
    return ending ? { ...answer, ending } : answer
  },
})

/** Answers why the job waits, or what became of it. */
export function why(context: RequestContext, jobId: string): WhyAnswer | Refusal {
  const { backend } = context
  const { explainer } = sightOf(context)
  const [job] = findJobs(context, [jobId])
  if (!job) return notFound(`Job ${jobId} not found.`)
  const { status } = job.state
  const told = { jobId, status, ...stopOf(job) }
  if (!isTerminal(status) && status !== 'STARTING' && status !== 'RUNNING') {
    const reasons = explainer.why(job)
    if (reasons.length > 0) return { ...told, reasons: reasons.map((reason) => inWords(reason, backend)) }
  }
  const { state } = backend.loop
  const { statusReason } = jobSummary(job, { state, explainer })
  const pending = status === 'STARTING' ? whyPending(backend, job) : undefined
  return {
    ...told,
    ...(statusReason === undefined ? {} : { statusReason }),
    reasons: pending === undefined ? [] : [{ kind: 'starting', why: pending, text: `Being started: ${pending}.` }],
  }
}

/** The driver's last reason. For a node, the reason of its own containers. */
function whyPending({ loop: { state }, pending }: Backend, job: Job): string | undefined {
  const node = parseNodeId(job.jobId)
  const owner = node ? state.jobs.get(node.parentId) : job
  const attempt = owner && liveAttempt(owner)
  return attempt && pending.why(attempt.name, node?.node)
}

/** AWS keeps only the words. Who said them is our addition. */
export function stopOf({ stop }: Job): Pick<WhyAnswer, 'stop'> {
  return stop ? { stop } : {}
}

export function inWords(reason: WaitReason, { loop: { state } }: Backend): WhyAnswer['reasons'][number] {
  const code = codeOf(reason) ?? timeLimitReasonOf(reason)
  return {
    ...reason,
    ...(code === undefined ? {} : { code }),
    text: waitText(reason, (jobId) => namedJob(state, jobId)),
  }
}
