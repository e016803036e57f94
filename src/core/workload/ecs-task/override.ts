/**
 * A multi-container job: `ecsProperties` changed by `ecsPropertiesOverride`, container by container
 * (docs/aws §7.2).
 */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type {
  EcsProperties,
  EcsPropertiesDetail,
  EcsPropertiesOverride,
  PlatformCapability,
  TaskContainerOverrides,
  TaskContainerProperties,
} from '../../../model/generated/batch.ts'
import { emptyCommand } from '../bare-texts.ts'
import { checkEnvironment } from '../container/environment-variables.ts'
import { mergeEnvironment, mergeRequirements } from '../container/merge.ts'
import { checkRequirements } from '../container/resource-requirements.ts'
import { checkTargets, mergeByName } from '../named-containers.ts'
import type { Substituter } from '../parameters.ts'
import { defaultContainerName } from '../task-container.ts'

/**
 * Checks overrides by themselves and against the definition. `checkEcsProperties` checks the result
 * after merging.
 */
export function checkTaskOverrides(
  { taskProperties = [] }: EcsPropertiesOverride,
  registered: EcsProperties,
  platform: PlatformCapability,
  member: string,
): Complaint {
  if (taskProperties.length > 1) return `${member}.taskProperties must have at most 1 element.`
  const overrides = taskProperties[0]?.containers ?? []
  const of = namedIn(registered, `${member}.taskProperties[0].containers`)
  return (
    checkTargets(overrides, of) ??
    firstComplaint(overrides, (override, index) => checkOverride(override, platform, `${of.member}[${index}]`))
  )
}

function checkOverride(override: TaskContainerOverrides, platform: PlatformCapability, member: string): Complaint {
  if (override.command?.includes('')) return emptyCommand
  return (
    checkEnvironment(override.environment, `${member}.environment`) ??
    checkRequirements(override.resourceRequirements ?? [], platform)
  )
}

/** Expects overrides that passed the check. */
export function mergeTask(registered: EcsProperties, { taskProperties = [] }: EcsPropertiesOverride): EcsProperties {
  const overrides = taskProperties[0]?.containers ?? []
  const containers = mergeByName(overrides, namedIn(registered, ''), mergeTaskContainer)
  return { taskProperties: registered.taskProperties.map((task) => ({ ...task, containers })) }
}

function mergeTaskContainer(
  registered: TaskContainerProperties,
  override: TaskContainerOverrides,
): TaskContainerProperties {
  return {
    ...registered,
    command: override.command?.length ? override.command : (registered.command ?? []),
    environment: mergeEnvironment(registered.environment ?? [], override.environment ?? []),
    resourceRequirements: mergeRequirements(registered.resourceRequirements ?? [], override.resourceRequirements ?? []),
  }
}

export function substituteTask({ taskProperties }: EcsProperties, put: Substituter): EcsProperties {
  return {
    taskProperties: taskProperties.map((task) => ({
      ...task,
      containers: task.containers.map((it) => ({ ...it, command: put.into(it.command ?? []) })),
    })),
  }
}

/** As DescribeJobs shows it before any attempt. */
export function taskDetail({ taskProperties }: EcsProperties): EcsPropertiesDetail {
  return {
    taskProperties: taskProperties.map((task) => ({
      ...task,
      containers: task.containers.map((container) => ({ ...container, networkInterfaces: [] })),
    })),
  }
}

function namedIn({ taskProperties }: EcsProperties, member: string) {
  return { containers: taskProperties[0]?.containers ?? [], defaultName: defaultContainerName, member }
}
