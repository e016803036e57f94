/**
 * Limits how often something happens: `burst` may come together, and `perSecond` on the average.
 * Time is an argument, in milliseconds.
 */
export interface BucketSize {
  readonly burst: number
  readonly perSecond: number
}

export class TokenBucket {
  readonly #size: BucketSize
  #tokens: number
  #atMs: number | undefined

  constructor(size: BucketSize) {
    this.#size = size
    this.#tokens = size.burst
  }

  /** Returns false if there is no room for one more now. A clock that is set back gives none. */
  take(now: number): boolean {
    this.#refill(now)
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** Seconds until there is room, after `take` returned false. */
  get waitSeconds(): number {
    return Math.max(0, 1 - this.#tokens) / this.#size.perSecond
  }

  #refill(now: number): void {
    const { burst, perSecond } = this.#size
    const passedSeconds = Math.max(0, now - (this.#atMs ?? now)) / 1000
    this.#tokens = Math.min(burst, this.#tokens + passedSeconds * perSecond)
    this.#atMs = now
  }
}

/** A bucket for each name. The names that were used last are kept, at most `most`. */
export class TokenBuckets {
  readonly #size: BucketSize
  readonly #most: number
  /** The one that was used longest ago first. */
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(size: BucketSize, most: number) {
    this.#size = size
    this.#most = most
  }

  get kept(): number {
    return this.#buckets.size
  }

  /** Returns how many seconds to wait; undefined if there is room for one more. */
  take(name: string, now: number): number | undefined {
    const bucket = this.#buckets.get(name) ?? new TokenBucket(this.#size)
    this.#buckets.delete(name)
    this.#buckets.set(name, bucket)
    if (this.#buckets.size > this.#most) this.#buckets.delete(this.#buckets.keys().next().value!)
    return bucket.take(now) ? undefined : bucket.waitSeconds
  }
}
