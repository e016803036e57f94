/**
 * The differences between going forwards and going backwards through the events of many streams.
 */
import { type FilterPlace, firstStreamId, lastStreamId } from './filter-token.ts'
import type { StreamSource, StreamSpan, StreamsOfTime } from './stream-source.ts'
import type { StoredEvent, StreamView } from './stream-view.ts'

/**
 * The place of an event in the order of all events, or of the edge of a stream that is not open
 * yet.
 */
export interface OrderKey {
  readonly timeMs: number
  readonly streamId: string
  readonly position: number
}

export interface FilterDirection {
  readonly name: FilterPlace['direction']
  before(a: OrderKey, b: OrderKey): boolean
  /** The first key, in the direction, that an event of the stream can have from `fromMs` on. */
  edge(span: StreamSpan, fromMs: number): OrderKey
  /** The position to begin at in a stream when everything up to `place` is done. */
  startIn(view: StreamView, place: FilterPlace): Promise<number>
  read(view: StreamView, position: number, bytes: number): Promise<StoredEvent[]>
  /** The position to continue at after the event. */
  beyond(event: StoredEvent): number
  /** The place before all events. */
  beginning(timeMs: number): FilterPlace
  /** The place after all events up to `timeMs`. */
  done(timeMs: number): FilterPlace
  /** Streams that begin, in the direction, after `timeMs`, the nearest first. */
  next(source: StreamSource, group: string, timeMs: number, untilMs: number, about: number): StreamsOfTime
}

export const ascending: FilterDirection = {
  name: 'ascending',
  before: (a, b) => compare(a, b) < 0,
  edge: (span, fromMs) => ({ timeMs: Math.max(span.firstEventTimestamp, fromMs), streamId: '', position: -1 }),
  startIn: async (view, { timeMs, streamId, position }) =>
    view.id === streamId && position > 0 ? position : view.seek(view.id < streamId ? timeMs + 1 : timeMs),
  read: (view, position, bytes) => view.forward(position, bytes),
  beyond: (event) => event.end,
  beginning: (timeMs) => ({ direction: 'ascending', timeMs, streamId: firstStreamId, position: 0 }),
  done: (timeMs) => ({ direction: 'ascending', timeMs: timeMs + 1, streamId: firstStreamId, position: 0 }),
  next: (source, group, timeMs, untilMs, about) => source.beginningAfter(group, timeMs, untilMs, about),
}

export const descending: FilterDirection = {
  name: 'descending',
  before: (a, b) => compare(a, b) > 0,
  edge: (span, fromMs) => ({ timeMs: Math.min(span.lastEventTimestamp, fromMs), streamId: '~', position: -1 }),
  startIn: async (view, { timeMs, streamId, position }) =>
    view.id === streamId && position > 0 ? position : view.seek(view.id > streamId ? timeMs : timeMs + 1),
  read: (view, position, bytes) => view.backward(position, bytes),
  beyond: (event) => event.position,
  beginning: (timeMs) => ({ direction: 'descending', timeMs, streamId: lastStreamId, position: 0 }),
  done: (timeMs) => ({ direction: 'descending', timeMs: Math.max(0, timeMs - 1), streamId: lastStreamId, position: 0 }),
  next: (source, group, timeMs, untilMs, about) => source.endingBefore(group, timeMs, untilMs, about),
}

function compare(a: OrderKey, b: OrderKey): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs
  if (a.streamId !== b.streamId) return a.streamId < b.streamId ? -1 : 1
  return a.position - b.position
}
