/**
 * How many refusals of strangers are recorded one by one. Whoever floods the server with wrong signatures would otherwise push
 * out of the audit what it is kept for.
 */
import { TokenBucket } from '../../ground/token-bucket.ts'
import type { TimeMs } from '../../model/time.ts'

export class RefusalPace {
  readonly #bucket: TokenBucket
  #leftOut = 0

  /** `atOnce` may come together, and `perSecond` on the average. */
  constructor(atOnce: number, perSecond: number) {
    this.#bucket = new TokenBucket({ burst: atOnce, perSecond })
  }

  /** Undefined: not to be recorded. Else how many were left out since the last that was. */
  take(now: TimeMs): number | undefined {
    if (!this.#bucket.take(now)) {
      this.#leftOut++
      return undefined
    }
    const leftOut = this.#leftOut
    this.#leftOut = 0
    return leftOut
  }
}
