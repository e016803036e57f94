/**
 * Ids of tasks, and of jobs whose client names no call: UUIDs of version 4 by their form, as AWS Batch's are, whose first 48 bits tell the
 * time. What is indexed by them grows at one end. 74 random bits are left to keep them apart.
 */
import { randomUUID } from 'node:crypto'

export function newId(nowMs: number): string {
  const time = Math.max(0, Math.trunc(nowMs)).toString(16).padStart(12, '0').slice(-12)
  return `${time.slice(0, 8)}-${time.slice(8)}${randomUUID().slice(13)}`
}
