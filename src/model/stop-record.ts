/** Who asked to end a job, and in which words. AWS returns only the words. */

import type { TimeMs } from './time.ts'

export interface StopRecord {
  readonly as: 'cancelled' | 'terminated'
  readonly reason: string
  /** The user who asked. Absent when an action of the queue ended the job. */
  readonly by?: string
  readonly atMs?: TimeMs
}

/** Undefined when nobody asked for the stop. */
export function stopRecordOf(cause: StopCause, as: StopRecord['as']): StopRecord | undefined {
  if (cause.kind !== 'terminated') return undefined
  const { reason, by, atMs } = cause
  return { as, reason, ...(by === undefined ? {} : { by }), ...(atMs === undefined ? {} : { atMs }) }
}

/**
 * Why a live attempt is being stopped. Only reclaimed attempts are retried (docs/aws §2.6, §10.5).
 */
export type StopCause =
  | {
      readonly kind: 'terminated'
      readonly reason: string
      /** The user who asked. Absent when no user did. */
      readonly by?: string
      readonly atMs?: TimeMs
    }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'queueDeleted' }
  /**
   * On-demand work needs the room, the price rose above the bid, or an operator ordered it. The
   * retry strategy decides whether the job runs again.
   */
  | {
      readonly kind: 'reclaimed'
      readonly why: string
      /** The job that gets the room, or the array whose child gets it. */
      readonly forJobId?: string
    }
