/**
 * Checks one container's own settings, in whichever kind of definition it stands, and the single
 * container of `containerProperties`.
 */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type {
  ContainerProperties,
  PlatformCapability,
  TaskContainerProperties,
  Ulimit,
} from '../../../model/generated/batch.ts'
import { checkEnvironment } from './environment-variables.ts'
import { checkFargateContainer, checkFargateSize, checkPlatformMembers } from './fargate.ts'
import { checkLinuxParameters } from './linux-parameters.ts'
import { checkLogConfiguration, checkSecrets } from './logging.ts'
import { checkResources, resourcesOf } from './resource-requirements.ts'
import { checkRuntimePlatform } from './runtime-platform.ts'
import { checkMountPoints, checkVolumes } from './volumes.ts'

/** `containerProperties` of a job, or `container` of a node range. */
export function checkContainerProperties(container: ContainerProperties, platform: PlatformCapability): Complaint {
  if (Object.keys(container).length === 0) return 'Container properties should not be empty'
  return (
    checkImage(container.image) ??
    checkResources(container, platform) ??
    (platform === 'FARGATE' ? checkFargateSize(resourcesOf(container)) : undefined) ??
    checkContainerSettings(container, platform, container.executionRoleArn) ??
    checkPlatformMembers(container, platform) ??
    checkRuntimePlatform(container.runtimePlatform, platform, resourcesOf(container).vcpus) ??
    checkVolumes(container.volumes, container.jobRoleArn) ??
    checkMountPoints(container.mountPoints, container.volumes)
  )
}

/**
 * The checks that the container of `containerProperties` and each container of `ecsProperties`
 * share.
 */
export function checkContainerSettings(
  container: ContainerProperties | TaskContainerProperties,
  platform: PlatformCapability,
  executionRoleArn: string | undefined,
): Complaint {
  return (
    checkEnvironment(container.environment, 'environment') ??
    checkUser(container.user) ??
    (platform === 'FARGATE' ? checkFargateContainer(container) : undefined) ??
    firstComplaint(container.ulimits, checkUlimit) ??
    checkLinuxParameters(container.linuxParameters) ??
    checkLogConfiguration(container.logConfiguration) ??
    checkSecrets(container, executionRoleArn)
  )
}

/** Letters, digits and `- _ : . / #`, and `@` for digests. */
export function checkImage(image: string | undefined): Complaint {
  if (!image) return 'Image is required.'
  return /^[A-Za-z0-9_:./#@-]{1,255}$/.test(image) ? undefined : `Image should match a valid pattern, got '${image}'.`
}

const userPattern = '^([a-z0-9_][a-z0-9_-]{0,30})$'

/**
 * `user`, `user:group`, or ids instead of names. The quoted pattern covers one part; the guide
 * documents both.
 */
function checkUser(user: string | undefined): Complaint {
  if (!user) return undefined
  const parts = user.split(':')
  const legal = parts.length <= 2 && parts.every((part) => new RegExp(userPattern).test(part))
  return legal ? undefined : `User '${user}' does not match regex ${userPattern}`
}

const ulimitNames =
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' ')

function checkUlimit({ name }: Ulimit): Complaint {
  return ulimitNames.includes(name)
    ? undefined
    : `ulimit name ${name} is not valid. Valid values are: [${ulimitNames.join(', ')}]`
}
