/** https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobsByConsumableResource.html */
import { findConsumableResource } from '../../../core/consumable-resource/read.ts'
import { jobSummary } from '../../../core/job/read.ts'
import { consumableResourceNotFound } from '../../../core/reference.ts'
import { SteadyPace } from '../../../ground/pace.ts'
import { arn } from '../../../model/arn.ts'
import type {
  ListJobsByConsumableResourceRequest,
  ListJobsByConsumableResourceSummary,
} from '../../../model/generated/batch.ts'
import { isTerminal, type Job, type JobStatus, jobStatuses } from '../../../model/job.ts'
import { isRefusal, type Refusal, refuse } from '../../../model/refusal.ts'
import { matchesNeed, type NeedQuery } from '../../../store/store.ts'
import type { Backend, RequestContext } from '../../context.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { readFilters, textMatch } from './filters.ts'
import { placeOf, readPlace } from './job-place.ts'
import { pageSize, readToken, writeToken } from './paging.ts'
import { resourceArn } from './resource-arn.ts'

export const listJobsByConsumableResource = defineOperation('batch', 'ListJobsByConsumableResource', {
  resource: (input, { backend }) => resourceArn(backend, 'consumable-resource', input.consumableResource),
  async handle(input, context) {
    const query = readQuery(input, context)
    if (isRefusal(query)) return query
    const found = await find(context.backend, { ...query.query, limit: query.query.limit + 1 })
    const jobs = found.slice(0, query.query.limit)
    const more = found.length > jobs.length ? { nextToken: writeToken(placeOf(context, jobs.at(-1)!), query.of) } : {}
    return { jobs: jobs.map((job) => summary(context, job, query.query.consumable)), ...more }
  },
})

function readQuery(
  input: ListJobsByConsumableResourceRequest,
  context: RequestContext,
): { readonly query: NeedQuery; readonly of: unknown } | Refusal {
  const resource = findConsumableResource(context.backend.loop.state, input.consumableResource)
  if (!resource) return consumableResourceNotFound(input.consumableResource)
  const filters = readFilters(input.filters, ['JOB_STATUS', 'JOB_NAME'])
  if (isRefusal(filters)) return filters
  const { JOB_STATUS: status, JOB_NAME: jobName } = filters
  if (status !== undefined && !isJobStatus(status))
    return refuse(`The filter JOB_STATUS must be one of [${jobStatuses.join(', ')}], got ${status}.`)
  const limit = pageSize(input.maxResults)
  if (isRefusal(limit)) return limit
  const of = ['ListJobsByConsumableResource', resource.arn, filters]
  const after = readPlace(context, readToken(input.nextToken, of))
  if (isRefusal(after)) return after
  const query = {
    consumable: resource.arn,
    owners: sightOf(context).owners,
    limit,
    ...(status === undefined ? {} : { status }),
    ...(jobName === undefined ? {} : { jobName: textMatch(jobName) }),
    ...(after === undefined ? {} : { after }),
  }
  return { query, of }
}

/** Live jobs that are looked at before other work may have its turn. */
const lookedAtOnce = 1_000

/**
 * Live jobs from memory, then ended ones from the store, newest first. The store is asked last, and
 * supplies jobs that ended meanwhile.
 */
async function find({ loop, store }: Backend, query: NeedQuery): Promise<Job[]> {
  const candidates: string[] = []
  if (query.status === undefined || !isTerminal(query.status)) {
    const pace = new SteadyPace()
    for (const [at, job] of [...loop.state.jobs.values()].entries()) {
      if (at % lookedAtOnce === 0) await pace.breathe()
      if ((query.after === undefined || job.seq < query.after) && matchesNeed(job, query)) candidates.push(job.jobId)
    }
  }
  const live = candidates.flatMap((jobId) => loop.state.jobs.get(jobId) ?? []).filter((job) => matchesNeed(job, query))
  const ended = query.status === undefined || isTerminal(query.status) ? store.listJobsNeeding(query) : []
  return [...live, ...ended].sort((a, b) => b.seq - a.seq).slice(0, query.limit)
}

/**
 * `quantity` is the amount that one attempt uses of this resource. For an array it is what one
 * child uses.
 */
function summary(context: RequestContext, job: Job, consumable: string): ListJobsByConsumableResourceSummary {
  const { state } = context.backend.loop
  const { explainer } = sightOf(context)
  const { spec } = job
  const { jobArn, status, statusReason, startedAt, createdAt } = jobSummary(job, { state, explainer })
  return {
    jobArn: jobArn!,
    jobQueueArn: arn(state.account, 'job-queue', spec.jobQueue),
    jobName: spec.jobName,
    jobDefinitionArn: spec.jobDefinition,
    jobStatus: status!,
    createdAt: createdAt!,
    quantity: spec.consumables?.find((need) => need.arn === consumable)?.quantity ?? 0,
    consumableResourceProperties: spec.consumableResourceProperties ?? {},
    ...(spec.shareIdentifier === undefined ? {} : { shareIdentifier: spec.shareIdentifier }),
    ...(statusReason === undefined ? {} : { statusReason }),
    ...(startedAt === undefined ? {} : { startedAt }),
  }
}

function isJobStatus(text: string): text is JobStatus {
  return (jobStatuses as readonly string[]).includes(text)
}
