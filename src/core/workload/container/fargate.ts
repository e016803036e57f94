/**
 * The sizes that Fargate offers, and the members of a definition that only Fargate or only EC2
 * understands: https://docs.aws.amazon.com/batch/latest/userguide/fargate.html
 */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type {
  EphemeralStorage,
  FargatePlatformConfiguration,
  LinuxParameters,
  LogConfiguration,
  NetworkConfiguration,
  PlatformCapability,
  RuntimePlatform,
  Ulimit,
  Volume,
} from '../../../model/generated/batch.ts'
import type { Resources } from '../../../model/resources.ts'

/** The memory that a task may have, MiB, by its vCPUs: from, to, step. */
const memoryByVcpus: ReadonlyMap<number, readonly [from: number, to: number, step: number]> = new Map([
  [0.25, [512, 2048, 512]],
  [0.5, [1024, 4096, 1024]],
  [1, [2048, 8192, 1024]],
  [2, [4096, 16_384, 1024]],
  [4, [8192, 30_720, 1024]],
  [8, [16_384, 61_440, 4096]],
  [16, [32_768, 122_880, 8192]],
])

/** Whether Fargate has exactly this size. The smallest has 512, 1024 or 2048 MiB, but not 1536. */
export function checkFargateSize({ vcpus, memoryMib }: Resources): Complaint {
  const range = memoryByVcpus.get(vcpus)
  const offered =
    range && memoryMib >= range[0] && memoryMib <= range[1] && (memoryMib - range[0]) % range[2] === 0
      ? !(vcpus === 0.25 && memoryMib === 1536)
      : false
  return offered ? undefined : `Fargate resource requirements (${vcpus.toFixed(2)} vCPU, ${memoryMib} MiB) not valid.`
}

/**
 * Members that a single container and a whole ECS task share, under the names of a single
 * container.
 */
export interface PlatformMembers {
  readonly networkConfiguration?: NetworkConfiguration
  readonly fargatePlatformConfiguration?: FargatePlatformConfiguration
  readonly ephemeralStorage?: EphemeralStorage
  readonly runtimePlatform?: RuntimePlatform
  readonly executionRoleArn?: string
  readonly volumes?: readonly Volume[]
}

export function checkPlatformMembers(members: PlatformMembers, platform: PlatformCapability): Complaint {
  if (platform === 'EC2') {
    if (members.networkConfiguration) return 'networkConfiguration not applicable for EC2.'
    if (members.fargatePlatformConfiguration) return 'fargatePlatformConfiguration not applicable for EC2.'
    if (members.runtimePlatform) return 'runtimePlatform is not applicable for EC2.'
    if (members.ephemeralStorage) return 'ephemeralStorage not applicable for EC2.'
  }
  if (platform !== 'FARGATE') return undefined
  if (!members.executionRoleArn) return 'executionRoleArn is required for Fargate.'
  const storageGib = members.ephemeralStorage?.sizeInGiB
  if (storageGib !== undefined && !(storageGib >= 21 && storageGib <= 200)) {
    return 'Ephemeral storage for Fargate tasks can be only between range 21 GiB to 200 GiB'
  }
  return checkFargateVolumes(members)
}

function checkFargateVolumes({ volumes, fargatePlatformConfiguration }: PlatformMembers): Complaint {
  const version = fargatePlatformConfiguration?.platformVersion
  return firstComplaint(volumes, (volume) => {
    if (volume.host?.sourcePath) return 'host.sourcePath should not be set for volumes in Fargate.'
    if (volume.efsVolumeConfiguration && version && isBefore140(version)) {
      return `EFS is supported for Fargate platform versions 1.4.0 or later, provided ${version}`
    }
    return undefined
  })
}

function isBefore140(version: string): boolean {
  const parts = /^([0-9]+)\.([0-9]+)\.[0-9]+$/.exec(version)
  return parts !== null && Number(parts[1]) * 1000 + Number(parts[2]) < 1004
}

/** Members of one container that Fargate does not accept. */
export interface FargateContainerMembers {
  readonly ulimits?: readonly Ulimit[]
  readonly privileged?: boolean
  readonly linuxParameters?: LinuxParameters
  readonly logConfiguration?: LogConfiguration
}

const fargateLogDrivers: readonly string[] = ['awslogs', 'splunk', 'awsfirelens']

export function checkFargateContainer(container: FargateContainerMembers): Complaint {
  if (container.ulimits?.length) return 'ulimits is not applicable for Fargate.'
  if (container.privileged) return 'privileged is not applicable for Fargate.'
  const linux = container.linuxParameters ?? {}
  for (const member of ['maxSwap', 'swappiness', 'sharedMemorySize'] as const) {
    if (linux[member] !== undefined) return `linuxParameter.${member} is not allowed for Fargate.`
  }
  for (const member of ['tmpfs', 'devices'] as const) {
    if (linux[member]?.length) return `linuxParameter.${member} is not allowed for Fargate.`
  }
  const driver = container.logConfiguration?.logDriver
  return driver === undefined || fargateLogDrivers.includes(driver)
    ? undefined
    : `Log driver for Fargate is not valid: ${driver}`
}
