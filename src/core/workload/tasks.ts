/** What one attempt of a job runs, read alike from all four kinds of job: nodes, and on each node its containers. */

import type { ContainerDetail, NodeRangeProperty } from '../../model/generated/batch.ts'
import type { JobSpec } from '../../model/job.ts'
import type { Resources } from '../../model/resources.ts'
import { resourcesOf } from './container/resource-requirements.ts'
import { ecsContainers } from './ecs-task/containers.ts'
import { nodeSegments } from './multi-node/target-nodes.ts'
import { podContainers } from './pod/containers.ts'
import { defaultContainerName, type NodeTask, type TaskContainer } from './task-container.ts'

/** Every node once, in order; for a job that is not multi-node, one of node 0. */
export function tasksOf(spec: JobSpec): readonly NodeTask[] {
  const { nodeProperties, ecsProperties, eksProperties, container, resources } = spec
  if (nodeProperties) {
    return nodeSegments(nodeProperties).map(({ from, to, range }) => ({
      from,
      to,
      containers: containersOfRange(range),
    }))
  }
  if (ecsProperties) return [{ from: 0, to: 0, containers: ecsContainers(ecsProperties) }]
  if (eksProperties) return [{ from: 0, to: 0, containers: podContainers(eksProperties) }]
  return [{ from: 0, to: 0, containers: [onlyContainer(container, resources)] }]
}

function containersOfRange({ container = {}, ecsProperties, eksProperties }: NodeRangeProperty) {
  if (ecsProperties) return ecsContainers(ecsProperties)
  if (eksProperties) return podContainers(eksProperties)
  return [onlyContainer({ ...container, networkInterfaces: [] }, resourcesOf(container))]
}

function onlyContainer(container: ContainerDetail, resources: Resources): TaskContainer {
  return {
    name: defaultContainerName,
    container,
    resources,
    endsTask: 'always',
    mustSucceed: true,
    dependsOn: [],
  }
}

/** Whether its attempts consist of several containers, or may: each then has a run of its own with the driver. */
export function hasParts(spec: JobSpec): boolean {
  return spec.ecsProperties !== undefined || spec.eksProperties !== undefined || spec.nodeProperties !== undefined
}
