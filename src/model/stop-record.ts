/** Who asked for a job's end, and with which words. AWS gives back the words alone. */
import type { StopCause } from './job.ts'
import type { TimeMs } from './time.ts'

export interface StopRecord {
  readonly as: 'cancelled' | 'terminated'
  readonly reason: string
  /** The user; absent where no user did, but an action of the queue. */
  readonly by?: string
  readonly atMs?: TimeMs
}

/** Undefined for what nobody asked for. */
export function stopRecordOf(cause: StopCause, as: StopRecord['as']): StopRecord | undefined {
  if (cause.kind !== 'terminated') return undefined
  const { reason, by, atMs } = cause
  return { as, reason, ...(by === undefined ? {} : { by }), ...(atMs === undefined ? {} : { atMs }) }
}
