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

/** Calls `wake` after `ms`; the answer cancels it. Keeps no process alive. */
export function wakeAfter(ms: number, wake: () => void): () => void {
  const timer = setTimeout(wake, ms).unref()
  return () => clearTimeout(timer)
}

/** Longest delay a Node timer takes; later moments are reached in steps. */
const longestTimerMs = 2 ** 31 - 1

/** Calls `wake` at `atMs`, however far away; the answer cancels it. */
export function wakeAt(atMs: number, now: () => number, wake: () => void): () => void {
  let timer: NodeJS.Timeout
  const arm = () => {
    const left = atMs - now()
    // A timer may ring a millisecond early, or the clock have been set back: only the clock says that the time has come.
    const ring = () => (now() >= atMs ? wake() : arm())
    timer = setTimeout(ring, Math.max(0, Math.min(left, longestTimerMs)))
  }
  arm()
  return () => clearTimeout(timer)
}

export interface Timers {
  readonly delay: typeof delay
  readonly wakeAt: typeof wakeAt
}
export const realTimers: Timers = { delay, wakeAt }
