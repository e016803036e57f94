/**
 * Every few seconds, does what is due only because time passed: for jobs that stood too long at the
 * head of their queue (jobStateTimeLimitActions), for jobs whose time is up on an instance that an
 * update replaces, and for jobs of shares whose turn has come.
 */
import type { Logger } from 'pino'
import { settleComputeEnvironment } from '../../core/compute-environment/decide.ts'
import type { Command } from '../../core/decision.ts'
import { placeJobs, timeMayTell } from '../../core/job/place.ts'
import { actOnTimeLimits, hasTimeLimitActions } from '../../core/job-queue/act-on-time-limits.ts'
import type { Clocks } from '../../ground/looking-clock.ts'
import { Repeating, type RepeatingOptions } from '../../ground/repeating.ts'
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import { isRefusal } from '../../model/refusal.ts'
import type { Loop } from '../loop/loop.ts'

export interface TimeLimitsOptions {
  readonly loop: Pick<Loop, 'execute' | 'state'>
  readonly clocks: Clocks
  readonly log: Logger
  readonly everyMs: number
  /** Real time unless a test says otherwise. */
  readonly wait?: RepeatingOptions['wait']
}

export class TimeLimits {
  readonly #options: TimeLimitsOptions
  readonly #rounds: Repeating
  /**
   * By compute environment: until when, by the steady clock, jobs may run on the instances that an
   * update replaces.
   */
  readonly #ends = new Map<string, { readonly endJobsAtMs: number; readonly dueMs: number }>()

  constructor(options: TimeLimitsOptions) {
    this.#options = options
    const { everyMs, log, wait } = options
    const whenFailed = 'time limits could not be looked at; trying again later'
    this.#rounds = new Repeating({ everyMs, log, whenFailed, wait, run: () => this.#look() })
  }

  /** Returns at once. */
  start(): void {
    this.#rounds.startLater()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** A server without such queues and updates is not disturbed. */
  async #look(): Promise<void> {
    const { clocks, loop } = this.#options
    const { jobQueues, computeEnvironments, stuck } = loop.state
    const due: Command<unknown>[] = []
    for (const name of this.#ends.keys()) if (!computeEnvironments.has(name)) this.#ends.delete(name)
    if (stuck.size > 0 || [...jobQueues.values()].some(hasTimeLimitActions)) due.push(actOnTimeLimits(clocks.looked()))
    for (const environment of computeEnvironments.values())
      if (this.#isTimeUp(environment)) due.push(settleComputeEnvironment(environment.name, true))
    if (timeMayTell(loop.state)) due.push(placeJobs())
    for (const command of due) {
      const answer = await loop.execute(command)
      // The disk or the queue is full. The next round tries again.
      if (isRefusal(answer)) this.#options.log.warn(`time limits could not be acted on: ${answer.message}`)
    }
  }

  /** The machine's clock only says how much time is left when this server first sees the update. */
  #isTimeUp({ name, replacing }: ComputeEnvironment): boolean {
    if (!replacing) {
      this.#ends.delete(name)
      return false
    }
    const { now, steady } = this.#options.clocks
    const { endJobsAtMs } = replacing
    const known = this.#ends.get(name)
    const end = known?.endJobsAtMs === endJobsAtMs ? known : { endJobsAtMs, dueMs: steady() + endJobsAtMs - now() }
    this.#ends.set(name, end)
    return steady() >= end.dueMs
  }
}
