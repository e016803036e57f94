/**
 * Members that a pod may ask of Kubernetes and that a container engine cannot provide. Each is
 * refused by name. Harmless members (labels, namespace, hostNetwork, dnsPolicy, a size limit) are
 * kept and shown.
 */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type {
  EksContainer,
  EksContainerSecurityContext,
  EksProperties,
  EksVolume,
} from '../../../model/generated/batch.ts'

/** `where` is the member `eksProperties` itself. */
export function checkPodSupported({ podProperties: pod = {} }: EksProperties, where: string): Complaint {
  const member = `${where}.podProperties`
  const { serviceAccountName = 'default', imagePullSecrets = [], shareProcessNamespace = false } = pod
  if (serviceAccountName !== 'default') {
    return unsupported(`${member}.serviceAccountName ${serviceAccountName}`, 'there are no service accounts')
  }
  if (imagePullSecrets.length > 0) {
    return unsupported(
      `${member}.imagePullSecrets`,
      'private images are fetched with the credentials of the server or of ecsProperties',
    )
  }
  if (shareProcessNamespace) {
    return unsupported(`${member}.shareProcessNamespace`, "containers do not see each other's processes")
  }
  return (
    firstComplaint(pod.volumes, (volume, index) => checkVolume(volume, `${member}.volumes[${index}]`)) ??
    firstComplaint(['initContainers', 'containers'] as const, (list) =>
      firstComplaint(pod[list], (container, index) => checkContainer(container, `${member}.${list}[${index}]`)),
    )
  )
}

function checkVolume({ secret, persistentVolumeClaim, emptyDir }: EksVolume, member: string): Complaint {
  if (secret) return unsupported(`${member}.secret`, 'there are no Kubernetes secrets')
  if (persistentVolumeClaim) {
    return unsupported(`${member}.persistentVolumeClaim`, 'there are no persistent volumes; use hostPath')
  }
  // An empty medium is the host's disk.
  return emptyDir?.medium
    ? unsupported(`${member}.emptyDir.medium ${emptyDir.medium}`, 'an emptyDir is on the disk')
    : undefined
}

function checkContainer(container: EksContainer, member: string): Complaint {
  const { image, imagePullPolicy = '', volumeMounts, securityContext = {} } = container
  // An image named by its digest is the same from any source.
  if (imagePullPolicy === 'Never' || (imagePullPolicy === 'Always' && !image.includes('@'))) {
    return unsupported(
      `${member}.imagePullPolicy ${imagePullPolicy}`,
      'images are fetched where they are missing, as IfNotPresent says',
    )
  }
  return (
    firstComplaint(volumeMounts, ({ subPath }, index) =>
      subPath ? unsupported(`${member}.volumeMounts[${index}].subPath`, 'volumes are mounted whole') : undefined,
    ) ?? checkSecurity(securityContext, `${member}.securityContext`)
  )
}

function checkSecurity(
  { runAsUser, runAsGroup, runAsNonRoot }: EksContainerSecurityContext,
  member: string,
): Complaint {
  if (runAsGroup !== undefined && runAsUser === undefined) {
    return unsupported(`${member}.runAsGroup without runAsUser`, 'the engine takes a group together with a user')
  }
  if (!runAsNonRoot) return undefined
  if (runAsUser === undefined) {
    return unsupported(`${member}.runAsNonRoot without runAsUser`, "an image's user is not looked up")
  }
  return runAsUser === 0 ? `${member}.runAsNonRoot and runAsUser 0 contradict each other.` : undefined
}

function unsupported(what: string, why: string): string {
  return `${what} is not supported by openbatch: ${why}.`
}
