/**
 * Queues effects in order. A few are carried out at once, many in pieces, so that stopping ten
 * thousand attempts holds up nobody.
 */
import type { Effect } from '../../core/react.ts'

/** Up to this many effects are carried out immediately. */
const fewEffects = 64
/** Pieces that together take longer than this give way, ms. */
const pieceMs = 5

export class Effects {
  readonly #carryOut: (effect: Effect) => void
  #waiting: Effect[] = []
  #at = 0
  #draining = false

  constructor(carryOut: (effect: Effect) => void) {
    this.#carryOut = carryOut
  }

  /** Effects that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length - this.#at
  }

  push(effects: readonly Effect[]): void {
    if (!this.#draining && effects.length <= fewEffects) {
      for (const effect of effects) this.#carryOut(effect)
      return
    }
    for (const effect of effects) this.#waiting.push(effect)
    if (this.#draining) return
    this.#draining = true
    this.#drain()
  }

  #drain(): void {
    const since = performance.now()
    while (this.#at < this.#waiting.length && performance.now() - since < pieceMs)
      this.#carryOut(this.#waiting[this.#at++]!)
    if (this.#at < this.#waiting.length) {
      setImmediate(() => this.#drain())
      return
    }
    this.#waiting = []
    this.#at = 0
    this.#draining = false
  }
}
