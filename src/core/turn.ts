/**
 * One turn of the core: commands are decided and their events applied, what follows from ends is decided until nothing more follows, and
 * waiting jobs are placed while a pass is due. The server's loop, the simulator and the tests run turns by this class, so that what the
 * simulator shows is what the server does.
 */
import { isRefusal } from '../model/refusal.ts'
import type { Accepted, Command, Decision, Given } from './decision.ts'
import type { Event } from './events.ts'
import { evolve } from './evolve.ts'
import { forgetFinished } from './forget.ts'
import { followEnds } from './job/follow-ends.ts'
import { placeJobs } from './job/place.ts'
import { type Effect, react } from './react.ts'
import type { State } from './state/state.ts'

/**
 * Called before each event is applied, with the event that follows it in its decision; what it gives back is called after, with the
 * effects of the event.
 */
export type Watch = (event: Event, next: Event | undefined) => ((effects: readonly Effect[]) => void) | undefined

export class Turn {
  /** In the order in which they were applied. */
  readonly events: Event[] = []
  readonly effects: Effect[] = []
  readonly #state: State
  readonly #given: Given
  readonly #watch: Watch | undefined

  /** Begins with what was due after ends before: a turn that failed may have left it. */
  constructor(state: State, given: Given, watch?: Watch) {
    this.#state = state
    this.#given = given
    this.#watch = watch
    this.#followEnds()
  }

  /** Decides the command and, unless it is refused, applies what was decided and what follows from it. */
  carryOut<Answer>(command: Command<Answer>): Decision<Answer> {
    const decision = command(this.#state, this.#given)
    if (!isRefusal(decision)) this.apply(decision)
    return decision
  }

  apply(decision: Accepted<unknown>): void {
    this.#take(decision.events)
    this.#followEnds()
  }

  /** A scheduling pass, if one is due. Answers how many attempts it placed. */
  place(): number {
    if (!this.#state.schedulingDue) return 0
    const decision = accepted(placeJobs()(this.#state, this.#given))
    this.apply(decision)
    return decision.answer
  }

  /** To be called once the events are durable: finished jobs leave memory. */
  forget(): void {
    forgetFinished(this.#state, this.events)
  }

  /** What ends lets others start, or fail: in this turn, so that nobody ever waits for what is over. */
  #followEnds(): void {
    while (this.#state.dueAfterEnds.size > 0) this.#take(accepted(followEnds()(this.#state, this.#given)).events)
  }

  #take(events: readonly Event[]): void {
    for (const [at, event] of events.entries()) {
      const after = this.#watch?.(event, events[at + 1])
      evolve(this.#state, event)
      const effects = react(this.#state, event)
      this.events.push(event)
      for (const effect of effects) this.effects.push(effect)
      after?.(effects)
    }
  }
}

/** For commands that refuse nothing. */
function accepted<Answer>(decision: Decision<Answer>): Accepted<Answer> {
  if (isRefusal(decision)) throw new Error(`refused: ${decision.message}`)
  return decision
}
