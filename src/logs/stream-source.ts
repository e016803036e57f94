import type { StreamView } from './stream-view.ts'

/** What FilterLogEvents needs to know about the streams of a group. */
export interface StreamSource {
  hasGroup(group: string): boolean
  find(group: string, stream: string): StreamSpan | undefined
  /** The first `limit` streams with that prefix. */
  withPrefix(group: string, prefix: string, limit: number): readonly StreamSpan[]
  /**
   * The streams whose first event is at or before `timeMs`, and whose last event is at or after it.
   */
  aliveAt(group: string, timeMs: number): readonly StreamSpan[]
  /**
   * All streams whose first event is after `timeMs` and not after `reachedMs`, which is at most
   * `untilMs`: about `about` of them.
   */
  beginningAfter(group: string, timeMs: number, untilMs: number, about: number): StreamsOfTime
  /**
   * All streams whose last event is before `timeMs` and not before `reachedMs`, which is at least
   * `fromMs`.
   */
  endingBefore(group: string, timeMs: number, fromMs: number, about: number): StreamsOfTime
  /** Undefined if the stream is gone. */
  view(group: string, stream: string): Promise<StreamView | undefined>
}

export interface StreamSpan {
  readonly stream: string
  readonly firstEventTimestamp: number
  readonly lastEventTimestamp: number
}

export interface StreamsOfTime {
  readonly rows: readonly StreamSpan[]
  readonly reachedMs: number
}
