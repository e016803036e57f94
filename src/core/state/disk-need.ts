/** What an attempt may write on the disk of a host. */
import type { JobSpec } from '../../model/job.ts'
import type { Host } from './host.ts'

export interface DiskNeed {
  readonly mib: number
  /** The job does not say, so this is what such jobs are expected to write. */
  readonly isAssumed: boolean
}

export const noDiskNeed: DiskNeed = { mib: 0, isAssumed: false }

/** For one node of a job. */
export function diskNeedOf(
  { scratchMib }: Pick<JobSpec, 'scratchMib'>,
  { assumedScratchMib = 0 }: { readonly assumedScratchMib?: number },
): DiskNeed {
  return { mib: scratchMib ?? assumedScratchMib, isAssumed: scratchMib === undefined }
}

/** An eighth of a disk is all that a job is expected to write which does not say more. */
const assumedPart = 1 / 8

export function neededMib({ mib, isAssumed }: DiskNeed, { disk }: Pick<Host, 'disk'>): number {
  return isAssumed && disk ? Math.min(mib, disk.offeredMib * assumedPart) : mib
}
