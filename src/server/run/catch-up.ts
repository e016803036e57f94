/**
 * After a time in which this server did not look, asks the drivers what became of all attempts and
 * has their ends recorded. No spot attempt gets a notice before that: an attempt that has ended has
 * already freed its room, and an end before a notice is not its result.
 */

import type { Command } from '../../core/decision.ts'
import { endsUnread } from '../../core/instance/driver-seen.ts'
import { backoffMs } from '../../ground/backoff.ts'
import { type Job, type LiveAttempt, liveAttempt } from '../../model/job.ts'
import type { Loop } from '../loop/loop.ts'
import type { GoesOn } from './container.ts'

export interface CatchUpOptions {
  readonly loop: Pick<Loop, 'state'>
  readonly drivers: Iterable<string>
  /** Whether the attempt goes on, as the driver says; undefined when nobody follows it. */
  readonly goesOn: (attempt: string) => Promise<GoesOn> | undefined
  /** Resolves when the loop took the command. */
  readonly report: (command: Command) => Promise<void>
  readonly delay: (ms: number) => Promise<void>
  readonly looked: () => number
  readonly closing: AbortSignal
}

/** Attempts that are asked about at once, so that many of them do not hold up everything else. */
const askedAtOnce = 64
/**
 * An end that is not recorded within this time, because its log cannot be stored, no longer holds
 * up the rest.
 */
const longestMs = 60_000

export class CatchUp {
  readonly #options: CatchUpOptions
  /**
   * The number of the newest round. Earlier rounds that are still under way report nothing more.
   */
  #round = 0

  constructor(options: CatchUpOptions) {
    this.#options = options
  }

  /** Resolves when every driver that answers was asked, and the ends are recorded. */
  async run(): Promise<void> {
    const round = ++this.#round
    const { drivers, report } = this.#options
    await Promise.all(
      [...drivers].map(async (driver) => {
        await report(endsUnread(driver, true))
        if (this.#someMayBeToldToGo(driver)) await this.#readEnds(driver, () => round === this.#round)
        if (round === this.#round) await report(endsUnread(driver, false))
      }),
    )
  }

  #liveOn(driver: string): { readonly job: Job; readonly attempt: LiveAttempt }[] {
    return [...this.#options.loop.state.jobs.values()].flatMap((job) => {
      const attempt = liveAttempt(job)
      return attempt?.driver === driver ? [{ job, attempt }] : []
    })
  }

  /** No other decision about attempts depends on whether they have ended. */
  #someMayBeToldToGo(driver: string): boolean {
    const { computeEnvironments } = this.#options.loop.state
    return (
      [...computeEnvironments.values()].some(({ replacing }) => replacing) ||
      this.#liveOn(driver).some(({ attempt }) => attempt.spot)
    )
  }

  async #readEnds(driver: string, isNewest: () => boolean): Promise<void> {
    const { closing, delay, goesOn, looked } = this.#options
    const sinceMs = looked()
    let left = this.#liveOn(driver)
    for (let tries = 0; left.length > 0 && !closing.aborted && isNewest(); tries++) {
      const open: typeof left = []
      for (let from = 0; from < left.length; from += askedAtOnce) {
        const some = left.slice(from, from + askedAtOnce)
        const answers = await Promise.all(some.map(({ attempt }) => goesOn(attempt.name)))
        // An attempt that has ended counts as read when its end is recorded.
        open.push(...some.filter(({ job, attempt }, at) => answers[at] !== 'yes' && this.#isLive(job.jobId, attempt)))
      }
      left = open
      if (left.length === 0 || looked() - sinceMs >= longestMs) return
      await delay(backoffMs(tries))
    }
  }

  #isLive(jobId: string, { name }: LiveAttempt): boolean {
    const job = this.#options.loop.state.jobs.get(jobId)
    return job !== undefined && liveAttempt(job)?.name === name
  }
}
