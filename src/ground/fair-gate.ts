/**
 * Lets at most so many pieces of work run at once. Work that waits takes turns by its owner, so an
 * owner with much work delays only itself. The number of waiting pieces is bounded, for each owner
 * and in all.
 */

export interface FairGateOptions {
  /** Pieces of work that run at once. */
  readonly width: number
  /** Pieces that may wait, in all and of each owner. */
  readonly waiting: number
  readonly waitingOfEach: number
}

/** As many pieces wait as may. */
export class GateFull extends Error {
  override readonly name = 'GateFull'
}

export class FairGate {
  readonly #options: FairGateOptions
  /** The owner whose turn is next comes first. */
  readonly #lines = new Map<string, Set<() => void>>()
  #waiting = 0
  #inside = 0

  constructor(options: FairGateOptions) {
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting
  }

  /**
   * Runs `work` when its turn comes. Rejects with `GateFull`, or with the signal's reason if that
   * fires while still waiting.
   */
  async pass<T>(whose: string, work: () => Promise<T> | T, signal?: AbortSignal): Promise<T> {
    await this.#enter(whose, signal)
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  #enter(whose: string, signal: AbortSignal | undefined): Promise<void> | undefined {
    signal?.throwIfAborted()
    if (this.#inside < this.#options.width) {
      this.#inside++
      return undefined
    }
    const line = this.#lines.get(whose) ?? new Set()
    if (this.#waiting >= this.#options.waiting || line.size >= this.#options.waitingOfEach)
      throw new GateFull('too many wait')
    return new Promise((resolve, reject) => {
      const admit = () => {
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        line.delete(admit)
        this.#waiting--
        if (line.size === 0) this.#lines.delete(whose)
        reject(signal?.reason)
      }
      line.add(admit)
      this.#lines.set(whose, line)
      this.#waiting++
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  #leave(): void {
    const [next] = this.#lines
    if (next === undefined) {
      this.#inside--
      return
    }
    // The free place goes to the next owner, whose line then moves behind the others.
    const [whose, line] = next
    const [admit] = line
    line.delete(admit!)
    this.#waiting--
    this.#lines.delete(whose)
    if (line.size > 0) this.#lines.set(whose, line)
    admit!()
  }
}
