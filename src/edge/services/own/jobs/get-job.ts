/** `GET /api/jobs/{id}`: everything about one job; docs/use/api.md. */
import { jobDetail, jobSummary, type View } from '../../../../core/job/read.ts'
import { parseArn } from '../../../../model/arn.ts'
import { type Job, parseChildId, parseNodeId } from '../../../../model/job.ts'
import { limits } from '../../../../model/limits.ts'
import type { DependencyAnswer, JobAnswer, JobLinks, RelatedJobAnswer } from '../../../../wire/job.ts'
import type { RequestContext } from '../../../context.ts'
import { seeJobs, sightOf } from '../../../sight.ts'
import { findJobs } from '../../batch/find-jobs.ts'
import { defineOwnOperation, notFound } from '../own-operation.ts'
import { attemptsOf } from './attempt-answer.ts'
import { childCounts } from './job-row.ts'
import { stopOf } from './why.ts'

interface Input {
  /** The id of a job, of a child (`id:3`) or of a node (`id#3`). */
  readonly jobId: string
}

export const getJob = defineOwnOperation<Input, JobAnswer>('GetJob', {
  action: 'batch:DescribeJobs',
  alsoAsks: [seeJobs],
  method: 'GET',
  path: '/api/jobs/:jobId',
  answers: 'JobAnswer',
  summary: 'Everything about one job',
  handle({ jobId }, context) {
    const [job] = findJobs(context, [jobId])
    if (!job) return notFound(`Job ${jobId} not found.`)
    const view = { state: context.backend.loop.state, explainer: sightOf(context).explainer }
    return { ...facts(job, view), ...relations(job, context), detail: jobDetail(job, view), links: linksOf(job) }
  },
})

function facts(job: Job, view: View) {
  const { spec } = job
  const { statusReason, startedAt, stoppedAt, jobArn } = jobSummary(job, view)
  return {
    ...{ jobId: job.jobId, jobArn: jobArn!, jobName: spec.jobName, jobQueue: spec.jobQueue, user: spec.owner },
    ...{ jobDefinition: definitionOf(spec.jobDefinition), status: job.state.status, createdAtMs: spec.createdAtMs },
    ...(statusReason !== undefined && { statusReason }),
    ...(job.held && { held: true }),
    ...stopOf(job),
    ...(startedAt !== undefined && { startedAtMs: startedAt }),
    ...(stoppedAt !== undefined && { stoppedAtMs: stoppedAt }),
    ...{ tags: job.tags, attemptsAllowed: spec.retryStrategy?.attempts ?? 1, resources: spec.resources },
    ...(spec.shareIdentifier !== undefined && { shareIdentifier: spec.shareIdentifier }),
    ...(spec.schedulingPriority !== undefined && { schedulingPriority: spec.schedulingPriority }),
    ...(spec.timeoutSeconds !== undefined && { timeoutSeconds: spec.timeoutSeconds }),
    ...(spec.scratchMib !== undefined && { scratchMib: spec.scratchMib }),
    attempts: attemptsOf(job),
    ...partOf(job),
  }
}

function definitionOf(jobDefinition: string): JobAnswer['jobDefinition'] {
  const [name = jobDefinition, revision] = (parseArn(jobDefinition)?.name ?? jobDefinition).split(':')
  return { arn: jobDefinition, name, revision: Number(revision ?? 0) }
}

function partOf(job: Job): Pick<JobAnswer, 'array' | 'child' | 'node'> {
  const { node, spec } = job
  if (node)
    return { node: { ...parentOfNode(job.jobId), index: node.index, isMain: node.isMain, nodes: node.numNodes } }
  const child = parseChildId(job.jobId)
  if (child) return { child: { arrayJobId: child.parentId, index: child.index } }
  return spec.arraySize === undefined ? {} : { array: { size: spec.arraySize, children: childCounts(job) } }
}

function parentOfNode(jobId: string): { jobId: string } {
  return { jobId: parseNodeId(jobId)?.parentId ?? jobId }
}

function relations(job: Job, context: RequestContext): Pick<JobAnswer, 'dependsOn' | 'neededBy' | 'moreNeededBy'> {
  const named = (jobId: string): RelatedJobAnswer => {
    const [found] = findJobs(context, [jobId])
    return { jobId, ...(found && { jobName: found.spec.jobName, status: found.state.status }) }
  }
  const dependsOn = (job.spec.dependsOn ?? []).map(
    ({ jobId, type }): DependencyAnswer => ({
      // A dependency without an id is on the array itself.
      ...(jobId === undefined ? { jobId: parseChildId(job.jobId)?.parentId ?? job.jobId } : named(jobId)),
      ...(type !== undefined && { type }),
    }),
  )
  const { jobs, dependants, pairedWith } = context.backend.loop.state
  const { sees } = sightOf(context)
  const waiting = [dependants, pairedWith].flatMap((of) => [...first(of.get(job.jobId), limits.dependantsLookedAt)])
  const seen = waiting.filter((jobId) => {
    const other = jobs.get(jobId)
    return other !== undefined && sees(other.spec.owner)
  })
  const neededBy = seen.slice(0, limits.dependantsShown).map(named)
  return { dependsOn, neededBy, moreNeededBy: seen.length > neededBy.length }
}

/** The first of very many. */
function* first(ids: Iterable<string> | undefined, most: number): Generator<string> {
  let looked = 0
  for (const id of ids ?? []) {
    if (looked++ === most) return
    yield id
  }
}

function linksOf({ jobId, spec, node, arrayIndex }: Job): JobLinks {
  const path = `/api/jobs/${encodeURIComponent(jobId)}`
  const parent = parseChildId(jobId)?.parentId ?? (node && parseNodeId(jobId)?.parentId)
  const isArray = spec.arraySize !== undefined && arrayIndex === undefined
  return {
    ...{ why: `${path}/why`, story: `${path}/story`, queue: `/api/queues/${encodeURIComponent(spec.jobQueue)}` },
    ...(isArray && { children: `/api/jobs?children=${encodeURIComponent(jobId)}` }),
    ...(parent !== undefined && { parent: `/api/jobs/${encodeURIComponent(parent)}` }),
  }
}
