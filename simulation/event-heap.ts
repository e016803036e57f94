/** Future happenings by virtual time. Those of one time come in the order they were added. */
import { Heap } from '../src/ground/heap.ts'

interface Entry<T> {
  readonly atMs: number
  readonly order: number
  readonly item: T
}

export class EventHeap<T> {
  readonly #entries = new Heap<Entry<T>>((a, b) => (a.atMs !== b.atMs ? a.atMs < b.atMs : a.order < b.order))
  #order = 0

  get size(): number {
    return this.#entries.size
  }

  /** When the next item is due. */
  get nextAtMs(): number | undefined {
    return this.#entries.peek()?.atMs
  }

  push(atMs: number, item: T): void {
    this.#entries.push({ atMs, order: this.#order++, item })
  }

  pop(): T | undefined {
    return this.#entries.pop()?.item
  }
}
