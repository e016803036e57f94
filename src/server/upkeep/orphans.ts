/**
 * Removes attempts that a driver holds and nobody follows. If an attempt's end is durable (a crash
 * came between the report and the removal), it is removed at once. If no job knows the attempt, it
 * is removed after a grace.
 */
import type { Logger } from 'pino'
import { type Driver, DriverUnavailable } from '../../drivers/driver.ts'
import { Repeating } from '../../ground/repeating.ts'
import { isTerminal, jobIdOfAttemptName, liveAttempt } from '../../model/job.ts'
import type { Store } from '../../store/store.ts'
import type { Loop } from '../loop/loop.ts'

export interface OrphansOptions {
  readonly drivers: ReadonlyMap<string, Driver>
  readonly loop: Pick<Loop, 'memoryTrouble' | 'state'>
  readonly store: Pick<Store, 'getJobs'>
  readonly isFollowed: (name: string) => boolean
  /** Attempts that nobody follows and nobody may end: those that a restore left alone. */
  readonly isLeftAlone?: (driver: string, name: string) => boolean
  /** Counts only the time in which this server looked. */
  readonly looked: () => number
  readonly log: Logger
  readonly everyMs: number
  readonly graceMs: number
}

export class Orphans {
  readonly #options: OrphansOptions
  readonly #rounds: Repeating
  readonly #firstSeenMs = new Map<string, number>()

  constructor(options: OrphansOptions) {
    this.#options = options
    const { everyMs, log } = options
    const whenFailed = 'looking for orphans failed; trying again later'
    this.#rounds = new Repeating({ everyMs, log, whenFailed, run: (signal) => this.#sweepAll(signal) })
  }

  /** Returns at once. */
  start(): void {
    void this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  async #sweepAll(signal: AbortSignal): Promise<void> {
    for (const [name, driver] of this.#options.drivers) await this.#sweep(name, driver, signal)
  }

  async #sweep(driverName: string, driver: Driver, signal: AbortSignal): Promise<void> {
    const { looked, graceMs, log } = this.#options
    try {
      const names = await driver.list()
      const listed = new Set(names)
      for (const key of this.#firstSeenMs.keys())
        if (key.startsWith(`${driverName} `) && !listed.has(key.slice(driverName.length + 1)))
          this.#firstSeenMs.delete(key)
      for (const name of names) {
        if (signal.aborted) return
        const verdict = this.#options.isLeftAlone?.(driverName, name) ? 'keep' : this.#verdict(name)
        if (verdict === 'keep') continue
        const key = `${driverName} ${name}`
        if (verdict === 'unknown') {
          const since = this.#firstSeenMs.get(key) ?? looked()
          this.#firstSeenMs.set(key, since)
          if (looked() - since < graceMs) continue
        }
        log.info(
          { driver: driverName, attempt: name },
          verdict === 'ended' ? 'removing an ended attempt' : 'removing an unknown attempt',
        )
        await driver.remove(name)
        this.#firstSeenMs.delete(key)
      }
    } catch (err) {
      if (!(err instanceof DriverUnavailable))
        log.warn({ err, driver: driverName }, 'looking for orphans failed; trying again later')
    }
  }

  #verdict(name: string): 'keep' | 'ended' | 'unknown' {
    const { loop, store, isFollowed } = this.#options
    if (isFollowed(name) || loop.memoryTrouble !== undefined) return 'keep'
    const parsed = jobIdOfAttemptName(name)
    if (!parsed) return 'unknown'
    const live = loop.state.jobs.get(parsed.jobId)
    if (live && liveAttempt(live)?.number === parsed.attempt) return 'keep'
    const job = live ?? store.getJobs([parsed.jobId]).get(parsed.jobId)
    if (!job) return 'unknown'
    const ended = isTerminal(job.state.status) || job.attempts.some((attempt) => attempt.number === parsed.attempt)
    return ended ? 'ended' : 'unknown'
  }
}
