/**
 * Volumes of EFS and of S3 Files. Here a file system, or an access point of one, is a directory
 * that the operator names, usually on the lab's shared file system.
 */
import type { Volume } from './generated/batch.ts'
import { readHostPath } from './host-path.ts'

/** Directories by `fs-…`, `fsap-…`, or the ARN of one. */
export type FileSystemMap = ReadonlyMap<string, string>

/**
 * `path` is the mounted directory, and `root` the directory that nothing may lead out of. `missing`
 * is the reason of a container that cannot start because there is no `path`. AWS makes none either:
 * https://docs.aws.amazon.com/efs/latest/ug/API_RootDirectory.html
 */
export type FileSystemPlace =
  | { readonly path: string; readonly root: string; readonly missing: string }
  | { readonly why: string }

/** Undefined for a volume of another kind. `why` is a sentence without its full stop. */
export function placeOfFileSystem(volume: Volume, map: FileSystemMap): FileSystemPlace | undefined {
  const asked = askedOf(volume)
  if (asked === undefined) return undefined
  const { what, id, rootDirectory } = asked
  // The ARN ends in the id.
  const root = map.get(id) ?? map.get(id.slice(id.lastIndexOf('/') + 1))
  if (root === undefined) return { why: `${what} ${shown(id)} is mapped to no directory (fileSystems)` }
  const below = readHostPath(rootDirectory?.startsWith('/') === false ? `/${rootDirectory}` : (rootDirectory ?? '/'))
  if ('why' in below) return { why: `The rootDirectory of ${what} ${shown(id)} ${below.why}` }
  return {
    root,
    path: below.path === '/' ? root : `${root === '/' ? '' : root}${below.path}`,
    missing: `ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: mounting ${shown(id)}:${below.path} failed, reason given by server: No such file or directory`,
  }
}

/** An access point stands for its own directory, so its file system alone does not serve it. */
function askedOf({ efsVolumeConfiguration: efs, s3filesVolumeConfiguration: s3 }: Volume) {
  if (efs) {
    const { fileSystemId, rootDirectory, authorizationConfig: { accessPointId } = {} } = efs
    return accessPointId
      ? { what: 'EFS access point', id: accessPointId, rootDirectory }
      : { what: 'EFS file system', id: fileSystemId, rootDirectory }
  }
  if (!s3) return undefined
  const { fileSystemArn, accessPointArn, rootDirectory } = s3
  return accessPointArn
    ? { what: 'S3 Files access point', id: accessPointArn, rootDirectory }
    : { what: 'S3 Files file system', id: fileSystemArn, rootDirectory }
}

function shown(id: string): string {
  return /^[\w:/.-]{1,200}$/.test(id) ? id : JSON.stringify(id.slice(0, 200))
}
