/** The two directions in which the events of many streams are gone through, each with what differs. */
import { type FilterPlace, firstStreamId, lastStreamId } from './filter-token.ts'
import type { StreamSource, StreamSpan, StreamsOfTime } from './stream-source.ts'
import type { StoredEvent, StreamView } from './stream-view.ts'

/** Where an event, or the edge of a stream not opened yet, stands in the order of all events. */
export interface OrderKey {
  readonly timeMs: number
  readonly streamId: string
  readonly position: number
}

export interface FilterDirection {
  readonly name: FilterPlace['direction']
  before(a: OrderKey, b: OrderKey): boolean
  /** The earliest key (in the direction) an event of the stream can have, from `fromMs` on. */
  edge(span: StreamSpan, fromMs: number): OrderKey
  /** Where to begin in a stream, having done all up to `place`. */
  startIn(view: StreamView, place: FilterPlace): Promise<number>
  read(view: StreamView, position: number, bytes: number): Promise<StoredEvent[]>
  /** Where to go on after the event. */
  beyond(event: StoredEvent): number
  /** The place from which nothing has been done yet. */
  beginning(timeMs: number): FilterPlace
  /** The place where everything up to `timeMs` has been done. */
  done(timeMs: number): FilterPlace
  /** Streams that come into play after `timeMs`, the nearest first. */
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
