/** What passes AWS's checks but this version cannot run. The one place that says so, with `unsupported-pod.ts` for pods. */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type {
  ContainerProperties,
  EcsProperties,
  EcsTaskProperties,
  JobDefinition,
  NodeProperties,
  TaskContainerProperties,
} from '../../model/generated/batch.ts'
import { checkPodSupported } from './unsupported-pod.ts'

export function checkBuilt(definition: JobDefinition): Complaint {
  const { containerProperties: container, ecsProperties: task, eksProperties: pod, nodeProperties: nodes } = definition
  return (
    (container && checkContainer(container)) ??
    (task && checkTask(task, 'ecsProperties')) ??
    (pod && checkPodSupported(pod, 'eksProperties')) ??
    (nodes && checkNodes(nodes))
  )
}

function checkNodes({ nodeRangeProperties }: NodeProperties): Complaint {
  return firstComplaint(nodeRangeProperties, ({ container, ecsProperties, eksProperties }, index) => {
    const range = `nodeProperties.nodeRangeProperties[${index}]`
    return (
      (container && checkContainer(container)) ??
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
      firstComplaint(task.containers, (container, at) => {
        if (container.firelensConfiguration) {
          return `${member}.containers[${at}].firelensConfiguration is not supported by openbatch: no log goes through a container.`
        }
        return checkContainer({ ...container, volumes: task.volumes ?? [] })
      })
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

type AnyContainer = Pick<
  ContainerProperties & TaskContainerProperties,
  'secrets' | 'logConfiguration' | 'repositoryCredentials'
> &
  Pick<ContainerProperties, 'volumes'>

/** A job that ran without these would fail, or read the wrong data, for a reason nobody could see. */
function checkContainer(container: AnyContainer | undefined): Complaint {
  if (container?.secrets?.length) return notBuilt('Jobs with secrets')
  if (container?.logConfiguration?.secretOptions?.length) return notBuilt('Jobs with logConfiguration.secretOptions')
  if (container?.repositoryCredentials) return notBuilt('Jobs with repositoryCredentials')
  const elsewhere = container?.volumes?.find((it) => it.efsVolumeConfiguration ?? it.s3filesVolumeConfiguration)
  if (elsewhere) return notBuilt(`Jobs with EFS or S3 Files volumes (${elsewhere.name ?? ''})`)
  return undefined
}

function notBuilt(what: string): string {
  return `${what} are not built in this version of openbatch`
}
