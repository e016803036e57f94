/**
 * CPU, memory and GPUs of a pod's containers, in the forms that AWS Batch accepts: `0.25`, `512Mi`,
 * `1`, without Kubernetes' `250m` and `1Gi`;
 * https://docs.aws.amazon.com/batch/latest/userguide/memory-cpu-batch-eks.html
 */
import type { Complaint } from '../../../model/complaint.ts'
import type { EksContainerDetail, EksContainerResourceRequirements } from '../../../model/generated/batch.ts'
import { noResources, plus, type Resources } from '../../../model/resources.ts'

const cpu = 'cpu'
const memory = 'memory'
const gpu = 'nvidia.com/gpu'
const forms: Readonly<Record<string, RegExp>> = {
  [cpu]: /^[0-9]{1,6}(\.(0|00|25|5|50|75))?$/,
  [memory]: /^[1-9][0-9]{0,9}Mi$/,
  [gpu]: /^[1-9][0-9]{0,5}$/,
}
const memoryMinMib = 4

/**
 * `needed` is false for an init container, which may omit them and then has what the pod has. The
 * live text is known only for GPUs.
 */
export function checkPodResources(resources: EksContainerResourceRequirements = {}, needed = true): Complaint {
  const { limits = {}, requests = {} } = resources
  for (const [type, value] of [...Object.entries(limits), ...Object.entries(requests)]) {
    const form = Object.hasOwn(forms, type) ? forms[type] : undefined
    if (!form) return `Type ${type} in resources is not valid. Valid types: [${Object.keys(forms).join(', ')}]`
    if (!form.test(value) || (type === cpu && Number(value) === 0)) {
      return `Value ${value} for type ${type} in resources is not valid.`
    }
  }
  for (const type of [memory, gpu]) {
    if (limits[type] !== undefined && requests[type] !== undefined && limits[type] !== requests[type]) {
      return `Values ${limits[type]} and ${requests[type]} for type ${type} in resources must be equal in limits and requests.`
    }
  }
  if (Number(requests[cpu] ?? 0) > Number(limits[cpu] ?? Number.POSITIVE_INFINITY)) {
    return `Value ${requests[cpu]} for type cpu in resources.requests must not be greater than ${limits[cpu]} in resources.limits.`
  }
  const { memoryMib } = resourcesOfContainer(resources)
  if (memoryMib > 0 && memoryMib < memoryMinMib) {
    return `Memory must be at least ${memoryMinMib} Mib, got ${memoryMib} Mib.`
  }
  const missing = [cpu, memory].find((type) => limits[type] === undefined && requests[type] === undefined)
  return needed && missing ? `resources of a container must have ${missing} in limits or requests.` : undefined
}

/**
 * Expects resources that passed the check. The requested CPU is reserved. The rest up to the limit
 * is available when it is idle.
 */
export function resourcesOfContainer({ limits = {}, requests = {} }: EksContainerResourceRequirements = {}): Resources {
  return {
    vcpus: Number(requests[cpu] ?? limits[cpu] ?? 0),
    memoryMib: Number((limits[memory] ?? requests[memory] ?? '0Mi').slice(0, -2)),
    gpus: Number(limits[gpu] ?? requests[gpu] ?? 0),
  }
}

export interface PodContainers {
  readonly containers?: readonly EksContainerDetail[]
  readonly initContainers?: readonly EksContainerDetail[]
}

/**
 * As Kubernetes counts: the containers run together, and the init containers run before them, one
 * by one.
 */
export function podResources({ containers = [], initContainers = [] }: PodContainers): Resources {
  const together = containers.map(({ resources }) => resourcesOfContainer(resources)).reduce(plus, noResources)
  return initContainers.map(({ resources }) => resourcesOfContainer(resources)).reduce(larger, together)
}

function larger(a: Resources, b: Resources): Resources {
  return {
    vcpus: Math.max(a.vcpus, b.vcpus),
    memoryMib: Math.max(a.memoryMib, b.memoryMib),
    gpus: Math.max(a.gpus, b.gpus),
  }
}
