/**
 * Members of a container that pass AWS's checks but that no driver can run. Each is refused by
 * name.
 */
import type { Complaint } from '../../../model/complaint.ts'
import type { Volume } from '../../../model/generated/batch.ts'

/**
 * A job that ran without these would fail, or read the wrong data, for a reason that nobody could
 * see.
 */
export function checkVolumesSupported(volumes: readonly Volume[] | undefined): Complaint {
  const elsewhere = volumes?.find((it) => it.efsVolumeConfiguration ?? it.s3filesVolumeConfiguration)
  return (
    elsewhere &&
    `Jobs with EFS or S3 Files volumes (${elsewhere.name ?? ''}) are not built in this version of openbatch`
  )
}
