/** Operating system and processor of a Fargate or managed-instances task. */
import type { Complaint } from '../../../model/complaint.ts'
import type { PlatformCapability, RuntimePlatform } from '../../../model/generated/batch.ts'

const families: readonly string[] = [
  'WINDOWS_SERVER_2019_CORE',
  'WINDOWS_SERVER_2019_FULL',
  'WINDOWS_SERVER_2022_CORE',
  'WINDOWS_SERVER_2022_FULL',
  'LINUX',
]

export function checkRuntimePlatform(
  runtime: RuntimePlatform | undefined,
  platform: PlatformCapability,
  vcpus: number,
): Complaint {
  const family = runtime?.operatingSystemFamily || 'LINUX'
  const architecture = runtime?.cpuArchitecture || 'X86_64'
  if (!families.includes(family)) {
    return `RuntimePlatform supports only one from [${families.join(', ')}] operating systems, provided ${family}`
  }
  if (architecture !== 'X86_64' && architecture !== 'ARM64') {
    return `RuntimePlatform supports only one from [X86_64, ARM64] cpuArchitecture, provided ${architecture}`
  }
  if (family === 'LINUX') return undefined
  if (platform === 'MANAGED_INSTANCES') {
    return 'runtimePlatform for MANAGED_INSTANCES only supports LINUX operating system family.'
  }
  if (architecture !== 'X86_64') return 'Windows supported only by X86_64 cpuArchitecture'
  return vcpus < 1 ? `vCPU must be at least 1 for Windows Job definition, got ${vcpus}.` : undefined
}
