/** The containers of an ECS task: `ecsProperties`. */
import type { EcsProperties, EcsPropertiesOverride } from '../../../model/generated/batch.ts'
import type { EcsTask } from '../../../model/workload.ts'
import { normaliseTaskContainer } from '../container/normalise.ts'
import type { NodeKind } from '../kind.ts'
import { checkEcsProperties, taskResources } from './check.ts'
import { checkTaskOverrides, mergeTask, substituteTask, taskDetail } from './override.ts'
import { checkTaskSupported } from './unsupported.ts'

export const ecsTask: NodeKind<EcsProperties, EcsPropertiesOverride, EcsTask> = {
  member: 'ecsProperties',
  overridesMember: 'ecsPropertiesOverride',
  check: checkEcsProperties,
  normalise: ({ taskProperties }) => ({
    taskProperties: taskProperties.map((task) => ({
      ...task,
      containers: task.containers.map(normaliseTaskContainer),
      volumes: task.volumes ?? [],
    })),
  }),
  checkSupported: checkTaskSupported,
  checkOverrides: checkTaskOverrides,
  merge: mergeTask,
  checkMerged: checkEcsProperties,
  substitute: substituteTask,
  resources: ({ taskProperties }) => taskResources(taskProperties[0]?.containers ?? []),
  workload: (properties) => ({ kind: 'ecsTask', properties: taskDetail(properties) }),
}
