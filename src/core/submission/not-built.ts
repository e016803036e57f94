/** What passes AWS's checks but this version cannot run. The one place that says so, with `unsupported.ts` for pods. */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type {
  EcsProperties,
  EcsTaskProperties,
  JobDefinition,
  NodeProperties,
  Volume,
} from '../../model/generated/batch.ts'
import { checkPodSupported } from '../workload/pod/unsupported.ts'

export function checkBuilt(definition: JobDefinition): Complaint {
  const { containerProperties: container, ecsProperties: task, eksProperties: pod, nodeProperties: nodes } = definition
  return (
    checkVolumes(container?.volumes) ??
    (task && checkTask(task, 'ecsProperties')) ??
    (pod && checkPodSupported(pod, 'eksProperties')) ??
    (nodes && checkNodes(nodes))
  )
}

function checkNodes({ nodeRangeProperties }: NodeProperties): Complaint {
  return firstComplaint(nodeRangeProperties, ({ container, ecsProperties, eksProperties }, index) => {
    const range = `nodeProperties.nodeRangeProperties[${index}]`
    return (
      checkVolumes(container?.volumes) ??
      (ecsProperties && checkTask(ecsProperties, `${range}.ecsProperties`)) ??
      (eksProperties && checkPodSupported(eksProperties, `${range}.eksProperties`))
    )
  })
}

function checkTask({ taskProperties }: EcsProperties, where: string): Complaint {
  return firstComplaint(taskProperties, (task, index) => {
    const member = `${where}.taskProperties[${index}]`
    return (
      checkNamespaces(task, member) ??
      firstComplaint(task.containers, ({ firelensConfiguration }, at) =>
        firelensConfiguration
          ? `${member}.containers[${at}].firelensConfiguration is not supported by openbatch: no log goes through a container.`
          : undefined,
      ) ??
      checkVolumes(task.volumes)
    )
  })
}

/** Each container has process ids and shared memory of its own. */
function checkNamespaces({ ipcMode, pidMode, containers }: EcsTaskProperties, member: string): Complaint {
  const alone = containers.length === 1
  if (ipcMode === 'host' || (ipcMode === 'task' && !alone)) {
    return `${member}.ipcMode ${ipcMode} is not supported by openbatch: containers do not share memory.`
  }
  if (pidMode === 'host' || (pidMode === 'task' && !alone)) {
    return `${member}.pidMode ${pidMode} is not supported by openbatch: containers do not see each other's processes.`
  }
  return undefined
}

/** A job that ran without these would fail, or read the wrong data, for a reason nobody could see. */
function checkVolumes(volumes: readonly Volume[] | undefined): Complaint {
  const elsewhere = volumes?.find((it) => it.efsVolumeConfiguration ?? it.s3filesVolumeConfiguration)
  return (
    elsewhere &&
    `Jobs with EFS or S3 Files volumes (${elsewhere.name ?? ''}) are not built in this version of openbatch`
  )
}
