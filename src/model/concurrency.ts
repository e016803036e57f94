/** How many jobs may run at once: a tag on a job queue or on an array job. */
import type { Complaint } from './complaint.ts'

/** A whole number, at least 1. */
export const maxConcurrentTag = 'openbatch:maxConcurrent'

/** Undefined when there is no limit. */
export function maxConcurrentOf(tags: Readonly<Record<string, string>>): number | undefined {
  const value = tags[maxConcurrentTag]
  return value === undefined ? undefined : Number(value)
}

export function checkMaxConcurrent(tags: Readonly<Record<string, string>>): Complaint {
  const value = tags[maxConcurrentTag]
  return value === undefined || /^[1-9][0-9]{0,8}$/.test(value)
    ? undefined
    : `The tag ${maxConcurrentTag} must be a whole number of at least 1, got ${value}.`
}
