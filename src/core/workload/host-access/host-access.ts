/**
 * Finds what the containers of a workload ask of the host without a grant. Jobs of ordinary users are
 * refused for it when they are submitted, and again when they start. Jobs of users who may reach the
 * host are not checked.
 */
import type {
  ContainerProperties,
  EcsProperties,
  EcsPropertiesDetail,
  EcsTaskProperties,
  EksProperties,
  EksPropertiesDetail,
  NodeProperties,
} from '../../../model/generated/batch.ts'
import type { HostAccess } from '../../../model/host-access.ts'
import type { Workload } from '../../../model/workload.ts'
import { type ContainerMembers, containerRefusals, volumeRefusals } from './container.ts'
import { podRefusals } from './pod.ts'
import type { HostRefusal } from './refusal.ts'

/** One workload, as a definition holds it or as a job does. */
export interface WorkloadMembers {
  readonly containerProperties?: Container | undefined
  readonly ecsProperties?: EcsProperties | EcsPropertiesDetail | undefined
  readonly eksProperties?: EksProperties | EksPropertiesDetail | undefined
  readonly nodeProperties?: NodeProperties | undefined
}
type Container = ContainerMembers & Pick<ContainerProperties, 'volumes'>
type Task = Pick<EcsTaskProperties, 'ipcMode' | 'pidMode' | 'volumes'> & {
  readonly containers?: readonly ContainerMembers[]
}

/** In the order of the members. Takes any request of the right shape. */
export function hostRefusals(members: WorkloadMembers, access: HostAccess): readonly HostRefusal[] {
  const { containerProperties, ecsProperties, eksProperties, nodeProperties } = members
  return [
    ...ofContainer(containerProperties, 'containerProperties', access),
    ...ofTasks(ecsProperties, 'ecsProperties', access),
    ...ofPod(eksProperties, 'eksProperties', access),
    ...(nodeProperties?.nodeRangeProperties ?? []).flatMap((range, index) => {
      const at = `nodeProperties.nodeRangeProperties[${index}]`
      return [
        ...ofContainer(range.container, `${at}.container`, access),
        ...ofTasks(range.ecsProperties, `${at}.ecsProperties`, access),
        ...ofPod(range.eksProperties, `${at}.eksProperties`, access),
      ]
    }),
  ]
}

/** The workload of a job under the members of its definition. */
export function membersOf(workload: Workload): WorkloadMembers {
  switch (workload.kind) {
    case 'container':
      return { containerProperties: workload.properties }
    case 'ecsTask':
      return { ecsProperties: workload.properties }
    case 'pod':
      return { eksProperties: workload.properties }
    case 'multiNode':
      return { nodeProperties: workload.properties }
  }
}

function ofContainer(container: Container | undefined, at: string, access: HostAccess): HostRefusal[] {
  if (!container) return []
  const { volumes = [] } = container
  return [...volumeRefusals(volumes, at, access), ...containerRefusals(container, volumes, at, access)]
}

function ofTasks(properties: WorkloadMembers['ecsProperties'], at: string, access: HostAccess): HostRefusal[] {
  return (properties?.taskProperties ?? []).flatMap((task: Task, index) => {
    const member = `${at}.taskProperties[${index}]`
    const { volumes = [], containers = [] } = task
    return [
      ...(['ipcMode', 'pidMode'] as const).flatMap((mode) => namespaceRefusals(task[mode], mode, member, access)),
      ...volumeRefusals(volumes, member, access),
      ...containers.flatMap((it, position) =>
        containerRefusals(it, volumes, `${member}.containers[${position}]`, access),
      ),
    ]
  })
}

function namespaceRefusals(
  mode: string | undefined,
  member: 'ipcMode' | 'pidMode',
  at: string,
  access: HostAccess,
): HostRefusal[] {
  const [namespace, what] =
    member === 'pidMode'
      ? (['pid', 'the processes of the host'] as const)
      : (['ipc', 'the memory of the host'] as const)
  if (mode !== 'host' || access.hostNamespaces.includes(namespace)) return []
  return [{ member: `${at}.${member}`, why: `${what} may not be shared` }]
}

function ofPod(properties: WorkloadMembers['eksProperties'], at: string, access: HostAccess): HostRefusal[] {
  const pod = properties?.podProperties
  return pod ? podRefusals(pod, `${at}.podProperties`, access) : []
}
