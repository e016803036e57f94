/** Whether the overrides of a submission fit the kind of its definition (batch-semantics §7.2, §7.3). */
import type { Complaint } from '../../model/complaint.ts'
import type {
  ContainerOverrides,
  ContainerProperties,
  JobDefinition,
  PlatformCapability,
  SubmitJobRequest,
} from '../../model/generated/batch.ts'
import { checkEnvironment } from '../definition/environment-variables.ts'
import { checkRequirements, refuseLegacyOnFargate } from '../definition/resource-requirements.ts'

/** Each kind of definition and the one override it takes. */
const kinds = [
  { properties: 'containerProperties', override: 'containerOverrides' },
  { properties: 'ecsProperties', override: 'ecsPropertiesOverride' },
  { properties: 'eksProperties', override: 'eksPropertiesOverride' },
  { properties: 'nodeProperties', override: 'nodeOverrides' },
] as const

/** An empty override is none: Airflow sends such. */
export function checkOverridesFitKind(definition: JobDefinition, request: SubmitJobRequest): Complaint {
  const kind = kinds.find(({ properties }) => definition[properties])
  const stray = kinds.find((other) => other !== kind && Object.keys(request[other.override] ?? {}).length > 0)
  if (stray && kind) {
    const named = stray.override === 'containerOverrides' ? 'Container overrides' : stray.override
    return `${named} should not be set for ${kind.properties} jobs.`
  }
  return checkNodeTargets(definition, request)
}

function checkNodeTargets({ nodeProperties }: JobDefinition, { nodeOverrides }: SubmitJobRequest): Complaint {
  const targets = new Set(nodeProperties?.nodeRangeProperties.map((range) => range.targetNodes))
  const stray = (nodeOverrides?.nodePropertyOverrides ?? [])
    .map((override) => override.targetNodes)
    .filter((target) => !targets.has(target))
  return stray.length > 0
    ? `NodeOverride targets should match job definition. Non matching targets - ${stray.join(', ')}`
    : undefined
}

/** `containerOverrides` by themselves and against the container registered. What they lead to is checked after merging. */
export function checkContainerOverrides(
  overrides: ContainerOverrides,
  registered: ContainerProperties,
  platform: PlatformCapability,
): Complaint {
  if (overrides.instanceType !== undefined) {
    return 'containerOverrides.instanceType is only applicable to multi-node parallel jobs.'
  }
  if (overrides.command?.includes('')) return 'containerOverrides.command must not contain an empty string.'
  return (
    checkEnvironment(overrides.environment, 'containerOverrides.environment') ??
    refuseLegacyOnFargate(overrides, platform) ??
    checkLegacy(overrides, registered) ??
    checkRequirements(overrides.resourceRequirements ?? [], platform)
  )
}

/** The old members override only themselves, never a requirement of the new kind. */
function checkLegacy(overrides: ContainerOverrides, registered: ContainerProperties): Complaint {
  for (const [member, type] of [
    ['vcpus', 'VCPU'],
    ['memory', 'MEMORY'],
  ] as const) {
    const value = overrides[member]
    if (value === undefined) continue
    const requirements = [...(registered.resourceRequirements ?? []), ...(overrides.resourceRequirements ?? [])]
    if (requirements.some((requirement) => requirement.type === type)) {
      return (
        'This value was submitted in a deprecated key and may conflict with the value provided by the job ' +
        `definition's resource requirements. (containerOverrides.${member})`
      )
    }
    if (member === 'vcpus' && value < 1) return `vCPU must be at least 1, got ${value}. (containerOverrides.vcpus)`
    if (member === 'memory' && value < 4) {
      return `Memory must be at least 4 Mib, got ${value} Mib. (containerOverrides.memory)`
    }
  }
  return undefined
}
