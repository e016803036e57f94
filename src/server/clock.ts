/** Real time: the one place where the server waits for it. */

/** Resolves after `ms`, or at once when the signal is aborted. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** How long to wait before try number `n` (from 0): doubling from `firstMs` up to `mostMs`. */
export function backoffMs(n: number, firstMs = 100, mostMs = 5_000): number {
  return Math.min(firstMs * 2 ** Math.min(n, 20), mostMs)
}

/** Longest delay a Node timer takes; later moments are reached in steps. */
const longestTimerMs = 2 ** 31 - 1

/** Calls `wake` after `ms`, however long, whatever is done to the machine's clock; the answer cancels it. Keeps no process alive. */
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

export interface Timers {
  readonly delay: typeof delay
  readonly wakeAfter: (ms: number, wake: () => void) => () => void
}
export const realTimers: Timers = { delay, wakeAfter }
