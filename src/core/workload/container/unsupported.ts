/** What passes AWS's checks of a container but no driver can run: each is refused by its name. */
import type { Complaint } from '../../../model/complaint.ts'
import type { Volume } from '../../../model/generated/batch.ts'

/** A job that ran without these would fail, or read the wrong data, for a reason nobody could see. */
export function checkVolumesSupported(volumes: readonly Volume[] | undefined): Complaint {
  const elsewhere = volumes?.find((it) => it.efsVolumeConfiguration ?? it.s3filesVolumeConfiguration)
  return (
    elsewhere &&
    `Jobs with EFS or S3 Files volumes (${elsewhere.name ?? ''}) are not built in this version of openbatch`
  )
}
