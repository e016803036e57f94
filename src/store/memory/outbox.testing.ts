/** The outbox in memory. */
import { eventsIn, type Outbox, type OutboxEntry, type StoredOutboxEntry } from '../outbox.ts'

export class MemoryOutbox implements Outbox {
  readonly #beforeWrite: () => void
  #entries: StoredOutboxEntry[] = []
  #lastSeq = 0
  #positions = new Map<string, number>()

  /** `beforeWrite` throws while nothing can be written. */
  constructor(beforeWrite: () => void) {
    this.#beforeWrite = beforeWrite
  }

  write(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) {
      this.#entries.push({ ...entry, firstSeq: this.#lastSeq + 1 })
      this.#lastSeq += eventsIn(entry)
    }
  }

  lastSeq(): number {
    return this.#lastSeq
  }

  positions(): Map<string, number> {
    return new Map(this.#positions)
  }

  read(afterSeq: number, limit: number): StoredOutboxEntry[] {
    return this.#entries.filter((entry) => lastOf(entry) > afterSeq).slice(0, limit)
  }

  settle(positions: ReadonlyMap<string, number>, limit: number): number {
    this.#beforeWrite()
    this.#positions = new Map(positions)
    const upTo = Math.min(...positions.values())
    const taken = this.#entries.filter((entry) => lastOf(entry) <= upTo).slice(0, limit)
    this.#entries = this.#entries.slice(taken.length)
    return taken.length
  }
}

function lastOf(entry: StoredOutboxEntry): number {
  return entry.firstSeq + eventsIn(entry) - 1
}
