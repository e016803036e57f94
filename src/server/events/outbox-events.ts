/** The entries of the outbox as single events, as they are sent. */
import { type EventBody, eventOfSibling } from '../../core/notify/event-body.ts'
import type { StoredOutboxEntry } from '../../store/outbox.ts'

export class OutboxEvent {
  readonly seq: number
  /** JSON, one line. */
  readonly text: string
  #body: EventBody | undefined

  constructor(seq: number, text: string, body?: EventBody) {
    this.seq = seq
    this.text = text
    this.#body = body
  }

  get body(): EventBody {
    this.#body ??= JSON.parse(this.text) as EventBody
    return this.#body
  }

  /** Events of one job keep their order. */
  get jobArn(): string {
    return this.body.resources[0]!
  }
}

/** The events of one entry after `afterSeq`, at most `limit`. */
function eventsOf(entry: StoredOutboxEntry, afterSeq: number, limit: number): OutboxEvent[] {
  const { firstSeq, body, children } = entry
  if (!children) return firstSeq > afterSeq && limit > 0 ? [new OutboxEvent(firstSeq, body)] : []
  const event = JSON.parse(body) as EventBody
  const from = Math.max(0, afterSeq + 1 - firstSeq)
  return children.slice(from, from + limit).map((index, at) => {
    const own = eventOfSibling(event, index)
    return new OutboxEvent(firstSeq + from + at, JSON.stringify(own), own)
  })
}

/** The oldest events first, at most `limit`. */
export function readEvents(
  read: (afterSeq: number, limit: number) => StoredOutboxEntry[],
  afterSeq: number,
  limit: number,
): OutboxEvent[] {
  const events: OutboxEvent[] = []
  for (const entry of read(afterSeq, limit)) {
    if (events.length >= limit) break
    events.push(...eventsOf(entry, afterSeq, limit - events.length))
  }
  return events
}
