/**
 * Lets at most so many pieces of work run at once. The rest wait in the order in which they came.
 */
export class Gate {
  readonly #width: number
  readonly #waiting = new Set<() => void>()
  #inside = 0

  constructor(width: number) {
    this.#width = width
  }

  /**
   * Runs `work` when there is room. Rejects with the signal's reason if that fires while still
   * waiting.
   */
  async pass<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal)
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  #enter(signal: AbortSignal | undefined): Promise<void> | undefined {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#inside < this.#width) {
      this.#inside++
      return undefined
    }
    return new Promise((resolve, reject) => {
      const admit = () => {
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        this.#waiting.delete(admit)
        reject(signal?.reason)
      }
      this.#waiting.add(admit)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  #leave(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#inside--
      return
    }
    // The free place is handed on, so that work that comes now cannot overtake work that waits.
    this.#waiting.delete(next)
    next()
  }
}
