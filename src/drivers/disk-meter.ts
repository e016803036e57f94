/**
 * Measures what attempts have on the disk: those that run in rounds, and each once more when it has
 * ended. One walk of each of the two kinds is under way at a time, so that the threads that read
 * files are left to others.
 */
import { realTimers, type Timers } from '../ground/timers.ts'
import { limits } from '../model/limits.ts'
import { bytesBelow } from './disk-walk.ts'

/** From the end of one round to the beginning of the next, at least. */
const restMs = 5_000
/** And at least so many times as long as the round took. */
const restTimes = 10

export interface DiskMeterOptions {
  readonly directoriesOf: (attempt: string) => readonly string[]
  /** Adds up what is in directories, in bytes. */
  readonly walk?: (directories: readonly string[]) => Promise<number>
  readonly timers?: Pick<Timers, 'wakeAfter'>
}

export class DiskMeter {
  readonly #directoriesOf: (attempt: string) => readonly string[]
  readonly #walk: (directories: readonly string[]) => Promise<number>
  readonly #timers: Pick<Timers, 'wakeAfter'>
  /** The most that was found of each attempt, MiB. */
  readonly #peaks = new Map<string, number>()
  #latest: ReadonlyMap<string, number> = new Map()
  #round: Promise<void> | undefined
  #nextRoundAtMs = 0
  /** Resolves when the attempts that ended before have been looked at. */
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor({ directoriesOf, walk = bytesBelow, timers = realTimers }: DiskMeterOptions) {
    this.#directoriesOf = directoriesOf
    this.#walk = walk
    this.#timers = timers
  }

  /** What was found last, MiB by attempt. Begins another round if it is time for one. */
  latest(running: readonly string[]): ReadonlyMap<string, number> {
    if (this.#round === undefined && performance.now() >= this.#nextRoundAtMs)
      this.#round = this.#measureAll(running).finally(() => {
        this.#round = undefined
      })
    return this.#latest
  }

  /**
   * The most that the attempt had on the disk, MiB, as far as it was seen. Forgets the attempt. The
   * report of its end waits for this, so the figure is what the rounds saw if its turn does not come
   * in time.
   */
  async last(attempt: string): Promise<number> {
    const now = await this.#lookOnceMore(attempt)
    const peak = this.#peaks.get(attempt) ?? 0
    this.#peaks.delete(attempt)
    return Math.max(now, peak)
  }

  /** 0 if there is no time for it. */
  #lookOnceMore(attempt: string): Promise<number> {
    if (this.#waiting >= limits.diskMeterWaiting) return Promise.resolve(0)
    this.#waiting++
    const { promise, resolve } = Promise.withResolvers<number>()
    let isLate = false
    const cancel = this.#timers.wakeAfter(limits.diskMeterLastMs, () => {
      isLate = true
      resolve(0)
    })
    this.#turn = this.#turn.then(async () => {
      const found = isLate ? 0 : await this.#measure(attempt).catch(() => 0)
      this.#waiting--
      cancel()
      resolve(found)
    })
    return promise
  }

  async #measureAll(running: readonly string[]): Promise<void> {
    const begunMs = performance.now()
    const found = new Map<string, number>()
    for (const attempt of running) found.set(attempt, await this.#measure(attempt))
    for (const attempt of this.#peaks.keys()) if (!found.has(attempt)) this.#peaks.delete(attempt)
    for (const [attempt, mib] of found) this.#peaks.set(attempt, Math.max(mib, this.#peaks.get(attempt) ?? 0))
    this.#latest = found
    const endedMs = performance.now()
    this.#nextRoundAtMs = endedMs + Math.max(restMs, restTimes * (endedMs - begunMs))
  }

  async #measure(attempt: string): Promise<number> {
    return (await this.#walk(this.#directoriesOf(attempt))) / 1_048_576
  }
}
