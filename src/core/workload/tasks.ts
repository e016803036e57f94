/**
 * What one attempt of a job runs, in one form for all four kinds of workload: nodes, and on each
 * node its containers.
 */
import type { ContainerDetail } from '../../model/generated/batch.ts'
import type { JobSpec } from '../../model/job.ts'
import type { NodeWorkload } from '../../model/workload.ts'
import { resourcesOf } from './container/resource-requirements.ts'
import { ecsContainers } from './ecs-task/containers.ts'
import { workloadOfRange } from './multi-node/range.ts'
import { nodeSegments } from './multi-node/target-nodes.ts'
import { podContainers } from './pod/containers.ts'
import { defaultContainerName, type NodeTask, type TaskContainer } from './task-container.ts'

/** Every node once, in order. A job that is not multi-node has one node, 0. */
export function tasksOf({ workload }: Pick<JobSpec, 'workload'>): readonly NodeTask[] {
  if (workload.kind !== 'multiNode') return [{ from: 0, to: 0, containers: containersOf(workload) }]
  return nodeSegments(workload.properties).map(({ from, to, range }) => ({
    from,
    to,
    containers: containersOf(workloadOfRange(range)),
  }))
}

function containersOf(workload: NodeWorkload): readonly TaskContainer[] {
  switch (workload.kind) {
    case 'container':
      return [onlyContainer(workload.properties)]
    case 'ecsTask':
      return ecsContainers(workload.properties)
    case 'pod':
      return podContainers(workload.properties)
  }
}

function onlyContainer(container: ContainerDetail): TaskContainer {
  return {
    name: defaultContainerName,
    container,
    resources: resourcesOf(container),
    endsTask: 'always',
    mustSucceed: true,
    dependsOn: [],
  }
}

/**
 * Whether its attempts have, or may have, several containers. Each container is then known to the
 * driver separately.
 */
export function hasParts({ workload }: Pick<JobSpec, 'workload'>): boolean {
  return workload.kind !== 'container'
}
