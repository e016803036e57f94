/**
 * The outbox of a store: events that are to be told to the outside. They are put in by the transaction that stores the change they tell of
 * (`Changes.outbox`), numbered without a gap in the order of the changes, and kept until every sink has them.
 */
export interface Outbox {
  /** The number of the last event that was put in; 0 before the first. */
  lastSeq(): number

  /** How far each sink is, by its name: it has all events up to this number. */
  positions(): Map<string, number>

  /** Entries with an event after `afterSeq`, oldest first. */
  read(afterSeq: number, limit: number): StoredOutboxEntry[]

  /**
   * One durable step: notes how far each sink is, forgets sinks that are not named, and deletes up to `limit` entries, oldest first, that
   * all named sinks have. Gives how many it deleted. Throws `StoreFailure` when it could not be made durable; then nothing of it happened.
   */
  settle(positions: ReadonlyMap<string, number>, limit: number): number
}

export interface OutboxEntry {
  /** The event as it is sent. */
  readonly body: string
  /** The entry stands for as many events: the body is that of the first of these children of an array, and the others' are made from it. */
  readonly children?: readonly number[]
}

export interface StoredOutboxEntry extends OutboxEntry {
  /** The number of its first event. */
  readonly firstSeq: number
}

export function eventsIn({ children }: OutboxEntry): number {
  return children?.length ?? 1
}
