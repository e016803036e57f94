/**
 * One container of `containerProperties` or of a node range, changed by `containerOverrides`
 * (docs/aws §2.3, §7.2).
 */
import type { Complaint } from '../../../model/complaint.ts'
import type { ContainerOverrides, ContainerProperties, PlatformCapability } from '../../../model/generated/batch.ts'
import { emptyCommand } from '../bare-texts.ts'
import { checkEnvironment } from './environment-variables.ts'
import { checkFargateSize } from './fargate.ts'
import { ignoredMembers } from './ignored-members.ts'
import { checkNotShared } from './logging.ts'
import { mergeEnvironment, mergeRequirements } from './merge.ts'
import { checkRequirements, checkResources, refuseLegacyOnFargate, resourcesOf } from './resource-requirements.ts'

/**
 * Checks overrides by themselves and against the registered container. `checkAmounts` checks the
 * result after merging.
 */
export function checkContainerOverrides(
  overrides: ContainerOverrides,
  registered: ContainerProperties,
  platform: PlatformCapability,
  /** Where they stand in the request. */
  member: string,
): Complaint {
  if (overrides.command?.includes('')) return emptyCommand
  return (
    checkEnvironment(overrides.environment, `${member}.environment`) ??
    checkNotShared(registered.secrets, overrides.environment) ??
    refuseLegacyOnFargate(overrides, platform) ??
    checkLegacy(overrides, registered, member) ??
    checkRequirements(overrides.resourceRequirements ?? [], platform)
  )
}

/** A member that has an effect must be an amount. */
function checkLegacy(overrides: ContainerOverrides, registered: ContainerProperties, where: string): Complaint {
  const ignored = ignoredMembers(overrides, [
    ...(registered.resourceRequirements ?? []),
    ...(overrides.resourceRequirements ?? []),
  ])
  const { vcpus = 1, memory = 4 } = overrides
  if (vcpus < 1 && !ignored.includes('vcpus')) return `vCPU must be at least 1, got ${vcpus}. (${where}.vcpus)`
  if (memory < 4 && !ignored.includes('memory'))
    return `Memory must be at least 4 Mib, got ${memory} Mib. (${where}.memory)`
  return undefined
}

/** As DescribeJobs shows it before any attempt: the registered members, with the overrides. */
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
    // The old members are shown only for definitions that used them, and then state what the job
    // really has.
    ...(vcpus !== undefined && { vcpus: amounts.vcpus }),
    ...(memory !== undefined && { memory: amounts.memoryMib }),
    ...(overrides.instanceType && { instanceType: overrides.instanceType }),
    command: overrides.command?.length ? overrides.command : (registered.command ?? []),
    environment: mergeEnvironment(registered.environment ?? [], overrides.environment ?? []),
    resourceRequirements: requirements,
  }
}

/** Checks a merged container. */
export function checkAmounts(container: ContainerProperties, platform: PlatformCapability): Complaint {
  // Where an override replaced an old member by a requirement, both stand in the container and
  // agree.
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
