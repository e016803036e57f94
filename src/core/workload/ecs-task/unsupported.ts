/**
 * Members of an ECS task that pass AWS's checks but that no driver can run. Each is refused by
 * name.
 */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type { EcsProperties, EcsTaskProperties } from '../../../model/generated/batch.ts'

/** `where` is the member `ecsProperties` itself. */
export function checkTaskSupported({ taskProperties }: EcsProperties, where: string): Complaint {
  return firstComplaint(taskProperties, (task, index) => {
    const member = `${where}.taskProperties[${index}]`
    return (
      checkNamespaces(task, member) ??
      firstComplaint(task.containers, ({ firelensConfiguration }, at) =>
        firelensConfiguration
          ? `${member}.containers[${at}].firelensConfiguration is not supported by openbatch: no log goes through a container.`
          : undefined,
      )
    )
  })
}

/** Each container has its own process ids and shared memory. */
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
