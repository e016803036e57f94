/**
 * Does, every few seconds, what is due because time went by and nothing else happened: jobs that stood too long at the head of their queue
 * (jobStateTimeLimitActions), jobs whose instance an update replaces and whose time on it is up, and jobs of shares whose turn it has become.
 */
import type { Logger } from 'pino'
import { settleComputeEnvironment } from '../core/decide/compute-environment.ts'
import { placeJobs, timeMayTell } from '../core/decide/place.ts'
import { actOnTimeLimits, hasTimeLimitActions } from '../core/decide/time-limit-actions.ts'
import type { Command } from '../core/decision.ts'
import { isRefusal } from '../model/refusal.ts'
import { delay } from './clock.ts'
import type { Loop } from './loop.ts'

export interface TimeLimitsOptions {
  readonly loop: Pick<Loop, 'execute' | 'state'>
  readonly now: () => number
  readonly log: Logger
  readonly everyMs: number
  /** Real time unless a test says otherwise. */
  readonly wait?: typeof delay
}

export class TimeLimits {
  readonly #options: TimeLimitsOptions
  readonly #closing = new AbortController()
  #rounds: Promise<void> = Promise.resolve()

  constructor(options: TimeLimitsOptions) {
    this.#options = options
  }

  start(): void {
    this.#rounds = this.#repeat()
  }

  /** Resolves when the round under way has ended. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#rounds
  }

  async #repeat(): Promise<void> {
    const { everyMs, wait = delay } = this.#options
    const { signal } = this.#closing
    while (!signal.aborted) {
      await wait(everyMs, signal)
      if (!signal.aborted) await this.#look()
    }
  }

  /** A server without such queues and updates is not disturbed. */
  async #look(): Promise<void> {
    const { loop, now } = this.#options
    const { jobQueues, computeEnvironments, stuck } = loop.state
    const due: Command<unknown>[] = []
    if (stuck.size > 0 || [...jobQueues.values()].some(hasTimeLimitActions)) due.push(actOnTimeLimits())
    for (const { name, replacing } of computeEnvironments.values())
      if (replacing && replacing.endJobsAtMs <= now()) due.push(settleComputeEnvironment(name))
    if (timeMayTell(loop.state)) due.push(placeJobs())
    for (const command of due) {
      const answer = await loop.execute(command)
      // A full disk or a full queue: the next round tries again.
      if (isRefusal(answer)) this.#options.log.warn(`time limits could not be acted on: ${answer.message}`)
    }
  }
}
