/** Finds what a single container, or one of an ECS task, asks of the host without a grant. */
import type {
  ContainerProperties,
  LinuxParameters,
  MountPoint,
  Ulimit,
  Volume,
} from '../../../model/generated/batch.ts'
import type { HostAccess } from '../../../model/host-access.ts'
import type { AllowedHostPath } from '../../../model/host-path.ts'
import { findAllowed, readHostPath } from '../../../model/host-path.ts'
import { isOpenToAll, shippedHostPaths } from '../../../model/host-path-map.ts'
import { environmentRefusals } from './environment.ts'
import { imageRefusals } from './images.ts'
import { logRefusals } from './logs.ts'
import type { HostRefusal } from './refusal.ts'

/** The members that a definition and a job have in common. */
export type ContainerMembers = Partial<
  Pick<
    ContainerProperties,
    | 'environment'
    | 'image'
    | 'linuxParameters'
    | 'logConfiguration'
    | 'mountPoints'
    | 'privileged'
    | 'secrets'
    | 'ulimits'
    | 'user'
  >
>

export function containerRefusals(
  container: ContainerMembers,
  volumes: readonly Volume[],
  at: string,
  access: HostAccess,
): HostRefusal[] {
  const { environment = [], logConfiguration, mountPoints = [], secrets = [], ulimits = [] } = container
  return [
    ...imageRefusals(container.image, at, access),
    ...(container.privileged && !access.privileged
      ? [{ member: `${at}.privileged`, why: 'a privileged container has all rights of the host' }]
      : []),
    ...(hasHostPath(mountPoints, volumes, access) ? userRefusals(container.user, at, access) : []),
    ...readOnlyRefusals(mountPoints, volumes, at, access),
    ...linuxRefusals(container.linuxParameters, `${at}.linuxParameters`, access),
    ...ulimitRefusals(ulimits, at, access),
    ...environmentRefusals(environment, `${at}.environment`),
    ...environmentRefusals(secrets, `${at}.secrets`),
    ...logRefusals(logConfiguration, `${at}.logConfiguration`),
  ]
}

export function volumeRefusals(volumes: readonly Volume[], at: string, access: HostAccess): HostRefusal[] {
  return volumes.flatMap((volume, index) => {
    const member = `${at}.volumes[${index}]`
    const { efsVolumeConfiguration: efs, s3filesVolumeConfiguration: s3 } = volume
    return [
      ...pathRefusals(volume.host?.sourcePath, `${member}.host.sourcePath`, access),
      ...(efs && !access.fileSystems ? [fileSystem(`${member}.efsVolumeConfiguration`)] : []),
      ...(s3 && !access.fileSystems ? [fileSystem(`${member}.s3filesVolumeConfiguration`)] : []),
    ]
  })
}

/** Scratch space and supplied files are no paths of the host, and an empty path is a throw-away directory. */
export function pathRefusals(sourcePath: string | undefined, member: string, access: HostAccess): HostRefusal[] {
  if (!sourcePath || isOpenToAll(sourcePath, access.paths ?? shippedHostPaths)) return []
  const found = allowedPath(sourcePath, access)
  return 'why' in found ? [{ member, why: `${shown(sourcePath)} ${found.why}` }] : []
}

function allowedPath(sourcePath: string, access: HostAccess): AllowedHostPath | { why: string } {
  const read = readHostPath(sourcePath)
  return 'why' in read ? read : findAllowed(read.path, access.hostPaths)
}

function fileSystem(member: string): HostRefusal {
  return { member, why: 'a file system of others is mounted with the rights of the host' }
}

function isHostPath(volume: Volume | undefined, { paths = shippedHostPaths }: HostAccess): boolean {
  const path = volume?.host?.sourcePath
  return path !== undefined && path !== '' && !isOpenToAll(path, paths)
}

/** A file system of the lab is reached with the rights of the container's user, as a host path is. */
function hasHostPath(mountPoints: readonly MountPoint[], volumes: readonly Volume[], access: HostAccess): boolean {
  return mountPoints.some(({ sourceVolume }) => {
    const volume = volumes.find(({ name }) => name === sourceVolume)
    const isFileSystem = (volume?.efsVolumeConfiguration ?? volume?.s3filesVolumeConfiguration) !== undefined
    return isFileSystem || isHostPath(volume, access)
  })
}

/** A name is looked up in the image, where it may be root's. Only a number shows who writes to the host. */
export function userRefusals(user: string | undefined, at: string, access: HostAccess): HostRefusal[] {
  if (access.rootOnHostPaths || isOrdinaryUser(user)) return []
  const why = user
    ? `${shown(user)} may be root, and root may not have a host path: name another user by number`
    : 'the container may run as root, and root may not have a host path: name another user by number'
  return [{ member: `${at}.user`, why }]
}

function isOrdinaryUser(user: string | undefined): boolean {
  const [, uid, gid] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(user ?? '') ?? []
  return uid !== undefined && Number(uid) > 0 && (gid === undefined || Number(gid) > 0)
}

/** Every mount of a path that is allowed for reading must be read-only. */
function readOnlyRefusals(
  mountPoints: readonly MountPoint[],
  volumes: readonly Volume[],
  at: string,
  access: HostAccess,
): HostRefusal[] {
  return mountPoints.flatMap(({ sourceVolume, readOnly = false }, index) => {
    const volume = volumes.find(({ name }) => name === sourceVolume)
    if (readOnly || !isHostPath(volume, access)) return []
    const { sourcePath = '' } = volume?.host ?? {}
    const found = allowedPath(sourcePath, access)
    if ('why' in found || !found.readOnly) return []
    return [{ member: `${at}.mountPoints[${index}].readOnly`, why: `${shown(sourcePath)} is allowed for reading only` }]
  })
}

/** Options that give a tmpfs devices or the rights of its files' owners, or tie it to other mounts. */
const tmpfsOptions: ReadonlySet<string> = new Set([
  ...['dev', 'suid', 'bind', 'rbind', 'remount', 'shared', 'rshared', 'slave', 'rslave'],
])

function linuxRefusals(linux: LinuxParameters | undefined, at: string, access: HostAccess): HostRefusal[] {
  const devices = (linux?.devices ?? []).flatMap(({ hostPath }, index): HostRefusal[] => {
    const read = readHostPath(hostPath)
    if ('path' in read && access.devices.includes(read.path)) return []
    const why = 'why' in read ? read.why : 'is not among the devices that are allowed'
    return [{ member: `${at}.devices[${index}].hostPath`, why: `${shown(hostPath)} ${why}` }]
  })
  const tmpfs = (linux?.tmpfs ?? []).flatMap(({ mountOptions = [] }, index) =>
    mountOptions.flatMap((option, position): HostRefusal[] => {
      // The engine splits an option at its commas.
      const dangerous = option.split(',').find((part) => tmpfsOptions.has(part.trim().toLowerCase()))
      const member = `${at}.tmpfs[${index}].mountOptions[${position}]`
      return dangerous === undefined ? [] : [{ member, why: `the option ${dangerous} reaches beyond the container` }]
    }),
  )
  return [...devices, ...tmpfs]
}

/** With these limits raised, a process takes the processor from all others of the host. */
const ulimitsOfHost: ReadonlySet<string> = new Set(['rtprio', 'nice'])

function ulimitRefusals(ulimits: readonly Ulimit[], at: string, access: HostAccess): HostRefusal[] {
  return ulimits.flatMap(({ name }, index) => {
    const plain = name
      .trim()
      .toLowerCase()
      .replace(/^rlimit_/, '')
    if (!ulimitsOfHost.has(plain) || access.ulimits.includes(plain)) return []
    const why = `the ulimit ${plain} lets a job take the processor from all others of the host`
    return [{ member: `${at}.ulimits[${index}].name`, why }]
  })
}

/** Cuts the text and writes it as JSON, so that a user's text cannot break the sentence. */
function shown(text: string): string {
  const json = JSON.stringify(text.slice(0, 200))
  return /^"[\w./:@+-]+"$/.test(json) ? json.slice(1, -1) : json
}
