/**
 * Writes the facts of streams into the catalogue, many in one transaction. It writes at once when a
 * caller waits, and otherwise within a second. Facts that could not be written, for example on a
 * full disk, are tried again.
 */
import type { Catalog } from './catalog.ts'
import type { StreamRow } from './catalog-rows.ts'

const idleFlushMs = 1000

/** A stream whose facts change. */
export interface RecordedStream {
  readonly key: string
  row(): StreamRow
}

export class Recorder {
  readonly #catalog: Catalog
  readonly #pending = new Map<string, RecordedStream>()
  #waiting: { resolve: () => void; reject: (error: unknown) => void }[] = []
  #soon: NodeJS.Immediate | undefined
  #later: NodeJS.Timeout | undefined

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  /** Notes that the stream's facts changed. Nobody waits for the write. */
  changed(stream: RecordedStream): void {
    this.#pending.set(stream.key, stream)
    this.#tryLater()
  }

  /** Resolves when the catalogue has the stream's facts. */
  recorded(stream: RecordedStream): Promise<void> {
    this.#pending.set(stream.key, stream)
    this.#soon ??= setImmediate(() => this.#flushAndReport())
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** Notes that the stream is deleted. */
  forget(key: string): void {
    this.#pending.delete(key)
  }

  /** Writes what is pending now. Throws when the disk fails, and keeps the facts pending. */
  flush(): void {
    clearTimeout(this.#later)
    this.#later = undefined
    if (this.#pending.size === 0) return
    this.#catalog.record([...this.#pending.values()].map((stream) => stream.row()))
    this.#pending.clear()
  }

  /**
   * Flushes before a query. On a full disk the answer may be a little old, which is better than no
   * answer.
   */
  catchUp(): void {
    try {
      this.flush()
    } catch {
      this.#tryLater()
    }
  }

  /** Like `flush`, and reports the result to those who wait. */
  #flushAndReport(): void {
    if (this.#soon) clearImmediate(this.#soon)
    this.#soon = undefined
    const waiting = this.#waiting
    this.#waiting = []
    try {
      this.flush()
      for (const { resolve } of waiting) resolve()
    } catch (error) {
      for (const { reject } of waiting) reject(error)
      this.#tryLater()
    }
  }

  #tryLater(): void {
    this.#later ??= setTimeout(() => this.#flushAndReport(), idleFlushMs).unref()
  }

  close(): void {
    this.#flushAndReport()
    clearTimeout(this.#later)
    this.#later = undefined
  }
}
