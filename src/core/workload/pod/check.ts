/** Definitions that run as Kubernetes pods; https://docs.aws.amazon.com/batch/latest/APIReference/API_EksPodProperties.html */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type { EksContainer, EksPodProperties, EksProperties, EksVolume } from '../../../model/generated/batch.ts'
import { isVolumeName } from '../../../model/names.ts'
import { checkImage } from '../container/check.ts'
import { checkEnvironment } from '../container/environment-variables.ts'
import { checkPodResources } from './amounts.ts'

/** The name of a container that was given none. */
export const defaultPodContainerName = 'Default'

export function checkEksProperties({ podProperties }: EksProperties): Complaint {
  if (!podProperties) return 'podProperties is required for eksProperties.'
  const { containers = [], initContainers = [] } = podProperties
  if (containers.length < 1 || containers.length > 10) return 'Number of containers must be between 1 and 10'
  if (initContainers.length > 10) return 'Number of initContainers must be between 0 and 10'
  return (
    firstComplaint(initContainers, (container) => checkContainer(container, podProperties, false)) ??
    firstComplaint(containers, (container) => checkContainer(container, podProperties, true)) ??
    checkNames([...initContainers, ...containers]) ??
    checkVolumes(podProperties.volumes) ??
    checkDnsPolicy(podProperties.dnsPolicy)
  )
}

function checkContainer(container: EksContainer, pod: EksPodProperties, needsResources: boolean): Complaint {
  return (
    checkImage(container.image) ??
    checkEnvironment(container.env, 'env') ??
    checkPodResources(container.resources, needsResources) ??
    checkPullPolicy(container.imagePullPolicy) ??
    checkMounts(container, pod.volumes ?? [])
  )
}

/** Overrides and log streams identify containers by name. */
function checkNames(containers: readonly EksContainer[]): Complaint {
  const seen = new Set<string>()
  return firstComplaint(containers, ({ name = defaultPodContainerName }) => {
    if (!isVolumeName(name)) return `Container name should match a valid pattern, got '${name}'.`
    if (seen.has(name)) return `Duplicate container name '${name}'.`
    seen.add(name)
    return undefined
  })
}

function checkVolumes(volumes: readonly EksVolume[] | undefined): Complaint {
  const seen = new Set<string>()
  return firstComplaint(volumes, ({ name, hostPath, emptyDir, secret, persistentVolumeClaim }) => {
    // In Kubernetes, a name is a DNS label.
    if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
      return `Volume name should match a valid pattern, got '${name}'.`
    }
    if (seen.has(name)) return `Duplicate volume name '${name}'.`
    seen.add(name)
    if ([hostPath, emptyDir, secret, persistentVolumeClaim].filter(Boolean).length > 1) {
      return 'When the volume parameter is specified, only one volume configuration type should be used.'
    }
    return hostPath && !hostPath.path ? `hostPath of volume '${name}' must have a path.` : undefined
  })
}

function checkMounts({ volumeMounts }: EksContainer, volumes: readonly EksVolume[]): Complaint {
  return firstComplaint(volumeMounts, ({ name = '', mountPath }) => {
    if (!volumes.some((volume) => volume.name === name)) return `Unknown volume '${name}'.`
    return mountPath ? undefined : `Volume mount of volume '${name}' must have a mountPath.`
  })
}

function checkPullPolicy(policy: string | undefined): Complaint {
  const policies = ['Always', 'IfNotPresent', 'Never']
  return !policy || policies.includes(policy)
    ? undefined
    : `imagePullPolicy ${policy} is not valid. Valid values are: [${policies.join(', ')}]`
}

function checkDnsPolicy(policy: string | undefined): Complaint {
  const policies = ['Default', 'ClusterFirst', 'ClusterFirstWithHostNet']
  return !policy || policies.includes(policy)
    ? undefined
    : `dnsPolicy ${policy} is not valid. Valid values are: [${policies.join(', ')}]`
}
