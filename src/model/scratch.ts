/**
 * Disk space as a resource. AWS's resource requirements have no disk, so a job asks for it by a tag
 * or a parameter, which every client can send, or on Fargate by its ephemeral storage.
 */
import type { Complaint } from './complaint.ts'
import { limits } from './limits.ts'

/** The name of the tag and of the parameter. */
export const scratchTag = 'openbatch:scratchGiB'

export const mibOfGib = 1024

/** Where a job may ask, the nearest to the submission first. Absent where it does not. */
export interface ScratchRequests {
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** Those of the definition, with those of the submission over them. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  readonly tagsOfDefinition?: Readonly<Record<string, string>> | undefined
  readonly ephemeralStorageGib?: number | undefined
}

function askedText({ tags, parameters, tagsOfDefinition }: ScratchRequests): string | undefined {
  return tags?.[scratchTag] ?? parameters?.[scratchTag] ?? tagsOfDefinition?.[scratchTag]
}

/** MiB; undefined if the job does not ask. Expects requests that passed the check. */
export function scratchMibOf(requests: ScratchRequests): number | undefined {
  const text = askedText(requests)
  const gib = text === undefined ? requests.ephemeralStorageGib : Number(text)
  return gib === undefined ? undefined : Math.ceil(gib * mibOfGib)
}

export function checkScratch(requests: ScratchRequests): Complaint {
  const text = askedText(requests)
  if (text === undefined) return undefined
  const isAmount = /^\d{1,6}(\.\d{1,6})?$/.test(text)
  return isAmount && Number(text) > 0 && Number(text) <= limits.scratchGib
    ? undefined
    : `${scratchTag} must be a number of GiB greater than 0 and at most ${limits.scratchGib}, got ${JSON.stringify(text.slice(0, 64))}.`
}
