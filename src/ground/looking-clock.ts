/**
 * The clocks by which the server measures how long something lasted. Setting the machine's clock
 * moves none but `now`. How long an attempt ran and how long this server watched it differ: a
 * process that was stopped watched nothing.
 */

export interface Clocks {
  /** The machine's clock: for what is shown and stored, never for how long something lasted. */
  readonly now: () => number
  /**
   * Milliseconds that go on evenly while the machine is awake, even while this process is stopped
   * (SIGSTOP).
   */
  readonly steady: () => number
  /**
   * Milliseconds in which this process was awake. They stand still while it is stopped or its
   * thread is blocked.
   */
  readonly looked: () => number
}

/** How often the clock notes that the process is awake. */
const beatMs = 1_000
/**
 * The most that is counted between two notes. A longer gap means that the process was not awake in
 * between.
 */
const longestGapMs = 5_000

/** Calls `work` every `ms`. The function it returns ends that. */
type Repeat = (ms: number, work: () => void) => () => void

const realRepeat: Repeat = (ms, work) => {
  const timer = setInterval(work, ms).unref()
  return () => clearInterval(timer)
}

/**
 * Counts the time in which the process was awake, so that a pause is never taken for a long wait.
 */
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
