/** Work that is repeated in the background until it is stopped. */
import { delay } from './timers.ts'

export interface RepeatingOptions {
  /** From the end of one run to the beginning of the next. */
  readonly everyMs: number
  /**
   * One run. The signal is aborted when the work is stopped: a long run looks at it between its
   * steps.
   */
  readonly run: (signal: AbortSignal) => unknown
  readonly log: { warn(fields: { readonly err: unknown }, message: string): void }
  /** What the log says of a run that throws. The next run comes all the same. */
  readonly whenFailed: string
  /** Real time unless a test says otherwise. */
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined
}

/** Runs never overlap, and keep no process alive. */
export class Repeating {
  readonly #options: RepeatingOptions
  readonly #stopping = new AbortController()
  #runs: Promise<void> = Promise.resolve()

  constructor(options: RepeatingOptions) {
    this.#options = options
  }

  /** The first run begins at once. Resolves when it has ended. */
  start(): Promise<void> {
    const first = this.#run()
    this.#runs = first.then(() => this.#repeat())
    return first
  }

  /** The first run begins after the interval. */
  startLater(): void {
    this.#runs = this.#repeat()
  }

  /** No run begins any more. A run may call it to be the last. */
  end(): void {
    this.#stopping.abort()
  }

  /** Resolves when the run under way has ended. */
  async stop(): Promise<void> {
    this.end()
    await this.#runs
  }

  async #repeat(): Promise<void> {
    const { everyMs, wait = (ms, ending) => delay(ms, ending, { isIdle: true }) } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await wait(everyMs, signal)
      await this.#run()
    }
  }

  async #run(): Promise<void> {
    const { run, log, whenFailed } = this.#options
    const { signal } = this.#stopping
    if (signal.aborted) return
    try {
      await run(signal)
    } catch (err) {
      log.warn({ err }, whenFailed)
    }
  }
}
