/** Waiting by real time: by the steady clock, which nobody sets. */

export interface DelayOptions {
  /**
   * Given a function that ends the delay at once; returns one that is called at the end of it, to
   * unsubscribe.
   */
  readonly subscribe?: ((resume: () => void) => () => void) | undefined
  /** Whether a process that has nothing else to do may end meanwhile. */
  readonly isIdle?: boolean
}

/** Resolves after `ms`, or at once when the signal is aborted. */
export function delay(
  ms: number,
  signal?: AbortSignal,
  { subscribe, isIdle = false }: DelayOptions = {},
): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      unsubscribe?.()
      resolve()
    }
    const timer = setTimeout(done, ms)
    if (isIdle) timer.unref()
    signal?.addEventListener('abort', done, { once: true })
    const unsubscribe = subscribe?.(done)
  })
}

/** The longest delay that a timer of Node takes. A later moment is reached in several steps. */
export const longestTimerMs = 2 ** 31 - 1

/**
 * Calls `wake` after `ms`, however long that is and whatever is done to the machine's clock. The
 * function it returns cancels the call. The timer keeps no process alive.
 */
export function wakeAfter(ms: number, wake: () => void, steady: () => number = () => performance.now()): () => void {
  const dueMs = steady() + ms
  let timer: NodeJS.Timeout
  const arm = () => {
    // A timer may ring a millisecond early.
    const ring = () => (steady() >= dueMs ? wake() : arm())
    timer = setTimeout(ring, Math.max(0, Math.min(Math.ceil(dueMs - steady()), longestTimerMs))).unref()
  }
  arm()
  return () => clearTimeout(timer)
}

/** What a test replaces to move the time by hand. */
export interface Timers {
  readonly delay: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly wakeAfter: (ms: number, wake: () => void) => () => void
}
export const realTimers: Timers = { delay, wakeAfter }
