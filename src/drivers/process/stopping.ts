import type { Attempts } from './attempts.ts'
import { signal as sendSignal } from './identity.ts'

/** SIGTERM to every process of an attempt, SIGKILL after the grace, until none is left. */
export interface Stopping {
  stop(name: string, graceSeconds: number): Promise<void>
}

/** Between two rounds of signals for what does not end, or has not quite begun. */
const roundMs = 20
const longestRoundMs = 1000

export function createStopping(attempts: Attempts): Stopping {
  /** When each attempt under way to its end is killed, and how to tell its waiter of an earlier time. */
  const deadlines = new Map<string, { killAtMs: number; sooner: Set<() => void> }>()

  const isOver = (name: string) => {
    const { kind } = attempts.observe(name)
    return kind === 'exited' || kind === 'lost' || kind === 'absent'
  }

  /** Waits until there is a process to send to, for the shim may be about to start it. */
  const processesOnceStarted = async (name: string): Promise<number[]> => {
    for (;;) {
      const pids = attempts.processesOf(name)
      if (pids.length > 0 || isOver(name)) return pids
      attempts.throwIfClosed()
      attempts.wakeShim(name)
      await attempts.settled(name, roundMs, attempts.closing)
    }
  }

  return {
    async stop(name, graceSeconds) {
      const killAtMs = performance.now() + graceSeconds * 1000
      if (isOver(name)) return
      const deadline = deadlines.get(name) ?? { killAtMs, sooner: new Set() }
      const first = !deadlines.has(name)
      deadlines.set(name, deadline)
      deadline.killAtMs = Math.min(deadline.killAtMs, killAtMs)
      for (const wake of [...deadline.sooner]) wake()
      try {
        if (first && graceSeconds > 0) for (const pid of await processesOnceStarted(name)) sendSignal(pid, 'SIGTERM')
        while (!isOver(name) && performance.now() < deadline.killAtMs) {
          attempts.throwIfClosed()
          const leftMs = Math.min(deadline.killAtMs - performance.now(), longestRoundMs)
          const sooner = new AbortController()
          const wake = () => sooner.abort()
          deadline.sooner.add(wake)
          await attempts.settled(name, leftMs, AbortSignal.any([attempts.closing, sooner.signal]))
          deadline.sooner.delete(wake)
        }
        for (let waitMs = roundMs; !isOver(name); waitMs = Math.min(waitMs * 2, longestRoundMs)) {
          attempts.throwIfClosed()
          for (const pid of await processesOnceStarted(name)) sendSignal(pid, 'SIGKILL')
          attempts.wakeShim(name)
          await attempts.settled(name, waitMs, attempts.closing)
        }
      } finally {
        deadlines.delete(name)
      }
    },
  }
}
