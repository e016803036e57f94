/**
 * vCPUs, memory and GPUs of one container, from `resourceRequirements` (strings) or the old members `vcpus` and `memory`;
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
 */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type { PlatformCapability, ResourceRequirement, ResourceType } from '../../../model/generated/batch.ts'
import type { Resources } from '../../../model/resources.ts'

export interface ResourceMembers {
  readonly vcpus?: number
  readonly memory?: number
  readonly resourceRequirements?: readonly ResourceRequirement[]
}

const memoryMinMib = 4

/** Checks everything except whether Fargate offers the combination, which concerns a whole task. */
export function checkResources(members: ResourceMembers, platform: PlatformCapability): Complaint {
  const requirements = members.resourceRequirements ?? []
  return (
    checkLegacyMembers(members, platform) ??
    checkRequirements(requirements, platform) ??
    checkVcpus(requirementOf(requirements, 'VCPU') ?? members.vcpus, platform) ??
    checkMemory(requirementOf(requirements, 'MEMORY') ?? members.memory)
  )
}

/** Returns what the container uses. Expects members that passed the check. */
export function resourcesOf(members: ResourceMembers): Resources {
  const requirements = members.resourceRequirements ?? []
  return {
    vcpus: Number(requirementOf(requirements, 'VCPU') ?? members.vcpus ?? 0),
    memoryMib: Number(requirementOf(requirements, 'MEMORY') ?? members.memory ?? 0),
    gpus: Number(requirementOf(requirements, 'GPU') ?? 0),
  }
}

/** Checks each list by itself, of a definition or of overrides. */
export function checkRequirements(
  requirements: readonly ResourceRequirement[],
  platform: PlatformCapability,
): Complaint {
  const types = requirements.map((requirement) => requirement.type)
  if (new Set(types).size < types.length) return 'Cannot provide duplicates in resourceRequirements.'
  return firstComplaint(requirements, ({ type, value }) => {
    if (type === 'GPU' && platform === 'FARGATE') return 'GPU is not applicable for Fargate.'
    const fractionsAllowed = type === 'VCPU' && platform !== 'EC2'
    if (!(fractionsAllowed ? isDecimal(value) : isWhole(value))) {
      return `Value ${value} for type ${type} in resourceRequirement is not valid. Please provide a numeric value.`
    }
    return type === 'GPU' && Number(value) < 1 ? `GPU must be at least 1, got ${value}.` : undefined
  })
}

/** Checks the old members by themselves, of a definition or of overrides. */
export function refuseLegacyOnFargate(members: ResourceMembers, platform: PlatformCapability): Complaint {
  if (platform !== 'FARGATE') return undefined
  const used = (['vcpus', 'memory'] as const).find((member) => members[member] !== undefined)
  return used && `${used} is not applicable for Fargate. Use resource requirements instead.`
}

function checkLegacyMembers(members: ResourceMembers, platform: PlatformCapability): Complaint {
  return (
    refuseLegacyOnFargate(members, platform) ??
    checkNotBoth(members, 'vcpus', 'VCPU') ??
    checkNotBoth(members, 'memory', 'MEMORY')
  )
}

function checkNotBoth(members: ResourceMembers, member: 'vcpus' | 'memory', type: ResourceType): Complaint {
  const both = members[member] !== undefined && requirementOf(members.resourceRequirements ?? [], type) !== undefined
  return both ? `Cannot use both ECS containerProperties ${member} and resourceRequirement ${type}.` : undefined
}

function checkVcpus(value: string | number | undefined, platform: PlatformCapability): Complaint {
  if (value === undefined) return 'vCPU is required.'
  // Fargate's table lists the allowed fractions; a managed instance accepts any amount.
  const enough = platform === 'EC2' ? Number(value) >= 1 : Number(value) > 0
  return enough ? undefined : `vCPU must be at least 1, got ${value}.`
}

function checkMemory(value: string | number | undefined): Complaint {
  if (value === undefined) return 'Memory is required.'
  return Number(value) >= memoryMinMib ? undefined : `Memory must be at least ${memoryMinMib} Mib, got ${value} Mib.`
}

function requirementOf(requirements: readonly ResourceRequirement[], type: ResourceType): string | undefined {
  return requirements.find((requirement) => requirement.type === type)?.value
}

/** Whether it is a 32-bit integer, as AWS's are. */
function isWhole(value: string): boolean {
  return /^-?[0-9]{1,10}$/.test(value) && Math.abs(Number(value)) < 2 ** 31
}

function isDecimal(value: string): boolean {
  return /^-?[0-9]{1,10}(\.[0-9]{1,6})?$/.test(value) && Math.abs(Number(value)) < 2 ** 31
}
