/** Swap, tmpfs and shared memory; https://docs.aws.amazon.com/batch/latest/APIReference/API_LinuxParameters.html */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type { LinuxParameters } from '../../../model/generated/batch.ts'

export function checkLinuxParameters(linux: LinuxParameters | undefined): Complaint {
  if (!linux) return undefined
  const { maxSwap, swappiness, sharedMemorySize, tmpfs } = linux
  if (maxSwap !== undefined && maxSwap < 0) return `Invalid swap memory size: ${maxSwap}, must be non-negative.`
  if (maxSwap !== undefined && swappiness === undefined) {
    return 'When container specified swap memory, swappiness value is required.'
  }
  if (swappiness !== undefined && !(swappiness >= 0 && swappiness <= 100)) {
    return `Invalid swappiness: ${swappiness}, must be between 0 and 100.`
  }
  if (sharedMemorySize !== undefined && sharedMemorySize < 0) {
    return `Invalid shared memory size: ${sharedMemorySize}, must be non-negative.`
  }
  return firstComplaint(tmpfs, ({ size }) =>
    size > 0 ? undefined : 'Size of a tmpfs is invalid. The size is required and must be a positive integer.',
  )
}
