/**
 * The containers of a pod (`eksProperties`), each in the form of a single container: first the init
 * containers, one after the other, then the others together.
 * https://kubernetes.io/docs/concepts/workloads/pods/init-containers/
 */
import type {
  ContainerDetail,
  EksContainerDetail,
  EksContainerSecurityContext,
  EksPodPropertiesDetail,
  EksPropertiesDetail,
  EksVolume,
  ResourceRequirement,
  Volume,
} from '../../../model/generated/batch.ts'
import type { Resources } from '../../../model/resources.ts'
import type { TaskContainer } from '../task-container.ts'
import { podResources, resourcesOfContainer } from './amounts.ts'
import { defaultPodContainerName } from './check.ts'

/** Expects properties that passed the checks of a definition and of a submission. */
export function podContainers({ podProperties: pod = {} }: EksPropertiesDetail): readonly TaskContainer[] {
  const { containers = [], initContainers = [] } = pod
  const inits = initContainers.map((container, index) => {
    const before = initContainers[index - 1]
    // A pod fails when an init container fails. The next init container waits for this one's
    // success.
    return podContainer(container, pod, before, 'onFailure', initResources(container, pod))
  })
  const last = initContainers.at(-1)
  // A pod is over when all its containers are, however one of them ended, and has failed if any of
  // them did.
  return [...inits, ...containers.map((it) => podContainer(it, pod, last, 'never', resourcesOfContainer(it.resources)))]
}

function podContainer(
  container: EksContainerDetail,
  pod: EksPodPropertiesDetail,
  after: EksContainerDetail | undefined,
  endsTask: TaskContainer['endsTask'],
  resources: Resources,
): TaskContainer {
  const { command = [], securityContext = {} } = container
  return {
    name: nameOf(container),
    container: containerDetail(container, pod.volumes ?? [], resources),
    resources,
    endsTask,
    mustSucceed: true,
    dependsOn: after ? [{ containerName: nameOf(after), condition: 'SUCCESS' }] : [],
    ...(command.length > 0 && { entryPoint: command }),
    ...(securityContext.allowPrivilegeEscalation !== undefined && {
      noNewPrivileges: !securityContext.allowPrivilegeEscalation,
    }),
  }
}

function containerDetail(
  container: EksContainerDetail,
  volumes: readonly EksVolume[],
  resources: Resources,
): ContainerDetail {
  const { image = '', args = [], env = [], volumeMounts = [], securityContext = {} } = container
  return {
    image,
    command: args,
    environment: env.map(({ name, value = '' }) => ({ name, value })),
    volumes: volumes.map(volumeOf),
    mountPoints: volumeMounts.map(({ name = '', mountPath = '', readOnly = false }) => ({
      sourceVolume: name,
      containerPath: mountPath,
      readOnly,
    })),
    ulimits: [],
    secrets: [],
    resourceRequirements: requirementsOf(resources),
    ...securityOf(securityContext),
  }
}

/**
 * An emptyDir, which is also the meaning of a volume without a kind, lives as long as the pod, and
 * its containers share it.
 */
function volumeOf({ name, hostPath }: EksVolume): Volume {
  return hostPath?.path ? { name, host: { sourcePath: hostPath.path } } : { name }
}

function securityOf(context: EksContainerSecurityContext) {
  const { runAsUser, runAsGroup, privileged, readOnlyRootFilesystem } = context
  const group = runAsGroup === undefined ? '' : `:${runAsGroup}`
  return {
    ...(runAsUser !== undefined && { user: `${runAsUser}${group}` }),
    ...(privileged !== undefined && { privileged }),
    ...(readOnlyRootFilesystem !== undefined && { readonlyRootFilesystem: readOnlyRootFilesystem }),
  }
}

function requirementsOf({ vcpus, memoryMib, gpus }: Resources): ResourceRequirement[] {
  return [
    { type: 'VCPU', value: String(vcpus) },
    { type: 'MEMORY', value: String(memoryMib) },
    ...(gpus > 0 ? [{ type: 'GPU', value: String(gpus) } as const] : []),
  ]
}

/**
 * An init container without a request may use everything reserved for the pod, because it runs
 * alone.
 */
function initResources({ resources }: EksContainerDetail, pod: EksPodPropertiesDetail): Resources {
  const own = resourcesOfContainer(resources)
  const whole = podResources(pod)
  return { ...own, vcpus: own.vcpus || whole.vcpus, memoryMib: own.memoryMib || whole.memoryMib }
}

function nameOf({ name }: EksContainerDetail): string {
  return name ?? defaultPodContainerName
}
