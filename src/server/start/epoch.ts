/**
 * Begins a new epoch after a restore (docs/operate/backup.md). It holds every job that had not
 * ended, asks each driver once which attempts it has, and adopts those that belong to a held job.
 * All other attempts of a driver are left alone. No job is released before every driver has
 * answered.
 */
import type { Logger } from 'pino'
import { holdAll, matchAttempts, type Released, releaseJobs } from '../../core/job/epoch.ts'
import { unmatchedSetting } from '../../data-directory/epoch-settings.ts'
import { type Driver, DriverUnavailable } from '../../drivers/driver.ts'
import { Repeating } from '../../ground/repeating.ts'
import { isTerminal, jobIdOfAttemptName } from '../../model/job.ts'
import { isRefusal, type Refusal, refuse } from '../../model/refusal.ts'
import type { Store } from '../../store/store.ts'
import type { Loop } from '../loop/loop.ts'

export interface EpochOptions {
  readonly loop: Pick<Loop, 'execute' | 'state'>
  readonly store: Pick<Store, 'getSetting' | 'putSetting' | 'getJobs'>
  readonly log: Logger
  readonly everyMs: number
  /** Drivers whose attempts are followed, by name. */
  readonly drivers: ReadonlyMap<string, Driver>
}

export interface LeftAlone {
  readonly driver: string
  readonly names: readonly string[]
}

/** Names in one line of the log. */
const namesLogged = 20

export class Epoch {
  readonly #options: EpochOptions
  readonly #rounds: Repeating
  readonly #leftAlone = new Map<string, readonly string[]>()
  #unmatched: string[] = []

  constructor(options: EpochOptions) {
    this.#options = options
    const { everyMs, log } = options
    const whenFailed = 'what the drivers have could not be matched; trying again'
    this.#rounds = new Repeating({ everyMs, log, whenFailed, run: () => this.#askAll() })
  }

  /**
   * Must come before every other command: no job may be placed before the jobs in an unknown state
   * are held.
   */
  async hold(): Promise<void> {
    const { drivers, loop, store, log } = this.#options
    const setting = store.getSetting(unmatchedSetting)
    if (setting === undefined) return
    this.#unmatched = setting === 'all' ? [...drivers.keys()] : (JSON.parse(setting) as string[])
    for (const name of drivers.keys()) {
      const kept = store.getSetting(leftAloneSetting(name))
      if (kept !== undefined) this.#leftAlone.set(name, JSON.parse(kept) as string[])
    }
    if (setting !== 'all') return
    const held = await loop.execute(holdAll())
    if (isRefusal(held)) throw new Error(`what is not known could not be held: ${held.message}`)
    log.warn({ held }, 'a new epoch begins: jobs that may have run since the backup are held (openbatch release)')
    this.#writeUnmatched()
  }

  /**
   * Resolves when every driver was asked once. Drivers that do not answer are asked again until
   * they do.
   */
  start(): Promise<void> {
    return this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** Whether the attempt must not be ended as an orphan. */
  isLeftAlone(driver: string, name: string): boolean {
    return this.#unmatched.includes(driver) || (this.#leftAlone.get(driver)?.includes(name) ?? false)
  }

  /** Drivers that have not answered yet. */
  get unmatched(): readonly string[] {
    return this.#unmatched
  }

  /** The left-alone attempts that the drivers still have. */
  async leftAlone(): Promise<LeftAlone[]> {
    const all = [...this.#leftAlone].map(async ([driver, names]) => {
      const there = await this.#options.drivers
        .get(driver)
        ?.list()
        .catch(() => names)
      return { driver, names: names.filter((name) => there?.includes(name) ?? true) }
    })
    return (await Promise.all(all)).filter(({ names }) => names.length > 0)
  }

  async release(jobIds: readonly string[] | undefined): Promise<Released | Refusal> {
    if (this.#unmatched.length > 0)
      return refuse(
        `Nothing can be released yet: the ${this.#unmatched.join(', ')} driver has not said what it has. It is asked again until it answers.`,
      )
    const busy = (await this.leftAlone()).flatMap(({ names }) =>
      names.flatMap((name) => jobIdOfAttemptName(name)?.jobId ?? []),
    )
    return this.#options.loop.execute(releaseJobs(jobIds, new Set(busy)))
  }

  async #askAll(): Promise<void> {
    for (const name of [...this.#unmatched]) {
      const driver = this.#options.drivers.get(name)
      try {
        if (driver) await this.#match(name, driver)
      } catch (err) {
        if (!(err instanceof DriverUnavailable))
          this.#options.log.warn({ err, driver: name }, 'what a driver has could not be matched; trying again')
      }
    }
    if (this.#unmatched.length === 0) this.#rounds.end()
  }

  async #match(name: string, driver: Driver): Promise<void> {
    const { loop, store, log } = this.#options
    const matched = await loop.execute(matchAttempts(name, await driver.list()))
    if (isRefusal(matched)) return
    const leftAlone = matched.leftAlone.filter((attempt) => !this.#hasEnded(attempt))
    store.putSetting(leftAloneSetting(name), JSON.stringify(leftAlone))
    this.#leftAlone.set(name, leftAlone)
    this.#unmatched = this.#unmatched.filter((other) => other !== name)
    this.#writeUnmatched()
    const { adopted, lost } = matched
    log.info({ driver: name, adopted, lost }, 'what the driver has was matched with the jobs')
    if (leftAlone.length > 0)
      log.warn(
        { driver: name, attempts: leftAlone.slice(0, namesLogged), more: Math.max(0, leftAlone.length - namesLogged) },
        'attempts that no job knows are left alone',
      )
  }

  /** Whether the attempt's end is recorded, so that it may be removed as usual. */
  #hasEnded(name: string): boolean {
    const parsed = jobIdOfAttemptName(name)
    const job = parsed && this.#options.store.getJobs([parsed.jobId]).get(parsed.jobId)
    if (!parsed || !job) return false
    return isTerminal(job.state.status) || job.attempts.some(({ number }) => number === parsed.attempt)
  }

  #writeUnmatched(): void {
    this.#options.store.putSetting(unmatchedSetting, JSON.stringify(this.#unmatched))
  }
}

function leftAloneSetting(driver: string): string {
  return `epochLeftAlone:${driver}`
}
