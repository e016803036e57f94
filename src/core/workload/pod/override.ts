/**
 * A job that is a pod: `eksProperties` changed by `eksPropertiesOverride`, container by container
 * (docs/aws §7.2).
 */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type {
  EksContainer,
  EksContainerEnvironmentVariable,
  EksContainerOverride,
  EksContainerResourceRequirements,
  EksMetadata,
  EksPodProperties,
  EksProperties,
  EksPropertiesOverride,
} from '../../../model/generated/batch.ts'
import { emptyCommand } from '../bare-texts.ts'
import { checkImage } from '../container/check.ts'
import { checkEnvironment } from '../container/environment-variables.ts'
import { checkTargets, mergeByName } from '../named-containers.ts'
import type { Substituter } from '../parameters.ts'
import { defaultPodContainerName } from './check.ts'

/**
 * Checks overrides by themselves and against the definition. `checkEksProperties` checks the result
 * after merging.
 */
export function checkPodOverrides(
  { podProperties: overrides = {} }: EksPropertiesOverride,
  { podProperties: registered = {} }: EksProperties,
  member: string,
): Complaint {
  return firstComplaint(['initContainers', 'containers'] as const, (list) => {
    const of = namedIn(registered, list, `${member}.podProperties.${list}`)
    return (
      checkTargets(overrides[list] ?? [], of) ??
      firstComplaint(overrides[list], (override, index) => checkOverride(override, `${of.member}[${index}]`))
    )
  })
}

function checkOverride({ image, command, env }: EksContainerOverride, member: string): Complaint {
  if (command?.includes('')) return emptyCommand
  return (image === undefined ? undefined : checkImage(image)) ?? checkEnvironment(env, `${member}.env`)
}

/** Expects overrides that passed the check. */
export function mergePod(
  { podProperties: registered = {} }: EksProperties,
  { podProperties: overrides = {} }: EksPropertiesOverride,
): EksProperties {
  const merged = (list: 'containers' | 'initContainers') =>
    mergeByName(overrides[list] ?? [], namedIn(registered, list, ''), mergePodContainer)
  const metadata = mergeMetadata(registered.metadata, overrides.metadata)
  return {
    podProperties: {
      ...registered,
      containers: merged('containers'),
      initContainers: merged('initContainers'),
      ...(metadata && { metadata }),
    },
  }
}

function mergePodContainer(registered: EksContainer, override: EksContainerOverride): EksContainer {
  return {
    ...registered,
    ...(override.image !== undefined && { image: override.image }),
    ...(override.command?.length && { command: override.command }),
    ...(override.args?.length && { args: override.args }),
    env: mergeEnv(registered.env ?? [], override.env ?? []),
    ...(override.resources && { resources: mergeResources(registered.resources ?? {}, override.resources) }),
  }
}

function mergeEnv(
  registered: readonly EksContainerEnvironmentVariable[],
  overrides: readonly EksContainerEnvironmentVariable[],
): readonly EksContainerEnvironmentVariable[] {
  if (overrides.length === 0) return registered
  return [...new Map([...registered, ...overrides].map((variable) => [variable.name, variable])).values()]
}

/**
 * Type by type. Memory and GPUs are the same in limits and requests, so an override of one also
 * applies to the other if the definition has it there. The same holds for CPU if the override would
 * leave more requested than the limit.
 */
function mergeResources(
  registered: EksContainerResourceRequirements,
  override: EksContainerResourceRequirements,
): EksContainerResourceRequirements {
  const limits: Record<string, string> = { ...registered.limits, ...override.limits }
  const requests: Record<string, string> = { ...registered.requests, ...override.requests }
  for (const type of new Set([...Object.keys(override.limits ?? {}), ...Object.keys(override.requests ?? {})])) {
    const [limit, request] = [override.limits?.[type], override.requests?.[type]]
    if (limit !== undefined && request !== undefined) continue
    if (type === 'cpu' && !(Number(requests[type]) > Number(limits[type]))) continue
    if (limit !== undefined && Object.hasOwn(requests, type)) requests[type] = limit
    if (request !== undefined && Object.hasOwn(limits, type)) limits[type] = request
  }
  return {
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(requests).length > 0 && { requests }),
  }
}

/** Labels and annotations by key. */
function mergeMetadata(registered: EksMetadata | undefined, override: EksMetadata | undefined) {
  if (!registered || !override) return override ?? registered
  const labels = { ...registered.labels, ...override.labels }
  const annotations = { ...registered.annotations, ...override.annotations }
  return {
    ...registered,
    ...override,
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  }
}

export function substitutePod({ podProperties = {} }: EksProperties, put: Substituter): EksProperties {
  const into = (containers: readonly EksContainer[] = []) =>
    containers.map((it) => ({ ...it, command: put.into(it.command ?? []), args: put.into(it.args ?? []) }))
  return {
    podProperties: {
      ...podProperties,
      containers: into(podProperties.containers),
      initContainers: into(podProperties.initContainers),
    },
  }
}

function namedIn(pod: EksPodProperties, list: 'containers' | 'initContainers', member: string) {
  return { containers: pod[list] ?? [], defaultName: defaultPodContainerName, member }
}
