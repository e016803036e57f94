/** Who asked for a job's end, and with which words. AWS gives back the words alone. */

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

/** Why a live attempt is being stopped. Only what was reclaimed is retried (docs/aws §2.6, §10.5). */
export type StopCause =
  | {
      readonly kind: 'terminated'
      readonly reason: string
      /** The user who asked for it; absent where no user did. */
      readonly by?: string
      readonly atMs?: TimeMs
    }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'queueDeleted' }
  /** On-demand work needs the room, the price rose above the bid, or an operator said so. Retried as the strategy says. */
  | {
      readonly kind: 'reclaimed'
      readonly why: string
      /** The job that gets its room, or the array of which a child does. */
      readonly forJobId?: string
    }
