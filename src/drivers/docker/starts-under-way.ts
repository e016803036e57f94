/**
 * The starts under way in this process, one for each name. Callers of the same name share it, hear
 * why it is pending, and can cancel it.
 */
import type { StartOutcome } from '../driver.ts'

/** Tells why the start is still pending. */
export type Say = (why: string) => void

interface Start {
  readonly outcome: Promise<StartOutcome>
  readonly abort: AbortController
  readonly pending: Pending
  waiting: number
}

interface Pending {
  /** The reason that was given last. */
  why: string | undefined
  readonly listeners: Set<Say>
}

const givenUp: StartOutcome = { kind: 'unknown', why: 'the wait for the start was given up' }

export class StartsUnderWay {
  readonly #starts = new Map<string, Start>()

  /**
   * Joins the start of that name, or begins one with `work`. Ends early (`unknown`) for a caller
   * whose signal fires.
   */
  async join(
    name: string,
    work: (signal: AbortSignal, say: Say) => Promise<StartOutcome>,
    signal?: AbortSignal,
    onPending?: Say,
  ): Promise<StartOutcome> {
    if (signal?.aborted) return givenUp
    // A cancelled start is not joined. It ends soon.
    while (this.#starts.get(name)?.abort.signal.aborted) await this.settled(name)
    const start = this.#starts.get(name) ?? this.#begin(name, work)
    start.waiting++
    if (onPending) {
      start.pending.listeners.add(onPending)
      if (start.pending.why !== undefined) onPending(start.pending.why)
    }
    let giveUp = () => {}
    const early = new Promise<StartOutcome>((resolve) => {
      giveUp = () => resolve(givenUp)
    })
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      return await Promise.race([start.outcome, early])
    } finally {
      signal?.removeEventListener('abort', giveUp)
      if (onPending) start.pending.listeners.delete(onPending)
      start.waiting--
      if (start.waiting === 0) start.abort.abort()
    }
  }

  has(name: string): boolean {
    return this.#starts.has(name)
  }

  /** Why the start of that name is pending, as far as it is known. */
  whyPending(name: string): string | undefined {
    return this.#starts.get(name)?.pending.why
  }

  /** Resolves when no start of that name is under way. */
  async settled(name: string): Promise<void> {
    await this.#starts.get(name)?.outcome.catch(() => {})
  }

  /** Cancels the start: it takes no further step. Resolves when it has ended. */
  async callOff(name: string): Promise<void> {
    this.#starts.get(name)?.abort.abort()
    await this.settled(name)
  }

  async callOffAll(): Promise<void> {
    await Promise.all([...this.#starts.keys()].map((name) => this.callOff(name)))
  }

  #begin(name: string, work: (signal: AbortSignal, say: Say) => Promise<StartOutcome>): Start {
    const abort = new AbortController()
    const pending: Pending = { why: undefined, listeners: new Set() }
    const outcome = work(abort.signal, (why) => tell(pending, why)).finally(() => this.#starts.delete(name))
    const start: Start = { outcome, abort, pending, waiting: 0 }
    this.#starts.set(name, start)
    return start
  }
}

function tell(pending: Pending, why: string): void {
  if (pending.why === why) return
  pending.why = why
  for (const say of pending.listeners) say(why)
}
