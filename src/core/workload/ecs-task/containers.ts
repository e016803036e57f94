/** The containers of an ECS task (`ecsProperties`), each in the form of a single container's. */
import type { EcsPropertiesDetail, EcsTaskDetails, TaskContainerDetails } from '../../../model/generated/batch.ts'
import { resourcesOf } from '../container/resource-requirements.ts'
import { type ContainerDependency, defaultContainerName, type TaskContainer } from '../task-container.ts'
import { isEssential } from './check.ts'

/** Expects properties that passed the checks of a definition. */
export function ecsContainers({ taskProperties = [] }: EcsPropertiesDetail): readonly TaskContainer[] {
  const [task = {}] = taskProperties
  return (task.containers ?? []).map((container) => taskContainer(container, task))
}

function taskContainer(container: TaskContainerDetails, task: EcsTaskDetails): TaskContainer {
  const { name, dependsOn = [], essential: _, firelensConfiguration: __, startTimeout, stopTimeout, ...own } = container
  return {
    name: name ?? defaultContainerName,
    container: { ...own, ...membersOfTask(task) },
    resources: resourcesOf(container),
    endsTask: isEssential(container) ? 'always' : 'never',
    mustSucceed: isEssential(container),
    dependsOn: dependsOn.map(({ containerName = '', condition }) => ({
      containerName,
      condition: condition as ContainerDependency['condition'],
    })),
    ...(startTimeout !== undefined && { startTimeoutSeconds: startTimeout }),
    ...(stopTimeout !== undefined && { stopTimeoutSeconds: stopTimeout }),
  }
}

/** Members that a single container has itself, and a task has once. */
function membersOfTask(task: EcsTaskDetails) {
  const { volumes = [], taskRoleArn, executionRoleArn, enableExecuteCommand } = task
  const { ephemeralStorage, networkConfiguration, runtimePlatform, platformVersion } = task
  return {
    volumes,
    ...(taskRoleArn && { jobRoleArn: taskRoleArn }),
    ...(executionRoleArn && { executionRoleArn }),
    ...(enableExecuteCommand !== undefined && { enableExecuteCommand }),
    ...(ephemeralStorage && { ephemeralStorage }),
    ...(networkConfiguration && { networkConfiguration }),
    ...(runtimePlatform && { runtimePlatform }),
    ...(platformVersion && { fargatePlatformConfiguration: { platformVersion } }),
  }
}
