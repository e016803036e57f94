/** https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html */
import { type CallIdentity, submitJob as submit } from '../../../core/job/submit.ts'
import type { EndedJobs } from '../../../core/submission/depends-on.ts'
import { submissionConditionValues } from '../../../core/workload/condition-values.ts'
import { ignoredOverrides } from '../../../core/workload/ignored-overrides.ts'
import { isRefusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { callKey } from './execute.ts'
import { findJobs } from './find-jobs.ts'
import { mayReachHost, reachHost } from './host-reach.ts'
import { listChildren } from './list-children.ts'
import { resourceArn } from './resource-arn.ts'

export const submitJob = defineOperation('batch', 'SubmitJob', {
  resource: (input, { backend }) => [
    resourceArn(backend, 'job-definition', input.jobDefinition),
    resourceArn(backend, 'job-queue', input.jobQueue),
  ],
  conditionValues: submissionConditionValues,
  alsoAsks: [reachHost],
  async handle(input, context) {
    const { backend, principal, log } = context
    const reachesHost = mayReachHost(context, resourceArn(backend, 'job-queue', input.jobQueue))
    const command = submit(input, principal.name, identityOf(context), endedJobs(context), reachesHost)
    const answer = await backend.loop.execute(command)
    if (isRefusal(answer)) return answer
    const { jobId = '' } = answer
    const job = backend.loop.state.jobs.get(jobId)
    const ignored = job ? ignoredOverrides(input, job.spec.workload) : []
    // AWS does not mention ignored overrides, and many users have wondered why theirs had no
    // effect.
    if (ignored.length > 0)
      log.info({ jobId, ignored }, 'overrides in the old way do nothing beside resourceRequirements')
    return answer
  },
})

/**
 * A job's id is made from the call that submits it, so a repeat (docs/promises.md, 2) finds the job
 * by the index that ids have anyway. A separate record of the call would double the cost of a
 * submission.
 */
function identityOf(context: RequestContext): CallIdentity | undefined {
  const key = callKey(context, 'SubmitJob')
  if (key === undefined) return undefined
  return { jobId: uuidFrom(key), finishedCreatedAtMs: (jobId) => context.backend.store.createdAtMs(jobId) }
}

/** For dependencies on jobs that have ended. */
function endedJobs(context: RequestContext): EndedJobs {
  return {
    hides: sightOf(context).hides,
    job: (jobId) => findJobs(context, [jobId])[0],
    failedChildren: (jobId) =>
      listChildren(context.backend, jobId, 'FAILED', Number.MAX_SAFE_INTEGER, undefined).map(
        (child) => child.arrayIndex!,
      ),
  }
}

/**
 * The form of a UUID of version 4 (RFC 9562 §5.4), filled from a hash instead of a random number.
 */
export function uuidFrom(hash: string): string {
  const variant = ((Number.parseInt(hash[16]!, 16) & 0x3) | 0x8).toString(16)
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}
