/** Finds what a pod asks of the host without a grant. */
import type { EksContainer, EksPodProperties, EksVolume } from '../../../model/generated/batch.ts'
import type { HostAccess } from '../../../model/host-access.ts'
import { findAllowed, readHostPath } from '../../../model/host-path.ts'
import { pathRefusals, userRefusals } from './container.ts'
import { environmentRefusals } from './environment.ts'
import { imageRefusals } from './images.ts'
import type { HostRefusal } from './refusal.ts'

/** The members that a definition and a job have in common. */
export type PodMembers = Pick<EksPodProperties, 'hostNetwork' | 'shareProcessNamespace' | 'volumes'> & {
  readonly containers?: readonly PodContainer[]
  readonly initContainers?: readonly PodContainer[]
}
type PodContainer = Partial<Pick<EksContainer, 'image'>> &
  Pick<EksContainer, 'env' | 'securityContext' | 'volumeMounts'>

/** `at` is the member `podProperties` itself. */
export function podRefusals(pod: PodMembers, at: string, access: HostAccess): HostRefusal[] {
  const { volumes = [], hostNetwork = false, shareProcessNamespace = false } = pod
  return [
    ...(hostNetwork && !access.hostNamespaces.includes('network')
      ? [{ member: `${at}.hostNetwork`, why: 'the network of the host is not for jobs' }]
      : []),
    ...(shareProcessNamespace && !access.hostNamespaces.includes('pid')
      ? [{ member: `${at}.shareProcessNamespace`, why: 'containers may not see the processes of others' }]
      : []),
    ...volumes.flatMap(({ hostPath }, index) =>
      pathRefusals(hostPath?.path, `${at}.volumes[${index}].hostPath.path`, access),
    ),
    ...(['initContainers', 'containers'] as const).flatMap((list) =>
      (pod[list] ?? []).flatMap((it, index) => containerRefusals(it, volumes, `${at}.${list}[${index}]`, access)),
    ),
  ]
}

function containerRefusals(
  container: PodContainer,
  volumes: readonly EksVolume[],
  at: string,
  access: HostAccess,
): HostRefusal[] {
  const { env = [], securityContext = {}, volumeMounts = [] } = container
  const { privileged, allowPrivilegeEscalation, runAsUser, runAsGroup } = securityContext
  const paths = new Map(
    volumes.flatMap(({ name, hostPath }) => (hostPath?.path ? [[name, hostPath.path] as const] : [])),
  )
  const security = `${at}.securityContext`
  const user = runAsUser === undefined ? undefined : [runAsUser, runAsGroup].filter((it) => it !== undefined).join(':')
  return [
    ...imageRefusals(container.image, at, access),
    ...(privileged && !access.privileged
      ? [{ member: `${security}.privileged`, why: 'a privileged container has all rights of the host' }]
      : []),
    ...(allowPrivilegeEscalation && !access.privileged
      ? [{ member: `${security}.allowPrivilegeEscalation`, why: 'no program may gain rights by running' }]
      : []),
    ...(volumeMounts.some(({ name = '' }) => paths.has(name))
      ? userRefusals(user, security, access).map((it) => ({ ...it, member: `${security}.runAsUser` }))
      : []),
    ...volumeMounts.flatMap(({ name = '', readOnly = false }, index): HostRefusal[] => {
      const read = readHostPath(paths.get(name) ?? '')
      if (readOnly || 'why' in read) return []
      const found = findAllowed(read.path, access.hostPaths)
      if ('why' in found || !found.readOnly) return []
      return [{ member: `${at}.volumeMounts[${index}].readOnly`, why: `${read.path} is allowed for reading only` }]
    }),
    ...environmentRefusals(env, `${at}.env`),
  ]
}
