/** Somebody who is told of events. A sink knows nothing of the outbox: it takes events, or fails and is asked again. */
import type { OutboxEvent } from './outbox-events.ts'

export interface Sink {
  /** Its place in the outbox goes by it, in logs and metrics too: no secrets. */
  readonly name: string
  /** Events it takes at once. */
  readonly batchSize: number
  /** Sends at once. Events of one job are never under way in two of them. */
  readonly concurrency: number
  /** Whether it wants to be told of this one. */
  wants(event: OutboxEvent): boolean
  /** Resolves when the sink has them for good; rejects when it may not have them. Events may be given to it again. */
  send(events: readonly OutboxEvent[], signal: AbortSignal): Promise<void>
}
