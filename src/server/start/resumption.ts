/**
 * Takes up the attempts that were alive when the server last stopped, and from then on carries out
 * decisions about attempts. Requests are answered while many attempts are taken up. What happened
 * to each attempt meanwhile is looked up.
 */
import { type Effect, resume } from '../../core/react.ts'
import type { LookingClock } from '../../ground/looking-clock.ts'
import { inPieces, SteadyPace } from '../../ground/pace.ts'
import type { PassFailpoint } from '../failpoints.ts'
import type { Loop } from '../loop/loop.ts'
import type { LoopListeners } from '../loop/loop-listeners.ts'
import type { Supervisor } from '../run/supervisor.ts'

export interface ResumptionOptions {
  readonly loop: Pick<Loop, 'state'>
  readonly listeners: LoopListeners
  readonly supervisor: Pick<Supervisor, 'carryOut' | 'catchUp'>
  readonly looking: Pick<LookingClock, 'onPause'>
  readonly failpoint: PassFailpoint
  readonly onBroken: (error: unknown) => void
}

export class Resumption {
  readonly #options: ResumptionOptions
  readonly #stopping = new AbortController()
  #work: Promise<void> = Promise.resolve()

  constructor(options: ResumptionOptions) {
    this.#options = options
  }

  /** Returns when nothing is under way except the attempts that are being taken up. */
  start(): void {
    const { failpoint, listeners, onBroken, supervisor } = this.#options
    // Earlier decisions about attempts are part of what is resumed.
    listeners.onEffect((effect) => {
      if (isOfAttempt(effect)) supervisor.carryOut(effect)
    })
    failpoint('during-recovery')
    this.#work = this.#resume().catch((error) => {
      if (!this.#stopping.signal.aborted) onBroken(error)
    })
  }

  /** Resolves when no attempt is being taken up any more. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#work
  }

  async #resume(): Promise<void> {
    const { failpoint, listeners, looking, loop, supervisor } = this.#options
    await inPieces(resume(loop.state), new SteadyPace(this.#stopping.signal), (effect) => {
      listeners.carryOut(effect)
      failpoint('during-recovery')
    })
    looking.onPause(() => supervisor.catchUp())
    supervisor.catchUp()
  }
}

type AttemptEffect = Parameters<Supervisor['carryOut']>[0]

function isOfAttempt(effect: Effect): effect is AttemptEffect {
  return effect.type === 'superviseAttempt' || effect.type === 'stopAttempt' || effect.type === 'wakeForTimeout'
}
