/**
 * The times by which the server decides that enough time went by. None of them moves when somebody sets the machine's clock, and
 * each says what it counts: how long something ran is not how long this server looked at it.
 */

export interface Clocks {
  /** The machine's clock: for what is shown and stored, never for how long something lasted. */
  readonly now: () => number
  /** Milliseconds that go on evenly while the machine is awake, also while this process is stopped (SIGSTOP). */
  readonly steady: () => number
  /** Milliseconds in which this process was looking: they stand still while it is stopped or its thread is held up. */
  readonly looked: () => number
}

/** How often the clock notes that the process is awake. */
const beatMs = 1_000
/** Between two notes. More means that the process was not looking in between; only this much of it is counted. */
const longestGapMs = 5_000

/** Calls `work` every `ms`; what it gives back ends it. */
type Repeat = (ms: number, work: () => void) => () => void

const realRepeat: Repeat = (ms, work) => {
  const timer = setInterval(work, ms).unref()
  return () => clearInterval(timer)
}

/** Counts the time in which the process was looking. What nobody looked at for long enough is not concluded from a pause. */
export class LookingClock {
  readonly #steady: () => number
  #onPause = () => {}
  readonly #end: () => void
  #lastMs: number
  #lookedMs = 0

  constructor(steady: () => number = () => performance.now(), repeat: Repeat = realRepeat) {
    this.#steady = steady
    this.#lastMs = steady()
    this.#end = repeat(beatMs, () => this.#note())
  }

  /** `listener` is called when the process is found to have been stopped for a while. */
  onPause(listener: () => void): void {
    this.#onPause = listener
  }

  readonly looked = (): number => {
    this.#note()
    return this.#lookedMs
  }

  close(): void {
    this.#end()
  }

  #note(): void {
    const gapMs = this.#steady() - this.#lastMs
    this.#lastMs += gapMs
    this.#lookedMs += Math.min(gapMs, longestGapMs)
    if (gapMs > longestGapMs) this.#onPause()
  }
}
