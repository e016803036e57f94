import type { Attempts } from './attempts.ts'
import { signal as sendSignal } from './identity.ts'

/** Time between two rounds of signals for an attempt that does not end, or has not quite begun. */
const roundMs = 20
const longestRoundMs = 1000

/**
 * An attempt on its way to its end: when it is killed, and how to tell the waiting callers of an
 * earlier time.
 */
interface Deadline {
  killAtMs: number
  readonly sooner: Set<() => void>
}

/**
 * Sends SIGTERM to every process of an attempt, and SIGKILL after the grace, until none is left.
 */
export class Stopping {
  readonly #attempts: Attempts
  readonly #deadlines = new Map<string, Deadline>()

  constructor(attempts: Attempts) {
    this.#attempts = attempts
  }

  async stop(name: string, graceSeconds: number): Promise<void> {
    const killAtMs = performance.now() + graceSeconds * 1000
    if (this.#isOver(name)) return
    const deadline = this.#deadlines.get(name) ?? { killAtMs, sooner: new Set() }
    const isFirst = !this.#deadlines.has(name)
    this.#deadlines.set(name, deadline)
    deadline.killAtMs = Math.min(deadline.killAtMs, killAtMs)
    for (const wake of [...deadline.sooner]) wake()
    try {
      if (isFirst && graceSeconds > 0)
        for (const pid of await this.#processesOnceStarted(name)) sendSignal(pid, 'SIGTERM')
      await this.#waitOutGrace(name, deadline)
      for (let waitMs = roundMs; !this.#isOver(name); waitMs = Math.min(waitMs * 2, longestRoundMs)) {
        this.#attempts.throwIfClosed()
        for (const pid of await this.#processesOnceStarted(name)) sendSignal(pid, 'SIGKILL')
        this.#attempts.wakeShim(name)
        await this.#attempts.settled(name, waitMs, this.#attempts.closing)
      }
    } finally {
      this.#deadlines.delete(name)
    }
  }

  async #waitOutGrace(name: string, deadline: Deadline): Promise<void> {
    while (!this.#isOver(name) && performance.now() < deadline.killAtMs) {
      this.#attempts.throwIfClosed()
      const leftMs = Math.min(deadline.killAtMs - performance.now(), longestRoundMs)
      const sooner = new AbortController()
      const wake = () => sooner.abort()
      deadline.sooner.add(wake)
      await this.#attempts.settled(name, leftMs, AbortSignal.any([this.#attempts.closing, sooner.signal]))
      deadline.sooner.delete(wake)
    }
  }

  #isOver(name: string): boolean {
    const { kind } = this.#attempts.observe(name)
    return kind === 'exited' || kind === 'lost' || kind === 'absent'
  }

  /** Waits until there is a process to signal, because the shim may be about to start it. */
  async #processesOnceStarted(name: string): Promise<number[]> {
    for (;;) {
      const pids = this.#attempts.processesOf(name)
      if (pids.length > 0 || this.#isOver(name)) return pids
      this.#attempts.throwIfClosed()
      this.#attempts.wakeShim(name)
      await this.#attempts.settled(name, roundMs, this.#attempts.closing)
    }
  }
}
