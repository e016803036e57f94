/** What is to happen, by the virtual time it happens at; of one time, in the order it was put in. */

interface Entry<T> {
  readonly atMs: number
  readonly order: number
  readonly item: T
}

export class EventHeap<T> {
  readonly #entries: Entry<T>[] = []
  #order = 0

  get size(): number {
    return this.#entries.length
  }

  /** When the next item is due. */
  get nextAtMs(): number | undefined {
    return this.#entries[0]?.atMs
  }

  push(atMs: number, item: T): void {
    const entries = this.#entries
    const entry = { atMs, order: this.#order++, item }
    let at = entries.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(entry, entries[parent]!)) break
      entries[at] = entries[parent]!
      at = parent
    }
    entries[at] = entry
  }

  pop(): T | undefined {
    const entries = this.#entries
    const top = entries[0]
    const last = entries.pop()
    if (entries.length > 0) this.#sink(last!)
    return top?.item
  }

  #sink(entry: Entry<T>): void {
    const entries = this.#entries
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= entries.length) break
      if (child + 1 < entries.length && isBefore(entries[child + 1]!, entries[child]!)) child++
      if (!isBefore(entries[child]!, entry)) break
      entries[at] = entries[child]!
      at = child
    }
    entries[at] = entry
  }
}

function isBefore(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.atMs !== b.atMs ? a.atMs < b.atMs : a.order < b.order
}
