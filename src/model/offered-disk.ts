/**
 * How much of a disk jobs may fill. What stays free whatever they ask is for the server itself, and
 * for jobs that write more than they said.
 */
import { limits } from './limits.ts'

/** In MiB. */
export interface DiskRoom {
  readonly totalMib: number
  readonly freeMib: number
}

/** A disk less what stays free, in MiB. `freeMib` is negative while the disk is fuller than it may be. */
export interface OfferedDisk {
  readonly offeredMib: number
  readonly freeMib: number
}

/** `keepFreeMib` is the operator's setting. */
export function offeredDisk({ totalMib, freeMib }: DiskRoom, keepFreeMib = usuallyKeptFree(totalMib)): OfferedDisk {
  return { offeredMib: Math.max(0, totalMib - keepFreeMib), freeMib: freeMib - keepFreeMib }
}

/**
 * Whether what usually stays free of a disk holds so much that the server itself keeps there. Else it
 * would come out of what jobs were promised.
 */
export function keepsRoomFor(ownMib: number, totalMib: number): boolean {
  return usuallyKeptFree(totalMib) >= ownMib
}

/** On a small disk the usual amount would leave jobs nothing. */
const keptPart = 1 / 20

function usuallyKeptFree(totalMib: number): number {
  return Math.min(limits.scratchKeepFreeMib, Math.floor(totalMib * keptPart))
}
