/**
 * An amount that changes in steps, summed over time: over the measured window as a whole, and over
 * equal spans of it for a curve.
 */

export interface Window {
  /** Whole milliseconds. */
  readonly fromMs: number
  readonly toMs: number
  readonly spans: number
}

/** Whole milliseconds; the last span may be shorter. */
export function spanMsOf({ fromMs, toMs, spans }: Window): number {
  return Math.max(1, Math.ceil((toMs - fromMs) / spans))
}

export class Level {
  readonly #window: Window
  readonly #spanMs: number
  readonly #sums: Float64Array
  #value = 0
  #sinceMs = 0

  constructor(window: Window) {
    this.#window = window
    this.#spanMs = spanMsOf(window)
    this.#sums = new Float64Array(window.spans)
  }

  get value(): number {
    return this.#value
  }

  add(change: number, atMs: number): void {
    if (change === 0) return
    this.#sumUntil(atMs)
    this.#value += change
  }

  /** Amount × milliseconds in each span, up to this time. */
  sums(atMs: number): Float64Array {
    this.#sumUntil(atMs)
    return this.#sums
  }

  /** Amount × milliseconds in the window, up to this time. */
  total(atMs: number): number {
    return this.sums(atMs).reduce((sum, it) => sum + it, 0)
  }

  #sumUntil(atMs: number): void {
    const { fromMs, toMs } = this.#window
    const to = Math.min(atMs, toMs)
    let from = Math.max(this.#sinceMs, fromMs)
    this.#sinceMs = Math.max(this.#sinceMs, atMs)
    if (this.#value === 0) return
    while (from < to) {
      const span = Math.floor((from - fromMs) / this.#spanMs)
      const end = Math.min(to, fromMs + (span + 1) * this.#spanMs)
      this.#sums[span]! += this.#value * (end - from)
      from = end
    }
  }
}
