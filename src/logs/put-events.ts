/** What PutLogEvents takes of a batch, and what it refuses. Pure. */
import { limits } from '../model/limits.ts'
import { isRefusal, type Refusal } from '../model/refusal.ts'
import { invalidParameter } from './log-refusal.ts'
import type { PutQuery, PutResult } from './log-store.ts'

type Events = PutQuery['events']

export interface Taken {
  readonly events: Events
  readonly result: PutResult
}

/** `retentionDays` is that of the group; undefined for ever. */
export function takeEvents(events: Events, nowMs: number, retentionDays: number | undefined): Taken | Refusal {
  const wrong = complainOfBatch(events)
  if (isRefusal(wrong)) return wrong
  const expiresMs = retentionDays === undefined ? 0 : nowMs - retentionDays * 86_400_000
  // The events are in the order of time.
  const firstFrom = (timeMs: number) => {
    const at = events.findIndex(({ timestamp }) => timestamp >= timeMs)
    return at < 0 ? events.length : at
  }
  const tooOldEnd = firstFrom(nowMs - limits.logPutOldMs)
  const expiredEnd = firstFrom(expiresMs)
  const tooNewStart = firstFrom(nowMs + limits.logPutNewMs + 1)
  return {
    events: events.slice(Math.max(tooOldEnd, expiredEnd), tooNewStart),
    result: {
      ...(tooOldEnd > 0 && { tooOldEnd }),
      ...(expiredEnd > 0 && { expiredEnd }),
      ...(tooNewStart < events.length && { tooNewStart }),
    },
  }
}

function complainOfBatch(events: Events): Refusal | undefined {
  if (events.length === 0 || events.length > limits.logPutEvents) {
    const bound = events.length === 0 ? 'greater than or equal to 1' : `less than or equal to ${limits.logPutEvents}`
    const text = `Value at 'logEvents' failed to satisfy constraint: Member must have length ${bound}`
    return invalidParameter(`1 validation error detected: ${text}`)
  }
  let bytes = 0
  let before = 0
  for (const [at, { timestamp, message }] of events.entries()) {
    const size = Buffer.byteLength(message)
    if (size === 0) {
      const text = `Value '' at 'logEvents.${at + 1}.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1`
      return invalidParameter(`1 validation error detected: ${text}`)
    }
    if (timestamp < 0) {
      const text = `Value '${timestamp}' at 'logEvents.${at + 1}.member.timestamp' failed to satisfy constraint: Member must have value greater than or equal to 0`
      return invalidParameter(`1 validation error detected: ${text}`)
    }
    if (size > limits.logLineBytes)
      return invalidParameter(`Log event too large: ${size} bytes exceeds limit of ${limits.logLineBytes}`)
    if (timestamp < before)
      return invalidParameter('Log events in a single PutLogEvents request must be in chronological order.')
    before = timestamp
    bytes += size + limits.logEventOverheadBytes
  }
  if (bytes > limits.logPutBytes)
    return invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${limits.logPutBytes}`)
  if (before - events[0]!.timestamp > limits.logPutSpanMs)
    return invalidParameter('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.')
  return undefined
}
