/**
 * Ids of tasks, and of jobs whose client names no call. They have the form of version 4 UUIDs, like
 * AWS Batch's, and their first 48 bits are the time. So an index of them grows at one end. The
 * remaining 74 random bits keep them apart.
 */
import { randomUUID } from 'node:crypto'

export function newId(nowMs: number): string {
  const time = Math.max(0, Math.trunc(nowMs)).toString(16).padStart(12, '0').slice(-12)
  return `${time.slice(0, 8)}-${time.slice(8)}${randomUUID().slice(13)}`
}
