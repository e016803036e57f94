/** One container of `containerProperties` or of a node range, as `containerOverrides` make it (docs/aws §2.3, §7.2). */
import type { Complaint } from '../../model/complaint.ts'
import type { ContainerOverrides, ContainerProperties, PlatformCapability } from '../../model/generated/batch.ts'
import { checkEnvironment } from '../definition/environment-variables.ts'
import { checkFargateSize } from '../definition/fargate.ts'
import { checkNotShared } from '../definition/logging.ts'
import {
  checkRequirements,
  checkResources,
  refuseLegacyOnFargate,
  resourcesOf,
} from '../definition/resource-requirements.ts'
import { mergeEnvironment, mergeRequirements } from './merge.ts'

/** Overrides by themselves and against the container registered. What they lead to is checked after merging, by `checkAmounts`. */
export function checkContainerOverrides(
  overrides: ContainerOverrides,
  registered: ContainerProperties,
  platform: PlatformCapability,
  /** Where they stand in the request. */
  member: string,
): Complaint {
  if (overrides.command?.includes('')) return `${member}.command must not contain an empty string.`
  return (
    checkEnvironment(overrides.environment, `${member}.environment`) ??
    checkNotShared(registered.secrets, overrides.environment) ??
    refuseLegacyOnFargate(overrides, platform) ??
    checkLegacy(overrides, registered, member) ??
    checkRequirements(overrides.resourceRequirements ?? [], platform)
  )
}

/** The old members override only themselves, never a requirement of the new kind. */
function checkLegacy(overrides: ContainerOverrides, registered: ContainerProperties, where: string): Complaint {
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
        `definition's resource requirements. (${where}.${member})`
      )
    }
    if (member === 'vcpus' && value < 1) return `vCPU must be at least 1, got ${value}. (${where}.vcpus)`
    if (member === 'memory' && value < 4) return `Memory must be at least 4 Mib, got ${value} Mib. (${where}.memory)`
  }
  return undefined
}

/** As DescribeJobs shows it before any attempt: the members registered, with what was overridden. */
export function mergeContainer(registered: ContainerProperties, overrides: ContainerOverrides): ContainerProperties {
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
    ...(overrides.instanceType && { instanceType: overrides.instanceType }),
    command: overrides.command?.length ? overrides.command : (registered.command ?? []),
    environment: mergeEnvironment(registered.environment ?? [], overrides.environment ?? []),
    resourceRequirements: requirements,
  }
}

/** Of a merged container. */
export function checkAmounts(container: ContainerProperties, platform: PlatformCapability): Complaint {
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
