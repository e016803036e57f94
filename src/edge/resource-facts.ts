/**
 * Whose a resource is, and its tags: what policies ask of it. Children and nodes follow their job.
 * A job that the caller may not know of has no facts, as if it were not there: the operations treat
 * it so too (`sight.ts`).
 */
import type { ResourceFacts } from '../access/condition-values.ts'
import { findTagged } from '../core/tag/decide.ts'
import { parseArn } from '../model/arn.ts'
import { parseChildId, parseNodeId } from '../model/job.ts'
import { isRefusal } from '../model/refusal.ts'
import type { Bucket } from '../objects/object-store.ts'
import type { RequestContext } from './context.ts'
import { findJobs } from './services/batch/find-jobs.ts'
import { finishedJobTags } from './services/batch/finished-job-tags.ts'
import { bucketOfArn } from './services/s3/resource.ts'
import { groupsOf, sightOf } from './sight.ts'

/** Undefined for what does not exist, and for an ARN of another account. */
export function resourceFacts(context: RequestContext, resourceArn: string): ResourceFacts | undefined {
  const { backend } = context
  if (resourceArn.startsWith('arn:aws:iam:')) return backend.identities.current().entityOf(backend.account, resourceArn)
  const bucket = bucketOfArn(resourceArn)
  if (bucket !== undefined) return factsOfBucket(backend.objects.bucket(bucket), backend)
  const written = /^arn:aws[a-z-]*:logs:[^:]*:([0-9]*):log-group:([^:]*)(?::log-stream:([^:]*))?/.exec(resourceArn)
  if (written) return factsOfLog(context, written)
  const parsed = parseArn(resourceArn)
  if (parsed?.account !== backend.account) return undefined
  const { kind, name } = parsed
  if (kind === 'job') {
    const jobId = parseChildId(name)?.parentId ?? parseNodeId(name)?.parentId ?? name
    const [job] = findJobs(context, [jobId])
    return job && { ...ownedBy(backend, job.spec.owner), tags: job.tags }
  }
  if (kind === 'job-definition') {
    const [family = '', revision] = name.split(':')
    const found = revision === undefined ? undefined : backend.loop.state.jobDefinitions.find(family, Number(revision))
    return found && { ...ownedBy(backend, found.owner), tags: found.tags }
  }
  const tagged = findTagged(backend.loop.state, resourceArn, finishedJobTags(context))
  return isRefusal(tagged) ? undefined : { tags: tagged.tags }
}

/**
 * A stream is whose it is, and what is not there is its group's. The output of a job is its user's.
 * What the caller may not see has no facts, as if it were not there.
 */
function factsOfLog(
  context: RequestContext,
  [, account, group = '', stream]: readonly (string | undefined)[],
): ResourceFacts | undefined {
  const { backend } = context
  if (account !== backend.account) return undefined
  const owner = backend.logs.written.ownerOf({ group, stream, owners: sightOf(context).owners })
  return owner === undefined ? undefined : { ...ownedBy(backend, owner), tags: {} }
}

/** Objects are whose their bucket is. */
function factsOfBucket(bucket: Bucket | undefined, backend: RequestContext['backend']): ResourceFacts | undefined {
  return bucket && { ...(bucket.owner === '' ? {} : ownedBy(backend, bucket.owner)), tags: {} }
}

function ownedBy(backend: RequestContext['backend'], owner: string): Pick<ResourceFacts, 'owner' | 'ownerGroups'> {
  return { owner, ownerGroups: () => groupsOf(backend, owner) }
}
