import type { StartOutcome } from '../driver.ts'

/** The starts under way in this process, one a name: callers of the same name share it, and it can be called off. */
export interface StartsUnderWay {
  /** Joins the start of that name, or begins one by `work`. Ends early (`unknown`) for a caller whose signal fires. */
  join(
    name: string,
    work: (signal: AbortSignal) => Promise<StartOutcome>,
    signal: AbortSignal | undefined,
  ): Promise<StartOutcome>
  has(name: string): boolean
  /** Resolves when no start of that name is under way. */
  settled(name: string): Promise<void>
  /** Has the start take no further step; resolves when it has ended. */
  callOff(name: string): Promise<void>
  callOffAll(): Promise<void>
}

interface Start {
  readonly outcome: Promise<StartOutcome>
  readonly abort: AbortController
  waiting: number
}

const givenUp: StartOutcome = { kind: 'unknown', why: 'the wait for the start was given up' }

export function createStartsUnderWay(): StartsUnderWay {
  const starts = new Map<string, Start>()

  function begin(name: string, work: (signal: AbortSignal) => Promise<StartOutcome>): Start {
    const abort = new AbortController()
    const outcome = work(abort.signal).finally(() => starts.delete(name))
    const start: Start = { outcome, abort, waiting: 0 }
    starts.set(name, start)
    return start
  }

  async function settled(name: string): Promise<void> {
    await starts.get(name)?.outcome.catch(() => {})
  }

  async function callOff(name: string): Promise<void> {
    starts.get(name)?.abort.abort()
    await settled(name)
  }

  return {
    async join(name, work, signal) {
      if (signal?.aborted) return givenUp
      // One that was called off is not joined; it ends soon.
      while (starts.get(name)?.abort.signal.aborted) await settled(name)
      const start = starts.get(name) ?? begin(name, work)
      start.waiting++
      let giveUp = () => {}
      const early = new Promise<StartOutcome>((resolve) => {
        giveUp = () => resolve(givenUp)
      })
      signal?.addEventListener('abort', giveUp, { once: true })
      try {
        return await Promise.race([start.outcome, early])
      } finally {
        signal?.removeEventListener('abort', giveUp)
        start.waiting--
        if (start.waiting === 0) start.abort.abort()
      }
    },
    has: (name) => starts.has(name),
    settled,
    callOff,
    async callOffAll() {
      await Promise.all([...starts.keys()].map(callOff))
    },
  }
}
