/**
 * One stream as the queries see it: events in the order they came, each at a position, with
 * timestamps that never decrease. The end is fixed when the view is made, so an answer does not
 * change while the stream grows.
 */
export interface StreamView {
  readonly group: string
  readonly stream: string
  /** 16 hex digits that name the stream in event ids and tokens. */
  readonly id: string
  /** Where the first event begins, and where the last event ends. */
  readonly start: number
  readonly end: number
  /**
   * Returns the position of the first event whose timestamp is `timeMs` or later; `end` if there is
   * none.
   */
  seek(timeMs: number): Promise<number>
  /**
   * Returns events from `position` on, about `bytes` of them and at least one; none at the end.
   * Throws `BadPosition`.
   */
  forward(position: number, bytes: number): Promise<StoredEvent[]>
  /** The same backwards: events that end at `position` or before it, the latest first. */
  backward(position: number, bytes: number): Promise<StoredEvent[]>
}

export interface StoredEvent {
  readonly position: number
  readonly end: number
  readonly timestamp: number
  readonly ingestionTime: number
  readonly message: string
}

/** No event begins or ends at that position: the token was not ours, or the file is damaged. */
export class BadPosition extends Error {
  override readonly name: string = 'BadPosition'
}

/** The stream was deleted since the view was made. */
export class StreamGone extends BadPosition {
  override readonly name = 'StreamGone'
}
