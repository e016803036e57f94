/** What a job runs, of whichever of the four kinds it is: the definition's with the overrides merged in, and what it takes. */
import type { Complaint } from '../../model/complaint.ts'
import type {
  ContainerProperties,
  EcsProperties,
  EksProperties,
  JobDefinition,
  NodeProperties,
  SubmitJobRequest,
} from '../../model/generated/batch.ts'
import type { JobSpec } from '../../model/job.ts'
import { checkAmounts, checkContainerOverrides, mergeContainer } from './container/override.ts'
import { resourcesOf } from './container/resource-requirements.ts'
import { checkEcsProperties, taskResources } from './ecs-task/check.ts'
import { checkTaskOverrides, mergeTask, substituteTask, taskDetail } from './ecs-task/override.ts'
import {
  checkNodeOverrides,
  checkNodes,
  mergeNodes,
  nodeResources,
  substituteNodes,
  sumOfNodes,
} from './multi-node/override.ts'
import type { Substituter } from './parameters.ts'
import { platformOf } from './platform.ts'
import { podResources } from './pod/amounts.ts'
import { checkEksProperties } from './pod/check.ts'
import { checkPodOverrides, mergePod, substitutePod } from './pod/override.ts'

/** Exactly one of them, as in the definition. */
export interface Parts {
  readonly container?: ContainerProperties
  readonly ecsProperties?: EcsProperties
  readonly eksProperties?: EksProperties
  readonly nodeProperties?: NodeProperties
}

/** Overrides by themselves and against the definition. For overrides of the definition's kind. */
export function checkOverrides(definition: JobDefinition, request: SubmitJobRequest): Complaint {
  const { ecsProperties: task, eksProperties: pod, nodeProperties: nodes } = definition
  const {
    containerOverrides = {},
    ecsPropertiesOverride = {},
    eksPropertiesOverride = {},
    nodeOverrides = {},
  } = request
  const platform = platformOf(definition.platformCapabilities)
  if (task) return checkTaskOverrides(ecsPropertiesOverride, task, platform, 'ecsPropertiesOverride')
  if (pod) return checkPodOverrides(eksPropertiesOverride, pod, 'eksPropertiesOverride')
  if (nodes) return checkNodeOverrides(nodeOverrides, nodes)
  if (containerOverrides.instanceType !== undefined) {
    return 'containerOverrides.instanceType is only applicable to multi-node parallel jobs.'
  }
  return checkContainerOverrides(
    containerOverrides,
    definition.containerProperties ?? {},
    platform,
    'containerOverrides',
  )
}

/** For overrides that passed the check. */
export function mergeParts(definition: JobDefinition, request: SubmitJobRequest): Parts {
  const { ecsProperties, eksProperties, nodeProperties } = definition
  if (ecsProperties) return { ecsProperties: mergeTask(ecsProperties, request.ecsPropertiesOverride ?? {}) }
  if (eksProperties) return { eksProperties: mergePod(eksProperties, request.eksPropertiesOverride ?? {}) }
  if (nodeProperties) return { nodeProperties: mergeNodes(nodeProperties, request.nodeOverrides ?? {}) }
  return { container: mergeContainer(definition.containerProperties ?? {}, request.containerOverrides ?? {}) }
}

/** What the overrides led to: a sum that Fargate has no size for, a request above its limit. */
export function checkParts(parts: Parts, definition: JobDefinition): Complaint {
  const { container, ecsProperties, eksProperties, nodeProperties } = parts
  const platform = platformOf(definition.platformCapabilities)
  return (
    (container && checkAmounts(container, platform)) ??
    (ecsProperties && checkEcsProperties(ecsProperties, platform)) ??
    (eksProperties && checkEksProperties(eksProperties)) ??
    (nodeProperties && checkNodes(nodeProperties))
  )
}

/** Parameters go into commands, and nowhere else. */
export function substituteParts(parts: Parts, put: Substituter): Parts {
  const { container, ecsProperties, eksProperties, nodeProperties } = parts
  return {
    ...(container && { container: { ...container, command: put.into(container.command ?? []) } }),
    ...(ecsProperties && { ecsProperties: substituteTask(ecsProperties, put) }),
    ...(eksProperties && { eksProperties: substitutePod(eksProperties, put) }),
    ...(nodeProperties && { nodeProperties: substituteNodes(nodeProperties, put) }),
  }
}

type PartsOfSpec = Pick<
  JobSpec,
  'container' | 'ecsProperties' | 'eksProperties' | 'nodeProperties' | 'resources' | 'nodeResources'
>

/** As the job keeps it. */
export function specOfParts({ container, ecsProperties, eksProperties, nodeProperties }: Parts): PartsOfSpec {
  if (ecsProperties) {
    const resources = taskResources(ecsProperties.taskProperties[0]?.containers ?? [])
    return { container: {}, ecsProperties: taskDetail(ecsProperties), resources }
  }
  if (eksProperties) {
    return { container: {}, eksProperties, resources: podResources(eksProperties.podProperties ?? {}) }
  }
  if (nodeProperties) {
    const nodes = nodeResources(nodeProperties)
    return { container: {}, nodeProperties, resources: sumOfNodes(nodes), nodeResources: nodes }
  }
  return { container: { ...container, networkInterfaces: [] }, resources: resourcesOf(container ?? {}) }
}
