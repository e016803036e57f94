/**
 * How many refusals of strangers are recorded one by one. Whoever floods the server with wrong signatures would otherwise push
 * out of the audit what it is kept for.
 */
import type { TimeMs } from '../../model/time.ts'

export class RefusalPace {
  readonly #atOnce: number
  readonly #perSecond: number
  #room: number
  #atMs: TimeMs | undefined
  #leftOut = 0

  /** `atOnce` may come together, and `perSecond` on the average. */
  constructor(atOnce: number, perSecond: number) {
    this.#atOnce = atOnce
    this.#perSecond = perSecond
    this.#room = atOnce
  }

  /** Undefined: not to be recorded. Else how many were left out since the last that was. */
  take(now: TimeMs): number | undefined {
    const passedSeconds = Math.max(0, now - (this.#atMs ?? now)) / 1000
    this.#room = Math.min(this.#atOnce, this.#room + passedSeconds * this.#perSecond)
    this.#atMs = now
    if (this.#room < 1) {
      this.#leftOut++
      return undefined
    }
    this.#room--
    const leftOut = this.#leftOut
    this.#leftOut = 0
    return leftOut
  }
}
