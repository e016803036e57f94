/**
 * A receiver of events. A sink knows nothing of the outbox: it accepts events, or fails and is
 * asked again.
 */
import type { OutboxEvent } from './outbox-events.ts'

export interface Sink {
  /** Names the sink's place in the outbox, in logs and in metrics, so it holds no secrets. */
  readonly name: string
  /** How many events it accepts at once. */
  readonly batchSize: number
  /** How many sends run at once. Events of one job are never in two of them. */
  readonly concurrency: number
  /** Whether it wants this event. */
  wants(event: OutboxEvent): boolean
  /**
   * Resolves when the sink has the events for good; rejects when it may not have them. The same
   * events may come again.
   */
  send(events: readonly OutboxEvent[], signal: AbortSignal): Promise<void>
}
