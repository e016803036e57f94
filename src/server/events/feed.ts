/**
 * One sink and its place in the outbox. Events of one job go out in order. A failed event is tried
 * again as long as it is kept. Only events of the same job wait for it, until the window of read
 * events is full.
 */
import { setMaxListeners } from 'node:events'
import type { Logger } from 'pino'
import { backoffMs } from '../../ground/backoff.ts'
import { delay } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'
import type { Outbox } from '../../store/outbox.ts'
import { type OutboxEvent, readEvents } from './outbox-events.ts'
import type { Sink } from './sink.ts'

export interface FeedOptions {
  readonly sink: Sink
  readonly outbox: Pick<Outbox, 'read'>
  /** The sink has all events up to this number. */
  readonly position: number
  readonly log: Logger
  /** Called whenever the position has moved. */
  readonly onMoved: () => void
  /** The outbox cannot be read, and `pump` must be called again later. */
  readonly onTrouble: () => void
  readonly wait?: typeof delay
  /** How long sends may still take when the server stops. */
  readonly closingMs?: number
}

interface Waiting {
  readonly event: OutboxEvent
  state: 'waiting' | 'underWay' | 'done'
}

/** Events that are sent together. */
interface Sending {
  readonly events: readonly Waiting[]
  /** The wait for the next try, while there is one. Aborting it ends the wait. */
  pause: AbortController | undefined
  done: Promise<void>
}

const firstRetryMs = 200
const longestRetryMs = 30_000
const closingMs = 2_000

export class Feed {
  readonly sink: Sink
  readonly #options: FeedOptions
  #position: number
  #readUpTo: number
  /** Events in order, from the first that is not delivered. */
  #window: Waiting[] = []
  readonly #sendings = new Set<Sending>()
  /** Events up to this number are abandoned. */
  #floor = 0
  #closed = false
  readonly #cut = new AbortController()
  /** Sends whose last try failed. */
  readonly #failing = new Set<Sending>()
  delivered = 0
  failed = 0
  dropped = 0

  constructor(options: FeedOptions) {
    this.#options = options
    this.sink = options.sink
    this.#position = options.position
    this.#readUpTo = options.position
    setMaxListeners(options.sink.concurrency + 1, this.#cut.signal)
  }

  get position(): number {
    return this.#position
  }

  /** Sends everything that may be sent now. */
  pump(): void {
    try {
      this.#sendAll()
    } catch (err) {
      this.#options.log.warn({ err, sink: this.sink.name }, 'the outbox of events could not be read; trying again')
      this.#options.onTrouble()
    }
  }

  #sendAll(): void {
    while (!this.#closed && this.#sendings.size < this.sink.concurrency) {
      const more = this.#readAhead()
      const events = this.#pick()
      if (events.length > 0) this.#begin(events)
      else if (more) return void setImmediate(() => this.pump())
      else return
    }
  }

  /** Abandons undelivered events up to this number. Returns how many there are. */
  drop(upTo: number): number {
    if (upTo <= this.#position) return 0
    const had = this.#window.filter(({ event, state }) => event.seq <= upTo && state === 'done').length
    const count = upTo - this.#position - had
    this.dropped += count
    this.#floor = upTo
    this.#position = upTo
    this.#readUpTo = Math.max(this.#readUpTo, upTo)
    this.#window = this.#window.filter(({ event }) => event.seq > upTo)
    this.#advance()
    for (const { events, pause } of this.#sendings) if (events[0]!.event.seq <= upTo) pause?.abort()
    return count
  }

  /** Begins nothing more, and gives a moment to what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { pause } of this.#sendings) pause?.abort()
    const all = Promise.all([...this.#sendings].map(({ done }) => done))
    const enough = new AbortController()
    await Promise.race([all, delay(this.#options.closingMs ?? closingMs, enough.signal)])
    enough.abort()
    this.#cut.abort()
    await all
  }

  /** Returns whether there may be more to read. */
  #readAhead(): boolean {
    const room = limits.eventsReadAhead - this.#window.length
    // Does not read one by one, because an entry for many children is read whole each time.
    if (room < limits.eventsReadAhead / 2) return false
    const { outbox } = this.#options
    const events = readEvents((after, limit) => outbox.read(after, limit), this.#readUpTo, room)
    for (const event of events) this.#window.push({ event, state: this.sink.wants(event) ? 'waiting' : 'done' })
    this.#readUpTo = events.at(-1)?.seq ?? this.#readUpTo
    this.#advance()
    return events.length === room
  }

  #pick(): Waiting[] {
    const picked: Waiting[] = []
    const alone = this.sink.concurrency === 1
    const busy = new Set(
      alone ? [] : [...this.#sendings].flatMap(({ events }) => events.map(({ event }) => event.jobArn)),
    )
    for (const waiting of this.#window) {
      if (picked.length >= this.sink.batchSize) break
      if (waiting.state === 'waiting' && (alone || !busy.has(waiting.event.jobArn))) picked.push(waiting)
    }
    return picked
  }

  #begin(events: readonly Waiting[]): void {
    for (const waiting of events) waiting.state = 'underWay'
    const sending: Sending = { events, pause: undefined, done: Promise.resolve() }
    this.#sendings.add(sending)
    sending.done = this.#deliver(sending).then(() => this.#end(sending))
  }

  #end(sending: Sending): void {
    this.#sendings.delete(sending)
    this.#advance()
    this.pump()
  }

  async #deliver(sending: Sending): Promise<void> {
    const { wait = delay } = this.#options
    const { events } = sending
    for (let tries = 0; ; tries++) {
      const due = events.filter(({ event }) => event.seq > this.#floor).map(({ event }) => event)
      if (due.length === 0) return void this.#failing.delete(sending)
      try {
        await this.sink.send(due, this.#cut.signal)
        this.delivered += due.length
        for (const waiting of events) waiting.state = 'done'
        return this.#tellSuccess(sending)
      } catch (err) {
        if (this.#closed) return
        this.failed++
        this.#tellFailure(err, sending, tries)
      }
      sending.pause = new AbortController()
      await wait(backoffMs(tries, firstRetryMs, longestRetryMs), sending.pause.signal)
      sending.pause = undefined
      if (this.#closed) return
    }
  }

  #advance(): void {
    const before = this.#position
    let done = 0
    while (this.#window[done]?.state === 'done') done++
    if (done > 0) this.#position = this.#window[done - 1]!.event.seq
    this.#window = done > 0 ? this.#window.slice(done) : this.#window
    if (this.#position !== before) this.#options.onMoved()
  }

  /** Logs the first failure, and then from time to time. */
  #tellFailure(err: unknown, sending: Sending, tries: number): void {
    const first = this.#failing.size === 0
    this.#failing.add(sending)
    if (!first && tries % 10 !== 9) return
    const { name } = this.sink
    const events = sending.events.length
    this.#options.log.warn({ err, sink: name, events, tries: tries + 1 }, `events do not reach ${name}; trying again`)
  }

  #tellSuccess(sending: Sending): void {
    if (this.#failing.delete(sending) && this.#failing.size === 0)
      this.#options.log.info({ sink: this.sink.name }, `events reach ${this.sink.name} again`)
  }
}
