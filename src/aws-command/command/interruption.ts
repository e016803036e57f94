/**
 * SIGINT, SIGTERM and SIGHUP. The requests that run are stopped, and so what waits for them removes
 * its half of a file and aborts its upload on the way out. The command then ends as a shell expects
 * of a program that this signal ended: with 128 and the signal's number.
 */
import { constants } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from './failure.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Signal = (typeof signals)[number]

/** A container is killed 30 seconds after SIGTERM, or after 10 as Docker has it. */
const cleanUpWithinMs = 8000

export class Interrupted extends Failure {
  override readonly name = 'Interrupted'
  constructor(signal: Signal) {
    super(
      signal === 'SIGINT' ? 'cancelled: ctrl-c received' : `cancelled: ${signal} received`,
      128 + constants.signals[signal],
    )
  }
}

/** What a signal stops. */
interface Stoppable {
  destroy(error: Error): unknown
  once(event: 'close', listener: () => void): unknown
}

export class Interruption {
  readonly #controller = new AbortController()
  readonly #running = new Set<Stoppable>()

  /** Its reason is an `Interrupted`. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Until it is closed. */
  stops(one: Stoppable): void {
    this.#running.add(one)
    one.once('close', () => this.#running.delete(one))
  }

  /** Rejects with the reason as soon as there is one. */
  async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.signal }).catch(() => this.signal.throwIfAborted())
  }

  interrupt(signal: Signal): void {
    const reason = new Interrupted(signal)
    this.#controller.abort(reason)
    for (const one of this.#running) one.destroy(reason)
  }

  /** A second signal, or a clean-up that does not end, ends the process at once. */
  listen(): void {
    for (const signal of signals)
      process.on(signal, () => {
        const exit = () => process.exit(128 + constants.signals[signal])
        if (this.signal.aborted) return exit()
        setTimeout(exit, cleanUpWithinMs).unref()
        this.interrupt(signal)
      })
  }
}
