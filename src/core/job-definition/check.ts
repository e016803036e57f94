/**
 * Whether a job definition may be registered. The request has passed the shape's JSON schema; this checks its meaning, with the
 * texts of the live service (docs/aws §1.8), the name first.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html
 */
import type { Complaint } from '../../model/complaint.ts'
import type { RegisterJobDefinitionRequest } from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'
import { isResourceName } from '../../model/names.ts'
import { type Refusal, refuseWrapped } from '../../model/refusal.ts'
import { checkTags } from '../../model/tags.ts'
import { checkConsumableResources } from '../workload/consumable-list.ts'
import { ofDefinition } from '../workload/kinds.ts'
import { checkNodeProperties } from '../workload/multi-node/check.ts'
import { checkPlatformCapabilities, platformOf } from '../workload/platform.ts'
import { checkRetryStrategy, checkSchedulingPriority, checkTimeout } from './job-settings.ts'

export function validateJobDefinition(request: RegisterJobDefinitionRequest): Refusal | undefined {
  const complaint =
    checkName(request.jobDefinitionName) ??
    checkSize(request) ??
    checkTags(request.tags) ??
    checkPlatformCapabilities(request.platformCapabilities) ??
    checkExclusive(request) ??
    (request.type === 'multinode' ? checkMultinode(request) : checkContainerKind(request)) ??
    checkRetryStrategy(request.retryStrategy) ??
    checkTimeout(request.timeout) ??
    checkSchedulingPriority(request.schedulingPriority) ??
    checkConsumableResources(request.consumableResourceProperties)
  return complaint === undefined ? undefined : refuseWrapped(complaint)
}

function checkName(name: string): Complaint {
  return isResourceName(name) ? undefined : 'Job Definition name should match a valid pattern.'
}

function checkSize(request: RegisterJobDefinitionRequest): Complaint {
  const bytes = Buffer.byteLength(JSON.stringify(request))
  if (bytes <= limits.jobDefinitionBytes) return undefined
  return `Job definition size must be less than ${limits.jobDefinitionBytes / 1024} KiB, got ${Math.ceil(bytes / 1024)} KiB`
}

function checkExclusive({
  containerProperties,
  ecsProperties,
  eksProperties,
}: RegisterJobDefinitionRequest): Complaint {
  if (containerProperties && ecsProperties) return 'Cannot use both ECS containerProperties and ecsProperties'
  if (containerProperties && eksProperties) return 'Cannot use both ECS containerProperties and eksProperties'
  if (ecsProperties && eksProperties) return 'Cannot use both ecsProperties and eksProperties'
  return undefined
}

function checkContainerKind(request: RegisterJobDefinitionRequest): Complaint {
  const { containerProperties, ecsProperties, eksProperties, nodeProperties } = request
  const platform = platformOf(request.platformCapabilities)
  if (nodeProperties) return 'Node properties should not be set for container jobs.'
  if (!containerProperties && !ecsProperties && !eksProperties) return 'Container properties should not be empty'
  if (containerProperties && platform === 'MANAGED_INSTANCES') {
    return 'Cannot use ECS containerProperties for MANAGED_INSTANCES'
  }
  return (
    (eksProperties && checkEksOnly(request)) ??
    ofDefinition(request, {}, (kind, properties) => kind.check(properties, platform))
  )
}

/** Tags are propagated to ECS tasks, and a pod is not one. */
export const tagsNotPropagated = 'propagateTags is not applicable for eksProperties.'

function checkEksOnly({ platformCapabilities, propagateTags }: RegisterJobDefinitionRequest): Complaint {
  if (platformCapabilities?.length) return 'platformCapabilities is not applicable for eksProperties.'
  return propagateTags ? tagsNotPropagated : undefined
}

function checkMultinode(request: RegisterJobDefinitionRequest): Complaint {
  const platform = platformOf(request.platformCapabilities)
  if (platform !== 'EC2') return `${platform} does not support MNP jobs`
  const besides = (['containerProperties', 'ecsProperties', 'eksProperties'] as const).find((member) => request[member])
  return (
    checkNodeProperties(request.nodeProperties) ??
    (request.propagateTags && request.nodeProperties?.nodeRangeProperties.some((range) => range.eksProperties)
      ? tagsNotPropagated
      : undefined) ??
    (besides && `${besides} should not be set for multinode jobs, use nodeProperties.`)
  )
}
