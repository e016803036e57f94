/**
 * The mounts of a container: each volume that its job names becomes a path of the host, a scratch
 * volume of the attempt, or a file that the server supplies.
 */
import type { MountSpec } from '../../drivers/driver.ts'
import { placeOfFileSystem } from '../../model/file-systems.ts'
import type { ContainerDetail, Volume } from '../../model/generated/batch.ts'
import type { HostAccess } from '../../model/host-access.ts'
import type { AllowedHostPath } from '../../model/host-path.ts'
import { placeOfHostPath, type Supply, shippedHostPaths } from '../../model/host-path-map.ts'

/** Where a file of the server's is on this machine. */
export type FindSupply = (
  what: Supply,
  containerPath: string,
  instanceId: string,
) => Promise<string | { readonly why: string }>

export interface MountSettings {
  readonly access: HostAccess
  readonly instanceId: string
  readonly supply: FindSupply
}

/** Or why the container cannot have them: a sentence without its full stop. */
export type Mounts = readonly MountSpec[] | { readonly why: string }

export async function mountsOf(container: ContainerDetail, settings: MountSettings): Promise<Mounts> {
  const volumes = new Map((container.volumes ?? []).map((volume) => [volume.name ?? '', volume]))
  const mounts: MountSpec[] = []
  for (const { sourceVolume = '', containerPath, readOnly = false } of container.mountPoints ?? []) {
    const volume = volumes.get(sourceVolume)
    if (!volume || !containerPath) continue
    const mount = await mountOf(volume, { containerPath, readOnly }, settings)
    if ('why' in mount) return mount
    mounts.push(mount)
  }
  return mounts
}

/** The grants, by the paths that the machine has: those that its mounts name. */
export function grantedPaths(access: HostAccess): AllowedHostPath[] {
  const { hostPaths, paths = shippedHostPaths, fileSystems, fileSystemMap } = access
  const mapped = hostPaths.map((granted) => {
    const place = placeOfHostPath(granted.path, paths)
    return place.kind === 'host' ? { ...granted, path: place.path } : granted
  })
  const directories = fileSystems ? [...(fileSystemMap?.values() ?? [])] : []
  return [...mapped, ...directories.map((path) => ({ path, readOnly: false }))]
}

type Target = Pick<MountSpec, 'containerPath' | 'readOnly'>

async function mountOf(
  volume: Volume,
  target: Target,
  { access, instanceId, supply }: MountSettings,
): Promise<MountSpec | { readonly why: string }> {
  const fileSystem = placeOfFileSystem(volume, access.fileSystemMap ?? new Map())
  if (fileSystem !== undefined)
    return 'why' in fileSystem
      ? fileSystem
      : { kind: 'host', sourcePath: fileSystem.path, ...target, mustExist: fileSystem.missing }
  const sourcePath = volume.host?.sourcePath
  // Without a source path AWS makes a throw-away directory, which the mounts of that volume share.
  if (!sourcePath) return { kind: 'scratch', volume: volume.name ?? '', ...target }
  const place = placeOfHostPath(sourcePath, access.paths ?? shippedHostPaths)
  switch (place.kind) {
    case 'host':
      return { kind: 'host', sourcePath: place.path, ...target }
    case 'scratch':
      return { kind: 'scratch', volume: place.volume, ...target }
    case 'refused':
      return { why: `the host path ${sourcePath} is refused here: ${place.why}` }
    case 'supplied': {
      const found = await supply(place.what, target.containerPath, instanceId)
      if (typeof found !== 'string') return found
      return { kind: 'host', sourcePath: found, ...target, readOnly: true, isSupplied: true }
    }
  }
}
