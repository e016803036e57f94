/**
 * Counts each user's calls that may be recorded, so that their repeats get the first answer. The
 * number is limited, because a record stays on disk for a day.
 */
import type { TimeMs } from '../model/time.ts'

export class CallCounter {
  readonly #most: number
  readonly #forMs: number
  readonly #counts = new Map<string, { sinceMs: TimeMs; calls: number }>()

  /** At most `most` calls of each user in `forMs` milliseconds. */
  constructor(most: number, forMs: number) {
    this.#most = most
    this.#forMs = forMs
  }

  /** Returns false if one more would be too many. */
  take(user: string, now: TimeMs): boolean {
    const count = this.#counts.get(user)
    if (!count || now - count.sinceMs >= this.#forMs) {
      this.#counts.set(user, { sinceMs: now, calls: 1 })
      return true
    }
    if (count.calls >= this.#most) return false
    count.calls++
    return true
  }
}
