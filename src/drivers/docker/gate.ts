/** Lets at most so many through at once; the rest wait in the order they came. */
export interface Gate {
  /** Runs `work` when there is room. Rejects with the signal's reason if that fires while still waiting. */
  pass<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

export function createGate(width: number): Gate {
  let inside = 0
  const waiting = new Set<() => void>()

  function enter(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (inside < width) {
      inside++
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const admit = () => {
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        waiting.delete(admit)
        reject(signal?.reason)
      }
      waiting.add(admit)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  function leave(): void {
    const [next] = waiting
    if (next === undefined) {
      inside--
    } else {
      // The place is handed on, so nobody who comes just now can slip in before.
      waiting.delete(next)
      next()
    }
  }

  return {
    async pass(work, signal) {
      await enter(signal)
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
