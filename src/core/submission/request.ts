/**
 * Checks that concern a submission and its queue, whatever the definition. Members left over from
 * `aws batch submit-job --generate-cli-skeleton` (empty strings, zeros) are named, so that they can
 * be found and deleted.
 */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type { JobDependency, PlatformCapability, SubmitJobRequest } from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'
import { isJobName, isShareIdentifier } from '../../model/names.ts'
import { checkTags } from '../../model/tags.ts'
import { checkRetryStrategy, checkSchedulingPriority, checkTimeout } from '../job-definition/job-settings.ts'
import { isAfterAny } from '../state/dependencies.ts'
import type { Rules } from '../state/state.ts'
import { checkConsumableResources } from '../workload/consumable-list.ts'

/** What a submission must know about its job queue. */
export interface QueueTraits {
  /**
   * What the queue's compute environments can run. SPOT and UNMANAGED run `EC2`, FARGATE_SPOT runs
   * `FARGATE`.
   */
  readonly platform: PlatformCapability | 'EKS'
  /** Whether the queue has a fair-share scheduling policy. */
  readonly fairShare: boolean
}

export function checkRequest(request: SubmitJobRequest, queue: QueueTraits, rules: Rules): Complaint {
  return (
    (isJobName(request.jobName) ? undefined : 'Job name should match valid pattern') ??
    checkTags(request.tags) ??
    checkShare(request, queue.fairShare) ??
    checkArraySize(request.arrayProperties?.size, rules) ??
    checkDependencies(request, rules) ??
    checkRetryStrategy(request.retryStrategy) ??
    checkTimeout(request.timeout) ??
    checkConsumableResources(request.consumableResourcePropertiesOverride)
  )
}

function checkShare(request: SubmitJobRequest, fairShare: boolean): Complaint {
  const { shareIdentifier, schedulingPriorityOverride } = request
  if (!fairShare) {
    return shareIdentifier === undefined && schedulingPriorityOverride === undefined
      ? undefined
      : // "onlybe" is AWS's own slip, and clients match on the text.
        'Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share scheduling policy.'
  }
  if (shareIdentifier === undefined) {
    return 'Job must have a shareIdentifier when submitted to a job queue with fair share scheduling policy.'
  }
  if (!isShareIdentifier(shareIdentifier)) return 'ShareIdentifier name should match a valid pattern.'
  return checkSchedulingPriority(schedulingPriorityOverride)
}

function checkArraySize(size: number | undefined, { arraySizeMax }: Rules): Complaint {
  return size === undefined || (size >= limits.arraySizeMin && size <= arraySizeMax)
    ? undefined
    : `Array size should be between ${limits.arraySizeMin} and ${arraySizeMax}, got ${size} in arrayProperties.size.`
}

function checkDependencies({ dependsOn, arrayProperties }: SubmitJobRequest, rules: Rules): Complaint {
  if ((dependsOn?.length ?? 0) > rules.dependenciesMax) {
    return `Job cannot have more than ${rules.dependenciesMax} dependencies`
  }
  const isArray = arrayProperties?.size !== undefined
  return firstComplaint(dependsOn, (dependency, index) =>
    checkDependency(dependency, `dependsOn[${index}]`, isArray, rules),
  )
}

function checkDependency(dependency: JobDependency, member: string, isArray: boolean, { afterAny }: Rules): Complaint {
  const { jobId, type } = dependency
  if (jobId === '') return `${member}.jobId must not be empty.`
  if (isAfterAny(dependency) && !afterAny) {
    return `${member}.type AFTER_ANY is not one of AWS Batch, and the operator of this openbatch does not allow it.`
  }
  if (jobId === undefined && type !== 'SEQUENTIAL') return `${member}.jobId is required unless type is SEQUENTIAL.`
  const needsArray = type === 'N_TO_N' || jobId === undefined
  return needsArray && !isArray ? `${member}.type ${type} is only applicable to array jobs.` : undefined
}
