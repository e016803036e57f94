/**
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html Without a status only
 * RUNNING jobs are listed, in arrays too. With a filter the status is ignored, except with
 * SHARE_IDENTIFIER (docs/aws §1.7).
 */

import { jobSummary } from '../../../core/job/read.ts'
import { nodeJob } from '../../../core/job/read-node.ts'
import { findJobQueue } from '../../../core/job-queue/read.ts'
import { jobQueueNotFound } from '../../../core/reference.ts'
import { SteadyPace } from '../../../ground/pace.ts'
import { type Account, arn, parseArn, parseOwnArn } from '../../../model/arn.ts'
import type { KeyValuesPair, ListJobsRequest } from '../../../model/generated/batch.ts'
import type { Job, JobStatus } from '../../../model/job.ts'
import { limits } from '../../../model/limits.ts'
import { isRefusal, type Refusal, refuse, refuseWrapped } from '../../../model/refusal.ts'
import { type JobQuery, matchesQuery, type TextMatch } from '../../../store/store.ts'
import type { Backend, RequestContext } from '../../context.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { oneValue, onlyOneFilter, textMatch } from './filters.ts'
import { findJobs } from './find-jobs.ts'
import { placeOf, readIndex, readPlace } from './job-place.ts'
import { listChildren } from './list-children.ts'
import { pageSize, readToken, writeToken } from './paging.ts'

export const listJobs = defineOperation('batch', 'ListJobs', {
  resource: () => '*',
  async handle(input, context) {
    const found = await find(input, context)
    if (isRefusal(found)) return found
    const { state } = context.backend.loop
    const { explainer } = sightOf(context)
    const view = { state, explainer }
    // Live jobs are shown as memory has them: the store knows neither why they wait nor how far an
    // array is.
    const jobSummaryList = found.jobs.map((job) => jobSummary(state.jobs.get(job.jobId) ?? job, view))
    return { jobSummaryList, ...(found.nextToken === undefined ? {} : { nextToken: found.nextToken }) }
  },
})

interface Found {
  readonly jobs: readonly Job[]
  readonly nextToken?: string
}

async function find(input: ListJobsRequest, context: RequestContext): Promise<Found | Refusal> {
  const scopes = [input.jobQueue, input.arrayJobId, input.multiNodeJobId].filter((it) => it !== undefined)
  if (scopes.length !== 1) return refuse('Exactly one of jobQueue, arrayJobId and multiNodeJobId must be provided.')
  const filtered = (input.filters?.length ?? 0) > 0
  const limit = pageSize(input.maxResults, filtered ? limits.pageSize : limits.listJobsPageSize)
  if (isRefusal(limit)) return limit
  const status = input.jobStatus ?? 'RUNNING'
  const of = ['ListJobs', scopes, filtered ? input.filters : status]
  const token = readToken(input.nextToken, of)
  const position = input.jobQueue === undefined ? readIndex(token) : readPlace(context, token)
  if (isRefusal(position)) return position
  const jobs =
    input.multiNodeJobId !== undefined
      ? listNodes(context, input.multiNodeJobId, status, limit + 1, position)
      : input.arrayJobId === undefined
        ? await listQueue(input, context, status, limit + 1, position)
        : listChildrenSeen(context, input.arrayJobId, status, limit + 1, position)
  if (isRefusal(jobs)) return jobs
  if (jobs.length <= limit) return { jobs }
  const last = jobs[limit - 1]!
  return {
    jobs: jobs.slice(0, limit),
    nextToken: writeToken(last.arrayIndex ?? last.node?.index ?? placeOf(context, last), of),
  }
}

/** AWS answers an empty list for an id it does not know. */
function listNodes(context: RequestContext, jobId: string, status: JobStatus, limit: number, after = -1): Job[] {
  const parent = findJobs(context, [jobId])[0]
  const workload = parent?.spec.workload
  const numNodes = workload?.kind === 'multiNode' ? workload.properties.numNodes : 0
  const found: Job[] = []
  for (let index = after + 1; parent && index < numNodes && found.length < limit; index++) {
    const node = nodeJob(parent, index)
    if (node?.state.status === status) found.push(node)
  }
  return found
}

function listChildrenSeen(
  context: RequestContext,
  ...asked: Parameters<typeof listChildren> extends [unknown, ...infer Rest] ? Rest : never
): Job[] {
  return sightOf(context).hides(asked[0]) ? [] : listChildren(context.backend, ...asked)
}

async function listQueue(
  input: ListJobsRequest,
  context: RequestContext,
  status: JobStatus,
  limit: number,
  after: number | undefined,
): Promise<readonly Job[] | Refusal> {
  const { loop, store } = context.backend
  const { owners } = sightOf(context)
  const jobQueue = findJobQueue(loop.state, input.jobQueue!)
  if (!jobQueue) return jobQueueNotFound(input.jobQueue!)
  const query = { scope: { jobQueue: jobQueue.name }, limit, ...(after === undefined ? {} : { after }) }
  if (!input.filters?.length)
    return owners
      ? merged(loop, store, jobQueue.name, { ...query, owners, status })
      : store.listJobs({ ...query, status })
  if (input.filters.length > 1) return refuseWrapped(onlyOneFilter)
  const filter = readFilter(input.filters[0]!, loop.state.account)
  if (isRefusal(filter)) return filter
  const withStatus = filter.shareIdentifier && input.jobStatus ? { status: input.jobStatus } : {}
  return merged(loop, store, jobQueue.name, { ...query, owners, ...filter, ...withStatus })
}

/** Live jobs that are examined before other work may have its turn. */
const lookedAtOnce = 1_000

/**
 * Live jobs from memory, then ended ones from the store, newest first. All live jobs are examined,
 * giving way from time to time. The store is asked last, and supplies jobs that ended meanwhile.
 */
async function merged(
  loop: Pick<Backend['loop'], 'state'>,
  store: Backend['store'],
  jobQueue: string,
  query: JobQuery,
): Promise<Job[]> {
  const pace = new SteadyPace()
  const candidates: string[] = []
  for (const [at, job] of [...loop.state.jobs.values()].entries()) {
    if (at % lookedAtOnce === 0) await pace.breathe()
    const inScope = job.arrayIndex === undefined && job.spec.jobQueue === jobQueue
    if (inScope && (query.after === undefined || job.seq < query.after) && matchesQuery(job, query))
      candidates.push(job.jobId)
  }
  const live = candidates.flatMap((jobId) => loop.state.jobs.get(jobId) ?? []).filter((job) => matchesQuery(job, query))
  const ended = store.listJobs({ ...query, finishedOnly: true })
  return [...live, ...ended].sort((a, b) => b.seq - a.seq).slice(0, query.limit)
}

function readFilter({ name, values }: KeyValuesPair, account: Account): Partial<JobQuery> | Refusal {
  const value = oneValue(name, values)
  if (isRefusal(value)) return value
  switch (name) {
    case 'JOB_NAME':
      return { jobName: textMatch(value) }
    case 'SHARE_IDENTIFIER':
      return { shareIdentifier: textMatch(value) }
    case 'JOB_DEFINITION':
      return { jobDefinition: definitionMatch(value, account) }
    case 'BEFORE_CREATED_AT':
    case 'AFTER_CREATED_AT': {
      if (!/^[0-9]{1,15}$/.test(value))
        return refuse(`The filter ${name} must be a time in milliseconds, got ${value}.`)
      return name === 'BEFORE_CREATED_AT' ? { createdBeforeMs: Number(value) } : { createdAfterMs: Number(value) }
    }
    default:
      return refuse(
        `Filter ${name} is not valid. Valid filters: [JOB_NAME, JOB_DEFINITION, BEFORE_CREATED_AT, AFTER_CREATED_AT, SHARE_IDENTIFIER]`,
      )
  }
}

/**
 * An ARN or a name, with a revision or for all of them, or the beginning of a name and `*`. Jobs
 * keep the ARN with revision.
 */
export function definitionMatch(value: string, account: Account): TextMatch {
  if (parseArn(value) === undefined && value.endsWith('*'))
    return { text: arn(account, 'job-definition', value.slice(0, -1)), prefix: true }
  // A job has the ARN of the server's region, whichever region it was submitted with. An ARN of
  // another account stays as it is and matches no job.
  const name = parseArn(value) ? parseOwnArn(value, account)?.name : value
  const full = name === undefined ? value : arn(account, 'job-definition', name)
  return parseArn(full)?.name.includes(':') ? { text: full, prefix: false } : { text: `${full}:`, prefix: true }
}
