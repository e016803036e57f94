/**
 * A log writer that joins the lines of an event, up to the next line that begins one, as Docker's
 * awslogs driver does. Lines that it holds back have no cursor in the store yet. After a crash they
 * are read again, so none is missing or stored twice.
 */
import { SteadyPace } from '../../ground/pace.ts'
import { limits } from '../../model/limits.ts'
import type { LogEntry } from '../../model/log-entry.ts'
import type { LogWriter } from '../log-store.ts'
import type { EventStart } from './event-start.ts'

/**
 * The longest that an event is held back, whether or not more of its lines come. Docker's driver
 * has the same limit.
 */
const heldAtMostMs = 5000

/** Lines that are joined at once, so that many short lines take no more memory than their text. */
const linesKeptApart = 1024

class HeldEvent {
  readonly #atMs: number
  #lines: string[]
  #bytes: number
  /** Cursor of the last line. */
  cursor: string

  constructor({ atMs, message, cursor }: LogEntry, bytes: number) {
    this.#atMs = atMs
    this.#lines = [message]
    this.#bytes = bytes
    this.cursor = cursor
  }

  hasRoomFor(bytes: number): boolean {
    return this.#bytes + 1 + bytes <= limits.logLineBytes
  }

  add({ message, cursor }: LogEntry, bytes: number): void {
    this.#lines.push(message)
    if (this.#lines.length > linesKeptApart) this.#lines = [this.#lines.join('\n')]
    this.#bytes += 1 + bytes
    this.cursor = cursor
  }

  entry(): LogEntry {
    return { atMs: this.#atMs, message: this.#lines.join('\n'), cursor: this.cursor }
  }
}

export interface JoiningWriterOptions {
  /** Called for each batch, because compiled patterns are cached for all attempts together. */
  readonly eventStart: () => EventStart | undefined
  readonly heldAtMostMs?: number
}

export class JoiningWriter implements LogWriter {
  readonly #inner: LogWriter
  readonly #options: JoiningWriterOptions
  #held: HeldEvent | undefined
  #timer: NodeJS.Timeout | undefined
  /** Puts writes in order, including those of the timer. */
  #last: Promise<void> = Promise.resolve()
  #closed = false

  constructor(inner: LogWriter, options: JoiningWriterOptions) {
    this.#inner = inner
    this.#options = options
  }

  /** Cursor of the last accepted line, which may be held back. */
  get cursor(): string | undefined {
    return this.#held?.cursor ?? this.#inner.cursor
  }

  get droppedEntries(): number {
    return this.#inner.droppedEntries
  }

  append(entries: readonly LogEntry[]): Promise<void> {
    return this.#afterLast(() => this.#take(entries))
  }

  finish(): Promise<void> {
    return this.#afterLast(async () => {
      await this.#release()
      await this.#inner.finish()
      this.#closed = true
    })
  }

  /** Lines that are held back are not stored. The next writer reads them again. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#held = undefined
    await this.#last.catch(() => {})
    await this.#inner.close()
  }

  async #take(entries: readonly LogEntry[]): Promise<void> {
    const eventStart = this.#options.eventStart()
    const whole: LogEntry[] = []
    let held = this.#held
    const pace = new SteadyPace()
    for (const entry of entries) {
      const bytes = Buffer.byteLength(entry.message)
      if (held?.hasRoomFor(bytes) && eventStart && !eventStart.test(entry.message)) held.add(entry, bytes)
      else {
        if (held) whole.push(held.entry())
        held = new HeldEvent(entry, bytes)
      }
      const turnOfOthers = pace.breathe()
      if (turnOfOthers) await turnOfOthers
    }
    if (whole.length > 0) await this.#store(whole)
    this.#hold(held)
  }

  /**
   * If the disk refuses, the store knows how far it came, and everything after that is read again.
   */
  async #store(events: readonly LogEntry[]): Promise<void> {
    try {
      await this.#inner.append(events)
    } catch (error) {
      this.#hold(undefined)
      throw error
    }
  }

  /** The holding time counts from the event's first line. */
  #hold(held: HeldEvent | undefined): void {
    const isSame = held === this.#held && this.#timer !== undefined
    this.#held = held
    if (isSame) return
    clearTimeout(this.#timer)
    this.#timer = held && !this.#closed ? this.#releaseLater() : undefined
  }

  #releaseLater(): NodeJS.Timeout {
    const release = () => {
      this.#timer = undefined
      // If the disk refuses now, the release is tried again.
      this.#afterLast(() => this.#release()).catch(() => this.#hold(this.#held))
    }
    return setTimeout(release, this.#options.heldAtMostMs ?? heldAtMostMs).unref()
  }

  async #release(): Promise<void> {
    const held = this.#held
    if (!held || this.#closed) return
    await this.#inner.append([held.entry()])
    this.#hold(undefined)
  }

  #afterLast(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.catch(() => {}).then(work)
    return this.#last
  }
}
