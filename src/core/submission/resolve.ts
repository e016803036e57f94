/**
 * SubmitJob as far as definition, request and queue decide it: refused, or resolved into what will run. Synchronous as in
 * AWS Batch, down to the `Ref::` placeholders; whether any host could ever hold the job is not asked here.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
 */
import type { Complaint } from '../../model/complaint.ts'
import type {
  ContainerDetail,
  ContainerOverrides,
  ContainerProperties,
  JobDefinition,
  PlatformCapability,
  SubmitJobRequest,
} from '../../model/generated/batch.ts'
import type { JobSpec } from '../../model/job.ts'
import { type Refusal, refuseWrapped } from '../../model/refusal.ts'
import { checkFargateSize } from '../definition/fargate.ts'
import { isGiven, normaliseRetryStrategy } from '../definition/normalise.ts'
import { platformOf } from '../definition/platform.ts'
import { checkResources, resourcesOf } from '../definition/resource-requirements.ts'
import { checkJobSize } from './job-size.ts'
import { mergeEnvironment, mergeParameters, mergeRequirements } from './merge.ts'
import { checkBuilt } from './not-built.ts'
import { checkContainerOverrides, checkOverridesFitKind } from './overrides.ts'
import { substituteParameters } from './parameters.ts'
import { checkRequest, type QueueTraits } from './request.ts'

export interface ResolvedJob {
  readonly kind: 'resolved'
  /** All of a job's spec that does not depend on who submits when and where. */
  readonly spec: Omit<JobSpec, 'jobQueue' | 'createdAtMs' | 'owner'>
  readonly tags: Readonly<Record<string, string>>
}

/** `definition` as `normaliseJobDefinition` made it. Shares with it and the request what it does not change. */
export function resolveSubmission(
  definition: JobDefinition,
  request: SubmitJobRequest,
  queue: QueueTraits,
): Refusal | ResolvedJob {
  const platform = platformOf(definition.platformCapabilities)
  const complaint =
    checkRequest(request, queue) ??
    checkPlatform(definition.eksProperties ? 'EKS' : platform, queue) ??
    checkOverridesFitKind(definition, request) ??
    checkBuilt(definition, request)
  if (complaint !== undefined) return refuseWrapped(complaint)

  const registered = definition.containerProperties ?? {}
  const overrides = request.containerOverrides ?? {}
  const unfit = checkContainerOverrides(overrides, registered, platform)
  if (unfit !== undefined) return refuseWrapped(unfit)

  const merged = mergeContainer(registered, overrides)
  const parameters = mergeParameters(definition.parameters ?? {}, request.parameters ?? {})
  const { containerOverrides: _, ...rest } = request
  const tooMuch = checkAmounts(merged, platform) ?? checkJobSize({ ...rest, container: merged, parameters })
  if (tooMuch !== undefined) return refuseWrapped(tooMuch)

  const substitution = substituteParameters(merged.command ?? [], parameters)
  if (substitution.kind === 'missing') {
    return refuseWrapped(`Unable to substitute value. No parameter found for reference ${substitution.reference}`)
  }
  const container = { ...merged, command: substitution.command }
  // Again, as a parameter may be named many times.
  const tooBig = Object.keys(parameters).length > 0 ? checkJobSize(container) : undefined
  if (tooBig !== undefined) return refuseWrapped(tooBig)

  const spec = { container, resources: resourcesOf(merged), parameters, ...settings(definition, request) }
  return { kind: 'resolved', spec, tags: request.tags ?? {} }
}

function checkPlatform(needed: QueueTraits['platform'], queue: QueueTraits): Complaint {
  return needed === queue.platform
    ? undefined
    : `Job Queue is attached to Compute Environment that can not run Jobs with capability ${needed}.`
}

function checkAmounts(container: ContainerProperties, platform: PlatformCapability): Complaint {
  // Where overrides replaced an old member by a requirement, both stand in the container and agree.
  const { vcpus, memory, ...withoutLegacy } = container
  const types = container.resourceRequirements?.map((requirement) => requirement.type) ?? []
  const members = {
    ...withoutLegacy,
    ...(vcpus !== undefined && !types.includes('VCPU') && { vcpus }),
    ...(memory !== undefined && !types.includes('MEMORY') && { memory }),
  }
  return (
    checkResources(members, platform) ?? (platform === 'FARGATE' ? checkFargateSize(resourcesOf(members)) : undefined)
  )
}

/** As DescribeJobs shows it before any attempt: the members registered, with what was overridden (batch-semantics §2.3). */
function mergeContainer(registered: ContainerProperties, overrides: ContainerOverrides): ContainerDetail {
  const { vcpus, memory, ...container } = registered
  const requirements = mergeRequirements(registered.resourceRequirements ?? [], overrides.resourceRequirements ?? [])
  const amounts = resourcesOf({
    resourceRequirements: requirements,
    ...(registered.vcpus !== undefined && { vcpus: overrides.vcpus ?? registered.vcpus }),
    ...(registered.memory !== undefined && { memory: overrides.memory ?? registered.memory }),
  })
  return {
    ...container,
    // The old members are shown only for definitions that used them, and then say what the job really has.
    ...(vcpus !== undefined && { vcpus: amounts.vcpus }),
    ...(memory !== undefined && { memory: amounts.memoryMib }),
    command: overrides.command?.length ? overrides.command : (registered.command ?? []),
    environment: mergeEnvironment(registered.environment ?? [], overrides.environment ?? []),
    resourceRequirements: requirements,
    networkInterfaces: [],
  }
}

/** Everything beside the container: what was submitted replaces what was registered, as a whole. */
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
  }
}
