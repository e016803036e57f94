/** Volumes and where they are mounted; https://docs.aws.amazon.com/batch/latest/APIReference/API_Volume.html */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type { EFSVolumeConfiguration, MountPoint, Volume } from '../../../model/generated/batch.ts'
import { isVolumeName } from '../../../model/names.ts'

export function checkVolumes(volumes: readonly Volume[] | undefined, jobRoleArn: string | undefined): Complaint {
  const seen = new Set<string>()
  return firstComplaint(volumes, (volume) => {
    const name = volume.name ?? ''
    if (!isVolumeName(name)) return `Volume name should match a valid pattern, got '${name}'.`
    if (seen.has(name)) return `Duplicate volume name '${name}'.`
    seen.add(name)
    // An empty host is a throw-away directory. Clients may leave it beside another configuration.
    const kinds = [volume.host?.sourcePath, volume.efsVolumeConfiguration, volume.s3filesVolumeConfiguration]
    if (kinds.filter(Boolean).length > 1) {
      return 'When the volume parameter is specified, only one volume configuration type should be used.'
    }
    if (volume.s3filesVolumeConfiguration && !jobRoleArn) {
      return 'A jobRoleArn/taskRoleArn is required when using s3filesVolumeConfiguration.'
    }
    return volume.efsVolumeConfiguration && checkEfs(volume.efsVolumeConfiguration, jobRoleArn)
  })
}

export function checkMountPoints(
  mountPoints: readonly MountPoint[] | undefined,
  volumes: readonly Volume[] | undefined,
): Complaint {
  const declared = new Set(volumes?.map((volume) => volume.name))
  return firstComplaint(mountPoints, ({ sourceVolume, containerPath }) => {
    // ECS's own words: Batch passes a mount of an undeclared volume on to it.
    if (!sourceVolume || !declared.has(sourceVolume)) return `Unknown volume '${sourceVolume ?? ''}'.`
    return containerPath ? undefined : `Mount point of volume '${sourceVolume}' must have a containerPath.`
  })
}

function checkEfs(efs: EFSVolumeConfiguration, jobRoleArn: string | undefined): Complaint {
  const { rootDirectory, transitEncryption, transitEncryptionPort: port, authorizationConfig } = efs
  if (!/^fs-/.test(efs.fileSystemId)) return `EFS fileSystemId ${efs.fileSystemId} is not valid.`
  if ((rootDirectory ?? '').length > 4096) return 'EFS rootDirectory cannot exceed 4096 characters.'
  if (port !== undefined && !(port >= 0 && port <= 65_535))
    return 'EFS transitEncryptionPort must be between 0 and 65535.'
  const encrypted = transitEncryption === 'ENABLED'
  if (authorizationConfig?.accessPointId) {
    if (rootDirectory && rootDirectory !== '/')
      return 'EFS rootDirectory must be / or omitted when using an access point.'
    if (!encrypted) return 'EFS transitEncryption must be ENABLED when using an access point.'
  }
  if (authorizationConfig?.iam === 'ENABLED') {
    if (!encrypted) return 'EFS transitEncryption must be ENABLED when using IAM authorization.'
    if (!jobRoleArn) return 'A jobRoleArn/taskRoleArn is required when using EFS IAM authorization.'
  }
  return undefined
}
