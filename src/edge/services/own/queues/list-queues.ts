/** `GET /api/queues` and `GET /api/queues/{name}`: the job queues, what is in them and what holds them up; docs/use/api.md. */

import { firstRunnable } from '../../../../core/job-queue/front.ts'
import { findJobQueue } from '../../../../core/job-queue/read.ts'
import { arn } from '../../../../model/arn.ts'
import { jobStatuses } from '../../../../model/job.ts'
import type { JobQueue } from '../../../../model/job-queue.ts'
import { limits } from '../../../../model/limits.ts'
import { isRefusal, type Refusal } from '../../../../model/refusal.ts'
import type { StatusCounts } from '../../../../store/search/job-search.ts'
import type { QueueAnswer, QueueDetailAnswer, QueuesAnswer } from '../../../../wire/queues.ts'
import type { RequestContext } from '../../../context.ts'
import { seeJobs, sightOf } from '../../../sight.ts'
import { statusCounts } from '../jobs/job-row.ts'
import { orTooLong } from '../jobs/search-scope.ts'
import { inWords } from '../jobs/why.ts'
import { defineOwnOperation, notFound } from '../own-operation.ts'

export const listQueues = defineOwnOperation<Record<string, never>, QueuesAnswer>('ListQueues', {
  action: 'batch:DescribeJobQueues',
  alsoAsks: [seeJobs],
  method: 'GET',
  path: '/api/queues',
  longRead: 'jobSearch',
  answers: 'QueuesAnswer',
  summary: 'The job queues, with their jobs by status',
  async handle(_, context) {
    const { jobQueues } = context.backend.loop.state
    const counts = await countJobs(context, [...jobQueues.keys()])
    if (isRefusal(counts)) return counts
    const queues = [...context.backend.loop.state.jobQueues.values()].sort(byPriority)
    return { queues: queues.map((queue) => queueAnswer(queue, counts.get(queue.name))) }
  },
})

interface Input {
  readonly name: string
}

export const getQueue = defineOwnOperation<Input, QueueDetailAnswer>('GetQueue', {
  action: 'batch:GetJobQueueSnapshot',
  alsoAsks: [seeJobs],
  method: 'GET',
  path: '/api/queues/:name',
  longRead: 'jobSearch',
  resource: ({ name }, { backend }) => arn(backend, 'job-queue', name),
  answers: 'QueueDetailAnswer',
  summary: 'A job queue, the jobs that are next, and what holds them up',
  async handle({ name }, context) {
    const find = () => findJobQueue(context.backend.loop.state, name)
    if (!find()) return notFound(`Job queue ${name} not found.`)
    const counts = await countJobs(context, [name])
    if (isRefusal(counts)) return counts
    const queue = find()
    if (!queue) return notFound(`Job queue ${name} not found.`)
    return { ...queueAnswer(queue, counts.get(name)), front: frontOf(context, queue), ...headOf(context, queue) }
  },
})

async function countJobs(
  context: RequestContext,
  queues: readonly string[],
): Promise<ReadonlyMap<string | null, StatusCounts> | Refusal> {
  const { owners } = sightOf(context)
  const { searches } = context.backend.store
  const asked = { owners, filter: { queue: queues }, groupBy: { by: 'queue' }, groups: queues.length } as const
  const counted = await orTooLong(searches.count(asked, context.hungUp))
  if (isRefusal(counted)) return counted
  return new Map(counted.groups.map(({ key, byStatus }) => [key, byStatus]))
}

function queueAnswer(queue: JobQueue, counts: StatusCounts = jobStatuses.map(() => 0)): QueueAnswer {
  const { schedulingPolicyArn } = queue.shape
  return {
    ...{ jobQueue: queue.name, arn: queue.arn, state: queue.state, status: queue.status },
    ...{ statusReason: queue.statusReason, priority: queue.priority },
    ...(schedulingPolicyArn !== undefined && { schedulingPolicyArn }),
    ...{ computeEnvironments: queue.computeEnvironments, tags: queue.tags, jobs: statusCounts(counts) },
  }
}

function frontOf(context: RequestContext, queue: JobQueue): QueueDetailAnswer['front'] {
  const { backend, now } = context
  const { owners, sees } = sightOf(context)
  const looked = firstRunnable(backend.loop.state, queue, now(), owners ? limits.frontLookedAt : limits.frontOfQueue)
  return looked
    .filter(({ job }) => sees(job.spec.owner))
    .slice(0, limits.frontOfQueue)
    .map(({ job: { jobId, spec }, childIndex }) => ({
      jobId: childIndex === undefined ? jobId : `${jobId}:${childIndex}`,
      ...{ jobName: spec.jobName, user: spec.owner },
      ...(spec.shareIdentifier !== undefined && { shareIdentifier: spec.shareIdentifier }),
      createdAtMs: spec.createdAtMs,
    }))
}

function headOf(context: RequestContext, queue: JobQueue): Pick<QueueDetailAnswer, 'head' | 'headIsHidden'> {
  const { backend } = context
  const { explainer, sees } = sightOf(context)
  const head = backend.loop.explainer.headOf(queue.name)
  if (!head) return {}
  if (!sees(head.spec.owner)) return { headIsHidden: true }
  const reasons = explainer.why(head).map((reason) => inWords(reason, backend))
  return { head: { jobId: head.jobId, jobName: head.spec.jobName, reasons } }
}

function byPriority(a: JobQueue, b: JobQueue): number {
  return b.priority - a.priority || (a.name < b.name ? -1 : 1)
}
