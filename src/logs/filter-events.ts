/**
 * FilterLogEvents over many streams (docs/aws §11.4). A merge goes through the events of all
 * streams in one order (time, stream, position), and opens a stream only when its time comes. One
 * call reads a bounded amount, and then answers with the events it found and a token.
 */

import { Heap } from '../ground/heap.ts'
import type { Pace } from '../ground/pace.ts'
import { limits } from '../model/limits.ts'
import { isRefusal, type Refusal } from '../model/refusal.ts'
import { ascending, descending, type FilterDirection, type OrderKey } from './filter-direction.ts'
import { parseFilterPattern } from './filter-pattern.ts'
import { type FilterPlace, readFilterToken, writeFilterToken } from './filter-token.ts'
import { PageRoom, toLogEvent } from './get-events.ts'
import { badToken, invalidParameter, noSuchGroup, noSuchStream } from './log-refusal.ts'
import type { FilterEventsQuery, FilteredEventsPage, FilteredLogEvent } from './log-store.ts'
import type { FilterPattern } from './pattern/pattern.ts'
import type { StreamSource, StreamSpan } from './stream-source.ts'
import { BadPosition, type StoredEvent, StreamGone, type StreamView } from './stream-view.ts'

/**
 * A prefix that names at most this many streams is searched stream by stream. A wider prefix is
 * searched by time.
 */
const listedStreams = 1000
const streamsAtOnce = 500
const opensAtOnce = 16
const bufferBytes = 8 * 1_048_576
const readBytesMin = 4 * 1024
const readBytesMax = 256 * 1024
/** How many events are examined before the search yields to other work. */
const eventsAtOnce = 64
/**
 * The cost of opening a stream, and of passing over one in the catalogue, in bytes of what a call
 * may read.
 */
const openCost = 16 * 1024
const passCost = 64

export async function filterEvents(
  source: StreamSource,
  query: FilterEventsQuery,
  pace?: Pace,
): Promise<FilteredEventsPage | Refusal> {
  if (query.streams && query.streamPrefix !== undefined) {
    return invalidParameter('You can specify either logStreamNames or logStreamNamePrefix, but not both.')
  }
  const pattern = parseFilterPattern(query.filterPattern ?? '')
  if (isRefusal(pattern)) return pattern
  const token = query.nextToken === undefined ? undefined : readFilterToken(query.nextToken)
  if (query.nextToken !== undefined && !token) return badToken()
  if (!source.hasGroup(query.group)) return noSuchGroup()
  const spans = query.streams?.map((name) => source.find(query.group, name))
  if (spans?.includes(undefined)) return noSuchStream()

  const isAscending = token ? token.direction === 'ascending' : query.startFromHead !== false
  const search = new Search(source, query, pattern, isAscending ? ascending : descending, token, pace)
  try {
    return await search.page(spans as StreamSpan[] | undefined)
  } catch (error) {
    if (token && error instanceof BadPosition) return badToken()
    throw error
  }
}

/** A stream in the merge: its next event, or an edge that none of its events precedes. */
interface Head {
  readonly span: StreamSpan
  readonly key: OrderKey
  readonly reading?: Reading
}

interface Reading {
  readonly view: StreamView
  readonly events: readonly StoredEvent[]
  readonly at: number
}

class Search {
  readonly #source: StreamSource
  readonly #query: FilterEventsQuery
  readonly #pattern: FilterPattern
  readonly #direction: FilterDirection
  readonly #heads: Heap<Head>
  /** Where this call began. */
  readonly #from: FilterPlace
  /** The far end of the time range. */
  readonly #untilMs: number
  /** All streams that begin up to this time are in the heap. */
  #reachedMs: number
  /** Everything before this place has been examined. */
  #place: FilterPlace
  #budget: number = limits.logFilterScanBytes
  readonly #room: PageRoom
  readonly #events: FilteredLogEvent[] = []
  readonly #pace: Pace | undefined

  constructor(
    source: StreamSource,
    query: FilterEventsQuery,
    pattern: FilterPattern,
    direction: FilterDirection,
    token: FilterPlace | undefined,
    pace: Pace | undefined,
  ) {
    this.#pace = pace
    this.#source = source
    this.#query = query
    this.#pattern = pattern
    this.#direction = direction
    const earliest = query.startTime ?? 0
    const latest = query.endTime ?? Number.MAX_SAFE_INTEGER - 1
    this.#from = token ?? direction.beginning(direction === ascending ? earliest : latest)
    this.#place = this.#from
    this.#room = new PageRoom(query.limit ?? limits.logPageEvents)
    this.#untilMs = direction === ascending ? latest : earliest
    this.#reachedMs = this.#from.timeMs
    this.#heads = new Heap((a, b) => direction.before(a.key, b.key))
  }

  async page(named: readonly StreamSpan[] | undefined): Promise<FilteredEventsPage> {
    this.#gatherFirst(named)
    for (;;) {
      const head = this.#nextHead()
      if (head === undefined) return { events: this.#events }
      const isSpent = this.#budget <= 0 && this.#place !== this.#from
      if (head !== 'gathered') {
        if (!head.reading) await this.#openFrom(head)
        else if (isSpent || !(await this.#goThrough(head, head.reading))) break
      } else if (isSpent) break
    }
    return { events: this.#events, nextToken: writeFilterToken(this.#place) }
  }

  /**
   * Examines the stream's events as long as they are next in the order. Returns false when the page
   * is full.
   */
  async #goThrough(head: Head, { view, events, at }: Reading): Promise<boolean> {
    const rival = this.#heads.peek()?.key
    for (let next = at; next < events.length; next++) {
      if (next % eventsAtOnce === 0) await this.#pace?.breathe()
      const event = events[next]!
      const key = { timeMs: event.timestamp, streamId: view.id, position: event.position }
      if (this.#isPast(key.timeMs, this.#untilMs)) return true
      const waits =
        this.#isPast(key.timeMs, this.#reachedMs) || (rival && this.#direction.before(rival, key)) || this.#budget <= 0
      if (waits && next > at) {
        this.#heads.push({ span: head.span, key, reading: { view, events, at: next } })
        return true
      }
      if (!this.#look(view, event)) return false
    }
    await this.#read(head, view, this.#direction.beyond(events.at(-1)!))
    return true
  }

  /** Returns false when the event does not fit on the page. */
  #look(view: StreamView, event: StoredEvent): boolean {
    this.#budget -= (event.end - event.position) * this.#pattern.costPerByte
    if (this.#pattern.matches(event.message)) {
      if (!this.#room.take(event)) return false
      this.#events.push({ ...toLogEvent(event), logStreamName: view.stream, eventId: eventId(view, event) })
    }
    const position = this.#direction.beyond(event)
    this.#place = { direction: this.#direction.name, timeMs: event.timestamp, streamId: view.id, position }
    return true
  }

  #gatherFirst(named: readonly StreamSpan[] | undefined): void {
    const { group, streamPrefix } = this.#query
    const few = streamPrefix === undefined ? undefined : this.#source.withPrefix(group, streamPrefix, listedStreams + 1)
    const listed = named ?? (few && few.length <= listedStreams ? few : undefined)
    if (listed) this.#reachedMs = this.#untilMs
    this.#add(listed ?? this.#source.aliveAt(group, this.#from.timeMs))
  }

  #add(spans: readonly StreamSpan[]): void {
    for (const span of new Map(spans.map((each) => [each.stream, each])).values()) {
      this.#budget -= passCost
      if (!span.stream.startsWith(this.#query.streamPrefix ?? '')) continue
      if (span.lastEventTimestamp < (this.#query.startTime ?? 0)) continue
      if (span.firstEventTimestamp > (this.#query.endTime ?? Number.MAX_SAFE_INTEGER)) continue
      this.#heads.push({ span, key: this.#direction.edge(span, this.#from.timeMs) })
    }
  }

  /**
   * Returns the next head. `gathered` means that more streams have begun, so ask again. Undefined
   * means that there are no more events.
   */
  #nextHead(): Head | 'gathered' | undefined {
    const head = this.#heads.peek()
    const isWhole = this.#reachedMs === this.#untilMs || this.#isPast(this.#reachedMs, this.#untilMs)
    if (isWhole || (head && !this.#isPast(head.key.timeMs, this.#reachedMs))) return this.#heads.pop()
    // Nothing is left up to the time reached so far.
    this.#place = this.#direction.done(this.#reachedMs)
    const next = this.#direction.next(this.#source, this.#query.group, this.#reachedMs, this.#untilMs, streamsAtOnce)
    this.#reachedMs = next.reachedMs
    this.#add(next.rows)
    return 'gathered'
  }

  #isPast(timeMs: number, thanMs: number): boolean {
    return this.#direction === ascending ? timeMs > thanMs : timeMs < thanMs
  }

  /** Opens the stream, and the ones next in the order, which will be needed soon. */
  async #openFrom(head: Head): Promise<void> {
    const heads = [head]
    for (
      let next = this.#heads.peek();
      next && !next.reading && heads.length < opensAtOnce;
      next = this.#heads.peek()
    ) {
      heads.push(this.#heads.pop()!)
    }
    await Promise.all(heads.map((each) => this.#open(each)))
  }

  async #open(head: Head): Promise<void> {
    this.#budget -= openCost
    const view = await this.#source.view(this.#query.group, head.span.stream)
    if (!view) return
    const start = await this.#direction.startIn(view, this.#from).catch(unlessGone)
    if (start !== undefined) await this.#read(head, view, start)
  }

  async #read(head: Head, view: StreamView, position: number): Promise<void> {
    const bytes = Math.max(readBytesMin, Math.min(readBytesMax, bufferBytes / (this.#heads.size + 1)))
    const stored = await this.#direction.read(view, position, Math.floor(bytes)).catch(unlessGone)
    if (stored && stored.length > 0) this.#put(head, view, stored)
  }

  #put(head: Head, view: StreamView, events: readonly StoredEvent[]): void {
    const { timestamp, position } = events[0]!
    if (this.#isPast(timestamp, this.#untilMs)) return
    const key = { timeMs: timestamp, streamId: view.id, position }
    this.#heads.push({ span: head.span, key, reading: { view, events, at: 0 } })
  }
}

/** A stream that was deleted meanwhile has no more events. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof StreamGone)) throw error
}

/** Event ids sort as the events do: by time, stream and position. */
function eventId(view: StreamView, event: StoredEvent): string {
  const stream = BigInt(`0x${view.id}`).toString().padStart(20, '0')
  return `${String(event.timestamp).padStart(16, '0')}${stream}${String(event.position).padStart(20, '0')}`
}
