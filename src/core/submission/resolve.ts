/**
 * SubmitJob, as far as definition, request and queue decide it: the job is refused, or resolved
 * into what will run. Everything happens at once as in AWS Batch, down to the `Ref::` placeholders.
 * Whether any host could ever hold the job is not checked here.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
 */
import type { Complaint } from '../../model/complaint.ts'
import type { JobDefinition, SubmitJobRequest } from '../../model/generated/batch.ts'
import type { JobSpec } from '../../model/job.ts'
import { type Refusal, refuseWrapped } from '../../model/refusal.ts'
import { checkScratch, type ScratchRequests, scratchMibOf } from '../../model/scratch.ts'
import { tagsNotPropagated } from '../job-definition/check.ts'
import { isGiven, normaliseRetryStrategy } from '../job-definition/normalise.ts'
import { consumableResourceNotFound } from '../reference.ts'
import type { Rules } from '../state/state.ts'
import { priorityMissing, refuseSubmission } from '../workload/bare-texts.ts'
import { mergeParameters } from '../workload/container/merge.ts'
import type { WorkloadKind } from '../workload/kind.ts'
import { ofDefinition } from '../workload/kinds.ts'
import { createSubstituter } from '../workload/parameters.ts'
import { platformOf } from '../workload/platform.ts'
import { type ConsumableArn, checkConsumables, resolveConsumables, unknownConsumable } from './consumables.ts'
import { checkJobSize } from './job-size.ts'
import { checkOverridesFitKind } from './overrides.ts'
import { checkRequest, type QueueTraits } from './request.ts'
import { checkVolumesHere } from './volumes.ts'

/** What a submission must know in addition to its definition. */
export interface SubmissionContext {
  readonly queue: QueueTraits
  readonly rules: Rules
  readonly consumableArn: ConsumableArn
}

export interface ResolvedJob {
  readonly kind: 'resolved'
  /** Everything in a job's spec that does not depend on who submits when and where. */
  readonly spec: Omit<JobSpec, 'jobQueue' | 'createdAtMs' | 'owner'>
  readonly tags: Readonly<Record<string, string>>
}

/**
 * `definition` is in the form that `normaliseJobDefinition` makes. The result shares the unchanged
 * parts of it and of the request.
 */
export function resolveSubmission(
  definition: JobDefinition,
  request: SubmitJobRequest,
  context: SubmissionContext,
): Refusal | ResolvedJob {
  const { queue, rules } = context
  const complaint =
    checkRequest(request, queue, rules) ??
    checkPlatform(definition, queue) ??
    checkPriority(definition, request, queue) ??
    checkOverridesFitKind(definition, request) ??
    checkNoTagsPropagated(definition, request)
  if (complaint !== undefined) return refuseSubmission(complaint)
  return ofDefinition(definition, request, (kind, registered, overrides) =>
    resolveWorkload({ kind, registered, overrides, definition, request, context }),
  )
}

interface Submission<Properties, Overrides> {
  readonly kind: WorkloadKind<Properties, Overrides>
  readonly registered: Properties
  readonly overrides: Overrides
  readonly definition: JobDefinition
  readonly request: SubmitJobRequest
  readonly context: SubmissionContext
}

function resolveWorkload<Properties, Overrides>({
  kind,
  registered,
  overrides,
  definition,
  request,
  context: { consumableArn, rules },
}: Submission<Properties, Overrides>): Refusal | ResolvedJob {
  const platform = platformOf(definition.platformCapabilities)
  const complaint =
    kind.checkSupported(registered, kind.member) ??
    kind.checkOverrides(overrides, registered, platform, kind.overridesMember) ??
    checkVolumesHere(kind.workload(registered), rules)
  if (complaint !== undefined) return refuseSubmission(complaint)
  const unknown = unknownConsumable(definition, request, consumableArn)
  if (unknown !== undefined) return consumableResourceNotFound(unknown)

  const merged = kind.merge(registered, overrides)
  const parameters = mergeParameters(definition.parameters ?? {}, request.parameters ?? {})
  const scratch = scratchRequests(definition, request, parameters)
  const tooMuch =
    checkConsumables(definition, request, consumableArn) ??
    kind.checkMerged(merged, platform) ??
    checkScratch(scratch) ??
    checkJobSize({ ...withoutOverrides(request), [kind.member]: merged, parameters })
  if (tooMuch !== undefined) return refuseWrapped(tooMuch)

  const scratchMib = scratchMibOf(scratch)
  const put = createSubstituter(parameters)
  const properties = kind.substitute(merged, put)
  const missing = put.missing()
  if (missing !== undefined) {
    return refuseWrapped(`Unable to substitute value. No parameter found for reference ${missing}`)
  }
  // Checked again, because a parameter may be named many times.
  const tooBig = Object.keys(parameters).length > 0 ? checkJobSize({ [kind.member]: properties }) : undefined
  if (tooBig !== undefined) return refuseWrapped(tooBig)

  const consumables = resolveConsumables(definition, request, kind.workload(properties), consumableArn)
  const spec = {
    workload: consumables.workload,
    resources: kind.resources(properties),
    ...(scratchMib !== undefined && { scratchMib }),
    parameters,
    ...(consumables.needs.length > 0 && { consumables: consumables.needs }),
    ...(consumables.properties && { consumableResourceProperties: consumables.properties }),
    ...settings(definition, request),
  }
  return { kind: 'resolved', spec, tags: request.tags ?? {} }
}

function scratchRequests(
  { tags: tagsOfDefinition, containerProperties, ecsProperties }: JobDefinition,
  { tags }: SubmitJobRequest,
  parameters: Readonly<Record<string, string>>,
): ScratchRequests {
  const storage = containerProperties?.ephemeralStorage ?? ecsProperties?.taskProperties[0]?.ephemeralStorage
  return { tags, parameters, tagsOfDefinition, ephemeralStorageGib: storage?.sizeInGiB }
}

function withoutOverrides({
  containerOverrides: _,
  ecsPropertiesOverride: __,
  eksPropertiesOverride: ___,
  nodeOverrides: ____,
  ...rest
}: SubmitJobRequest) {
  return rest
}

/**
 * A pod needs no Kubernetes here: anything that runs containers on EC2's terms accepts it. What AWS
 * would refuse otherwise is refused.
 */
function checkPlatform(definition: JobDefinition, queue: QueueTraits): Complaint {
  const isPod = definition.containerOrchestrationType === 'EKS'
  const needed = isPod ? 'EKS' : platformOf(definition.platformCapabilities)
  return needed === queue.platform || (isPod && queue.platform === 'EC2')
    ? undefined
    : `Job Queue is attached to Compute Environment that can not run Jobs with capability ${needed}.`
}

/** A share alone is not enough: the job also needs a priority among the jobs of its share. */
function checkPriority(definition: JobDefinition, request: SubmitJobRequest, { fairShare }: QueueTraits): Complaint {
  const priority = request.schedulingPriorityOverride ?? definition.schedulingPriority
  return fairShare && priority === undefined ? priorityMissing : undefined
}

/** A definition with it is refused at registration. */
function checkNoTagsPropagated({ containerOrchestrationType }: JobDefinition, request: SubmitJobRequest): Complaint {
  return containerOrchestrationType === 'EKS' && request.propagateTags ? tagsNotPropagated : undefined
}

/** Everything but the container: what was submitted replaces what was registered, as a whole. */
function settings(definition: JobDefinition, request: SubmitJobRequest) {
  const retryStrategy = isGiven(request.retryStrategy)
    ? normaliseRetryStrategy(request.retryStrategy)
    : definition.retryStrategy
  const timeoutSeconds = request.timeout?.attemptDurationSeconds ?? definition.timeout?.attemptDurationSeconds
  const propagateTags = request.propagateTags ?? definition.propagateTags
  const schedulingPriority = request.schedulingPriorityOverride ?? definition.schedulingPriority
  const arraySize = request.arrayProperties?.size
  return {
    jobName: request.jobName,
    jobDefinition: definition.jobDefinitionArn,
    platformCapabilities: definition.platformCapabilities ?? [],
    ...(retryStrategy && { retryStrategy }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(propagateTags !== undefined && { propagateTags }),
    ...(request.shareIdentifier !== undefined && { shareIdentifier: request.shareIdentifier }),
    ...(schedulingPriority !== undefined && { schedulingPriority }),
    ...(arraySize !== undefined && { arraySize }),
    ...(request.dependsOn?.length && { dependsOn: request.dependsOn }),
  }
}
