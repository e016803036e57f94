/**
 * Measures how long each running attempt has run, and rings when its time is up. Its clock cannot
 * be set by anybody.
 */

import type { Clocks } from '../../ground/looking-clock.ts'
import type { Timers } from '../../ground/timers.ts'

export interface DeadlinesOptions extends Pick<Clocks, 'now' | 'steady'> {
  readonly timers: Pick<Timers, 'wakeAfter'>
}

interface Running {
  /** By the steady clock. May lie before the start of this process. */
  readonly sinceMs: number
  readonly cancel: () => void
}

export class Deadlines {
  readonly #options: DeadlinesOptions
  readonly #running = new Map<string, Running>()

  constructor(options: DeadlinesOptions) {
    this.#options = options
  }

  /**
   * Calls `ring` when the time is up: at once, if that was before this server started. Replaces an
   * earlier deadline of the same name.
   */
  set(name: string, { startedAtMs, timeoutMs }: { startedAtMs: number; timeoutMs: number }, ring: () => void): void {
    const { now, steady, timers } = this.#options
    this.drop(name)
    // Only the machine's clock tells how long the attempt ran before. If that clock was set back
    // behind the start, the time begins now.
    const ranMs = Math.max(0, now() - startedAtMs)
    const cancel = timers.wakeAfter(Math.max(0, timeoutMs - ranMs), ring)
    this.#running.set(name, { sinceMs: steady() - ranMs, cancel })
  }

  /** The longest that the attempt can have run. Undefined for an attempt without a deadline. */
  ranAtMostMs(name: string): number | undefined {
    const running = this.#running.get(name)
    return running && this.#options.steady() - running.sinceMs
  }

  drop(name: string): void {
    this.#running.get(name)?.cancel()
    this.#running.delete(name)
  }

  close(): void {
    for (const name of [...this.#running.keys()]) this.drop(name)
  }
}
