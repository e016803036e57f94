/** GetLogEvents over one stream: docs/aws §11.3. */
import { limits } from '../model/limits.ts'
import type { Refusal } from '../model/refusal.ts'
import { readToken, writeToken } from './event-token.ts'
import { badToken } from './log-refusal.ts'
import type { EventsPage, GetEventsQuery, LogEvent } from './log-store.ts'
import { BadPosition, type StoredEvent, StreamGone, type StreamView } from './stream-view.ts'

const readBytes = 256 * 1024

/** The part of the stream within the query's times, as positions. */
interface Range {
  readonly low: number
  readonly high: number
}

export async function getEvents(view: StreamView, query: GetEventsQuery): Promise<EventsPage | Refusal> {
  const token = query.nextToken === undefined ? undefined : readToken(query.nextToken, view.id)
  if (query.nextToken !== undefined && !token) return badToken()
  const low = query.startTime === undefined ? view.start : await view.seek(query.startTime)
  const high = query.endTime === undefined ? view.end : Math.max(low, await view.seek(query.endTime))
  const limit = query.limit ?? limits.logPageEvents
  const forward = token ? token.direction === 'forward' : query.startFromHead === true
  try {
    return forward
      ? await pageForward(view, { low, high }, token?.position ?? low, limit)
      : await pageBackward(view, { low, high }, token?.position ?? high, limit)
  } catch (error) {
    if (token && error instanceof BadPosition && !(error instanceof StreamGone)) return badToken()
    throw error
  }
}

async function pageForward(view: StreamView, range: Range, asked: number, limit: number): Promise<EventsPage> {
  const room = new PageRoom(limit)
  const events: StoredEvent[] = []
  let at = Math.max(asked, range.low)
  for (let full = false; !full && at < range.high; ) {
    for (const event of await view.forward(at, readBytes)) {
      full = event.position >= range.high || !room.take(event)
      if (full) break
      events.push(event)
      at = event.end
    }
  }
  return page(view, events, asked)
}

async function pageBackward(view: StreamView, range: Range, asked: number, limit: number): Promise<EventsPage> {
  const room = new PageRoom(limit)
  const events: StoredEvent[] = []
  let at = Math.min(asked, range.high)
  for (let full = false; !full && at > range.low; ) {
    for (const event of await view.backward(at, readBytes)) {
      full = event.position < range.low || !room.take(event)
      if (full) break
      events.push(event)
      at = event.position
    }
  }
  return page(view, events.reverse(), asked)
}

/**
 * An empty page returns the position that was asked for. Clients take this to mean that there is no
 * more in this direction.
 */
function page(view: StreamView, events: readonly StoredEvent[], asked: number): EventsPage {
  return {
    events: events.map(toLogEvent),
    nextForwardToken: writeToken('forward', view.id, events.at(-1)?.end ?? asked),
    nextBackwardToken: writeToken('backward', view.id, events[0]?.position ?? asked),
  }
}

export function toLogEvent({ timestamp, message, ingestionTime }: StoredEvent): LogEvent {
  return { timestamp, message, ingestionTime }
}

/**
 * The room on a page: a number of events, and 1 MB as CloudWatch counts it. The first event always
 * fits.
 */
export class PageRoom {
  #events: number
  #bytes: number = limits.logPageBytes
  #isEmpty = true

  constructor(events: number) {
    this.#events = events
  }

  take(event: StoredEvent): boolean {
    const bytes = Buffer.byteLength(event.message) + limits.logEventOverheadBytes
    if (this.#events === 0 || (bytes > this.#bytes && !this.#isEmpty)) return false
    this.#isEmpty = false
    this.#events--
    this.#bytes -= bytes
    return true
  }
}
