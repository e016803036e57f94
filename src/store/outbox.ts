/**
 * The outbox of a store holds the events that go to files and webhooks. The transaction that stores
 * a change also stores its events (`Changes.outbox`). They are numbered without a gap, and kept
 * until every sink has taken them.
 */
export interface Outbox {
  /** The number of the last event ever stored; 0 before the first. */
  lastSeq(): number

  /** By the name of a sink: the last event that it has taken, and all before it. */
  positions(): Map<string, number>

  /** Entries with an event after `afterSeq`, oldest first. */
  read(afterSeq: number, limit: number): StoredOutboxEntry[]

  /**
   * Notes how far each sink is, forgets sinks that are not named, and deletes up to `limit`
   * entries, oldest first, that all named sinks have taken. All of it is one transaction. Returns
   * how many entries it deleted. Throws `StoreFailure` when the transaction could not be made
   * durable; then nothing has changed.
   */
  settle(positions: ReadonlyMap<string, number>, limit: number): number
}

export interface OutboxEntry {
  /** The event as it is sent. */
  readonly body: string
  /**
   * Set for an entry that stands for one event of each of these children of an array. The body is
   * the first child's, and the others are derived from it.
   */
  readonly children?: readonly number[]
}

export interface StoredOutboxEntry extends OutboxEntry {
  /** The number of the entry's first event. */
  readonly firstSeq: number
}

export function eventsIn({ children }: OutboxEntry): number {
  return children?.length ?? 1
}
