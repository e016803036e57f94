/** How big a job may be: 30 KiB after merging; https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html */
import type { Complaint } from '../../model/complaint.ts'
import { limits } from '../../model/limits.ts'

/** Measured as JSON, in UTF-8. */
export function checkJobSize(job: unknown): Complaint {
  const bytes = Buffer.byteLength(JSON.stringify(job))
  if (bytes <= limits.jobBytes) return undefined
  return `Job size must be less than ${limits.jobBytes / 1024} KiB, got ${Math.ceil(bytes / 1024)} KiB`
}
