/** `GET /api/jobs/{id}/why`: all that holds a job back, in order, as data and as sentences; docs/use/waiting.md. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { jobSummary } from '../../../../core/describe/job-detail.ts'
import { namedJob } from '../../../../core/named-job.ts'
import { codeOf, timeLimitReasonOf, type WaitReason, waitText } from '../../../../core/wait-reason.ts'
import { arn } from '../../../../model/arn.ts'
import { isTerminal, type Job, type JobStatus } from '../../../../model/job.ts'
import type { StopRecord } from '../../../../model/stop-record.ts'
import type { RequestContext, Services } from '../../../context.ts'
import { ApiFailure } from '../../../errors.ts'
import { findJobs } from '../../batch/find-jobs.ts'

interface WhyAnswer {
  readonly jobId: string
  readonly status: JobStatus
  /** Of a job that waits for nothing: how it ended, or what becomes of it now. */
  readonly statusReason?: string
  /** A cancel or terminate that was accepted: of an array also at the children it ended. */
  readonly stop?: StopRecord
  /** What comes first first; none where the job has started or ended. Beside these members each has the data of its kind. */
  readonly reasons: readonly (WaitReason & { readonly code?: string; readonly text: string })[]
}

interface Params {
  /** A job's, a child's `id:3`, a node's `id#3`. */
  readonly jobId: string
}

export function whyRoute(app: FastifyInstance): void {
  const demand = (request: FastifyRequest, { services }: RequestContext) => ({
    action: 'openbatch:ExplainJob',
    resources: [arn(services, 'job', (request.params as Params).jobId)],
  })
  app.get<{ Params: Params }>(
    '/api/jobs/:jobId/why',
    { config: { authorise: { by: 'signature', service: 'batch', demand } } },
    ({ params, context }) => why(context.services, params.jobId),
  )
}

function why(services: Services, jobId: string): WhyAnswer {
  const [job] = findJobs(services, [jobId])
  if (!job) throw new ApiFailure({ code: 'ClientException', message: `Job ${jobId} not found.`, httpStatus: 404 })
  const { status } = job.state
  const told = { jobId, status, ...stopOf(job) }
  if (!isTerminal(status) && status !== 'STARTING' && status !== 'RUNNING') {
    const reasons = services.loop.explainer.why(job)
    if (reasons.length > 0) return { ...told, reasons: reasons.map((reason) => inWords(reason, services)) }
  }
  const { state, explainer } = services.loop
  const { statusReason } = jobSummary(job, { state, explainer })
  return { ...told, ...(statusReason === undefined ? {} : { statusReason }), reasons: [] }
}

/** AWS keeps the words alone; who said them is ours to tell. */
function stopOf({ stop }: Job): Pick<WhyAnswer, 'stop'> {
  return stop ? { stop } : {}
}

function inWords(reason: WaitReason, { loop: { state } }: Services): WhyAnswer['reasons'][number] {
  const code = codeOf(reason) ?? timeLimitReasonOf(reason)
  return {
    ...reason,
    ...(code === undefined ? {} : { code }),
    text: waitText(reason, (jobId) => namedJob(state, jobId)),
  }
}
