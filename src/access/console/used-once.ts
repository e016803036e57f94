/** Remembers what may not be used again, until it would be over in any case. Time is an argument. */
import type { TimeMs } from '../../model/time.ts'

export class UsedOnce {
  readonly #most: number
  /** When each is over. */
  readonly #used = new Map<string, TimeMs>()

  constructor(most: number) {
    this.#most = most
  }

  /** Returns whether this is the first use. The one that was used longest ago is forgotten for room. */
  use(id: string, overAtMs: TimeMs, now: TimeMs): boolean {
    if (this.#used.has(id)) return false
    if (this.#used.size >= this.#most) this.#clean(now)
    while (this.#used.size >= this.#most) this.#used.delete(this.#used.keys().next().value!)
    this.#used.set(id, overAtMs)
    return true
  }

  has(id: string): boolean {
    return this.#used.has(id)
  }

  #clean(now: TimeMs): void {
    for (const [id, overAtMs] of this.#used) if (overAtMs <= now) this.#used.delete(id)
  }
}
