/**
 * Delivers the events of the outbox to the sinks, each at its own pace. The positions are written
 * down continually, so that after a crash a few events are sent again and none is skipped. Events
 * that all sinks have are deleted. A sink that does not accept its events loses the oldest when
 * more than `maxKept` have piled up, and the log says so.
 */
import type { Logger } from 'pino'
import { type delay, wakeAfter } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'
import type { Outbox } from '../../store/outbox.ts'
import { Feed } from './feed.ts'
import type { Sink } from './sink.ts'

export interface DeliveryOptions {
  readonly outbox: Outbox
  readonly sinks: readonly Sink[]
  /** Events that are kept for a sink that does not accept them. */
  readonly maxKept: number
  readonly log: Logger
  /** Real time unless a test says otherwise. */
  readonly wait?: typeof delay
  readonly later?: (ms: number, wake: () => void) => () => void
  readonly closingMs?: number
}

export interface SinkFigures {
  readonly sink: string
  /** Since the server started. */
  readonly delivered: number
  /** Failed tries. */
  readonly failed: number
  readonly dropped: number
  /** Not delivered yet. */
  readonly waiting: number
}

const settleEveryMs = 500
const tellDropsEveryMs = 60_000

export class Delivery {
  readonly #options: DeliveryOptions
  readonly #feeds: readonly Feed[]
  #pumpDue = false
  #closed = false
  #cancelSettling: (() => void) | undefined
  /** The positions as last written. */
  #written: ReadonlyMap<string, number>
  #failing = false
  #untoldDrops = new Map<string, number>()
  #cancelTelling: (() => void) | undefined

  /** New sinks begin with the events from now on. */
  constructor(options: DeliveryOptions) {
    this.#options = options
    const { outbox, sinks, log } = options
    this.#written = outbox.positions()
    const lastSeq = outbox.lastSeq()
    this.#feeds = sinks.map(
      (sink) =>
        new Feed({
          sink,
          outbox,
          position: this.#written.get(sink.name) ?? lastSeq,
          log,
          onMoved: () => this.#settleSoon(settleEveryMs),
          onTrouble: () => this.#settleSoon(settleEveryMs),
          ...(options.wait ? { wait: options.wait } : {}),
          ...(options.closingMs === undefined ? {} : { closingMs: options.closingMs }),
        }),
    )
    for (const [name, position] of this.#written)
      if (!sinks.some((sink) => sink.name === name))
        log.warn(
          { sink: name, events: lastSeq - position },
          `${name} is not configured any more: its events are let go`,
        )
    // Written before the first event, so that a sink is not taken for new a second time.
    this.#settle()
  }

  /** There may be new events, or events left from before the server stopped. Returns at once. */
  wake(): void {
    if (this.#pumpDue || this.#closed || this.#feeds.length === 0) return
    this.#pumpDue = true
    setImmediate(() => {
      this.#pumpDue = false
      this.#pump()
    })
  }

  /** Waits briefly for what is under way, and writes the positions down. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#feeds.map((feed) => feed.close()))
    this.#cancelSettling?.()
    this.#settle()
    this.#cancelSettling?.()
    this.#tellDrops()
  }

  figures(): SinkFigures[] {
    const lastSeq = this.#options.outbox.lastSeq()
    return this.#feeds.map(({ sink, delivered, failed, dropped, position }) => ({
      sink: sink.name,
      delivered,
      failed,
      dropped,
      waiting: lastSeq - position,
    }))
  }

  #pump(): void {
    if (this.#closed) return
    for (const feed of this.#feeds) feed.pump()
    if (this.#excess() > 0) this.#settleSoon(settleEveryMs)
  }

  /** The last event that is too old to be kept. */
  #excess(): number {
    const { outbox, maxKept } = this.#options
    const floor = outbox.lastSeq() - maxKept
    return this.#feeds.some(({ position }) => position < floor) ? floor : 0
  }

  #settleSoon(ms: number): void {
    if (this.#cancelSettling) return
    const { later = wakeAfter } = this.#options
    this.#cancelSettling = later(ms, () => {
      this.#cancelSettling = undefined
      this.#settle()
      this.wake()
    })
  }

  #settle(): void {
    const { outbox, log } = this.#options
    const floor = this.#excess()
    if (floor > 0) for (const feed of this.#feeds) this.#countDrops(feed.sink.name, feed.drop(floor))
    const positions = new Map(this.#feeds.map((feed) => [feed.sink.name, feed.position]))
    try {
      if (same(positions, this.#written) && !this.#hasLeftovers(positions)) return
      const deleted = outbox.settle(positions, limits.eventsDeletedAtOnce)
      this.#written = positions
      this.#failing = false
      if (deleted === limits.eventsDeletedAtOnce && !this.#closed) this.#settleSoon(0)
    } catch (err) {
      if (!this.#failing) log.warn({ err }, 'how far events were delivered could not be written; trying again')
      this.#failing = true
      if (!this.#closed) this.#settleSoon(settleEveryMs)
    }
  }

  /** Whether the outbox holds entries that every sink has, because a deletion was interrupted. */
  #hasLeftovers(positions: ReadonlyMap<string, number>): boolean {
    const [oldest] = this.#options.outbox.read(0, 1)
    return (
      oldest !== undefined &&
      [...positions.values()].every((seq) => seq >= oldest.firstSeq + (oldest.children?.length ?? 1) - 1)
    )
  }

  /** Logs at once the first time, and then at most once a minute. */
  #countDrops(sink: string, count: number): void {
    if (count === 0) return
    this.#untoldDrops.set(sink, (this.#untoldDrops.get(sink) ?? 0) + count)
    if (this.#cancelTelling) return
    this.#tellDrops()
    const { later = wakeAfter } = this.#options
    this.#cancelTelling = later(tellDropsEveryMs, () => this.#tellDrops())
  }

  #tellDrops(): void {
    this.#cancelTelling?.()
    this.#cancelTelling = undefined
    const { log, maxKept } = this.#options
    for (const [sink, events] of this.#untoldDrops)
      log.error(
        { sink, events, maxKept },
        `${events} events were dropped: ${sink} has not taken them, and more than ${maxKept} waited`,
      )
    this.#untoldDrops.clear()
  }
}

function same(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}
