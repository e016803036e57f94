/** Multi-container definitions; https://docs.aws.amazon.com/batch/latest/userguide/multi-container-jobs.html */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type {
  EcsProperties,
  EcsTaskProperties,
  PlatformCapability,
  TaskContainerDependency,
  TaskContainerDetails,
  TaskContainerProperties,
} from '../../../model/generated/batch.ts'
import { isVolumeName } from '../../../model/names.ts'
import { noResources, plus, type Resources } from '../../../model/resources.ts'
import { checkContainerSettings, checkImage } from '../container/check.ts'
import { checkFargateSize, checkPlatformMembers } from '../container/fargate.ts'
import { checkResources, resourcesOf } from '../container/resource-requirements.ts'
import { checkRuntimePlatform } from '../container/runtime-platform.ts'
import { checkMountPoints, checkVolumes } from '../container/volumes.ts'

export function checkEcsProperties(properties: EcsProperties, platform: PlatformCapability): Complaint {
  const [task, ...more] = properties.taskProperties
  return !task || more.length > 0 ? 'Exactly 1 taskProperties must be provided.' : checkTask(task, platform)
}

function checkTask(task: EcsTaskProperties, platform: PlatformCapability): Complaint {
  const { containers } = task
  if (containers.length < 1 || containers.length > 10) return 'Number of containers must be between 1 and 10'
  if (!containers.some(isEssential)) return 'At least one container must be set as essential'
  return (
    firstComplaint(containers, (container) => checkTaskContainer(container, task, platform)) ??
    checkTaskSize(containers, platform) ??
    checkNames(containers) ??
    firstComplaint(containers, (container) =>
      firstComplaint(container.dependsOn, (dependency) => checkDependency(dependency, containers)),
    ) ??
    checkCircle(containers) ??
    checkFirelens(containers) ??
    checkNamespaces(task) ??
    checkPlatformMembers(membersOf(task), platform) ??
    checkRuntimePlatform(task.runtimePlatform, platform, taskResources(containers).vcpus) ??
    checkVolumes(task.volumes, task.taskRoleArn)
  )
}

function checkTaskContainer(
  container: TaskContainerProperties,
  task: EcsTaskProperties,
  platform: PlatformCapability,
): Complaint {
  return (
    checkImage(container.image) ??
    checkResources(container, platform) ??
    checkContainerSettings(container, platform, task.executionRoleArn) ??
    checkMountPoints(container.mountPoints, task.volumes) ??
    checkStopTimeout(container.stopTimeout)
  )
}

function checkTaskSize(containers: readonly TaskContainerProperties[], platform: PlatformCapability): Complaint {
  return platform === 'FARGATE' ? checkFargateSize(taskResources(containers)) : undefined
}

/** ECS keeps room for all containers of a task, from its beginning to its end. */
export function taskResources(containers: readonly TaskContainerDetails[]): Resources {
  return containers.map(resourcesOf).reduce(plus, noResources)
}

/** Dependencies, overrides and log streams identify containers by name. */
function checkNames(containers: readonly TaskContainerProperties[]): Complaint {
  if (containers.length === 1 && containers[0]!.name === undefined) return undefined
  const seen = new Set<string>()
  return firstComplaint(containers, ({ name = '' }) => {
    if (!isVolumeName(name)) return `Container name should match a valid pattern, got '${name}'.`
    if (seen.has(name)) return `Duplicate container name '${name}'.`
    seen.add(name)
    return undefined
  })
}

const conditions: readonly string[] = ['START', 'COMPLETE', 'SUCCESS']

function checkDependency(
  { containerName, condition = '' }: TaskContainerDependency,
  containers: readonly TaskContainerProperties[],
): Complaint {
  if (containers.length === 1) return 'Container dependency can not be used in a single-container job.'
  if (!conditions.includes(condition)) {
    return `TaskContainer dependency ${condition} is not valid. Valid values are: [${conditions.join(', ')}]`
  }
  const target = containers.find((container) => container.name === containerName)
  if (!target) return `containerName ${containerName ?? ''} must reference a defined container.`
  return condition !== 'START' && isEssential(target)
    ? `The container target of a dependency can not have condition ${condition} if the target is essential`
    : undefined
}

/** Containers that wait for each other would never start. The live text was not captured. */
function checkCircle(containers: readonly TaskContainerProperties[]): Complaint {
  let waiting = containers
  for (;;) {
    const names = new Set(waiting.map(({ name }) => name))
    const next = waiting.filter(({ dependsOn = [] }) => dependsOn.some((it) => names.has(it.containerName)))
    if (next.length === 0) return undefined
    if (next.length === waiting.length) {
      return `Container dependencies must not be circular: ${[...names].join(', ')}.`
    }
    waiting = next
  }
}

function checkFirelens(containers: readonly TaskContainerProperties[]): Complaint {
  const router = containers.some((container) => container.firelensConfiguration)
  const routed = containers.some((container) => container.logConfiguration?.logDriver === 'awsfirelens')
  return router && !routed
    ? 'When a firelensConfiguration object is specified, at least one container has to be configured with the awsfirelens log driver'
    : undefined
}

function checkNamespaces({ ipcMode, pidMode }: EcsTaskProperties): Complaint {
  if (ipcMode && !['host', 'task', 'none'].includes(ipcMode)) {
    return `ipcMode ${ipcMode} is not valid. Valid values are: [host, task, none]`
  }
  // AWS speaks of a capability here, although it means the pidMode.
  if (pidMode && !['host', 'task'].includes(pidMode)) {
    return `Capability ${pidMode} is not valid. Valid capabilities: [host, task]`
  }
  return undefined
}

function checkStopTimeout(seconds: number | undefined): Complaint {
  return seconds === undefined || (seconds >= 2 && seconds <= 120)
    ? undefined
    : `stopTimeout must be between 2 and 120 seconds, got ${seconds}.`
}

/** A task's members under a single container's names. */
function membersOf({ platformVersion, ...task }: EcsTaskProperties) {
  return platformVersion ? { ...task, fargatePlatformConfiguration: { platformVersion } } : task
}

export function isEssential(container: TaskContainerDetails): boolean {
  return container.essential ?? true
}
